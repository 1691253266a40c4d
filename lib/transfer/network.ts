import * as tf from '@tensorflow/tfjs';
import { type ImageDataset, type Normalization, scaleOnly } from '../data';
import { AdaptImages, type AdaptImagesOptions } from './adapt-images';
import type { Base } from './base';
import { rebuild } from './rebuild';

/** The size of images, as a dataset has it. */
export type ImageShape = Pick<ImageDataset, 'height' | 'width' | 'channels'>;

/** A network together with the normalization of the images that it takes. */
export interface Network {
  readonly model: tf.LayersModel;
  readonly normalization: Normalization;
}

/** A dense layer to put on top: `kernel` is row-major [numFeatures, numClasses]. */
export interface Head {
  readonly kernel: Float32Array;
  /** [numClasses] */
  readonly bias: Float32Array;
}

/**
 * A copy of `base` that takes images of `shape` as they are, and resizes and normalizes them itself; with `head`, as a
 * classifier that gives logits. Where the images already are as the base wants them, it has no layer for that. The caller
 * disposes the model; the base stays as it is.
 */
export function buildOnBase(base: Base, shape: ImageShape, { head }: { readonly head?: Head } = {}): Network {
  const { model, normalization } = base;
  const wanted = model.inputs[0].shape.slice(1) as [number, number, number];
  const given = [shape.height, shape.width, shape.channels];
  const fits = String(wanted) === String(given);
  const input = tf.input({ shape: given, name: 'image' }); // [batch, 32, 32, 3]
  const images = fits ? input : adapted(input, { size: wanted, ...normalization }); // [batch, 224, 224, 3]
  const features = rebuild(model.outputs[0].sourceLayer, images); // [batch, 256]
  const outputs = head ? applyHead(features, head) : features;
  return {
    model: tf.model({ name: `${base.name}_transfer`, inputs: input, outputs }),
    normalization: fits ? normalization : scaleOnly(shape.channels),
  };
}

function adapted(input: tf.SymbolicTensor, { size, mean, std }: AdaptImagesOptions): tf.SymbolicTensor {
  return new AdaptImages({ name: 'adapt', size, mean, std }).apply(input) as tf.SymbolicTensor;
}

/** The logits, [batch, numClasses]. */
function applyHead(features: tf.SymbolicTensor, { kernel, bias }: Head): tf.SymbolicTensor {
  const dense = tf.layers.dense({ name: 'head', units: bias.length });
  const logits = dense.apply(features) as tf.SymbolicTensor;
  tf.tidy(() => {
    dense.setWeights([tf.tensor2d(kernel, [kernel.length / bias.length, bias.length]), tf.tensor1d(bias)]);
  });
  return logits;
}
