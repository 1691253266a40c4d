import { basename, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Normalization } from '../data';
import { CourseError } from '../errors';
import { loadClassifier } from '../interchange';
import { loadMobilenet, type MobilenetSource } from '../models/mobilenet-download';
import { foldBatchNorm } from './fold-batch-norm';
import { layersUpTo, rebuild } from './rebuild';

/** A trained network that has lost its last layer: it says of an image what it has seen, not which class it is. */
export interface Base {
  /** `mobilenet`, or the name of its folder, such as `regularized-cifar10`. */
  readonly name: string;
  /** From images, [batch, height, width, channels], to features, [batch, numFeatures]; batch normalization folded in. */
  readonly model: tf.LayersModel;
  /** How the images are to be normalized that it takes. */
  readonly normalization: Normalization;
}

/**
 * `mobilenet`, as it was trained on ImageNet, or any classifier of this course by its folder, as a base. Throws a
 * CourseError for a network that cannot be one.
 */
export async function loadBase(name: string, source: MobilenetSource = {}): Promise<Base> {
  const { model, normalization } =
    name === 'mobilenet'
      ? { model: await loadMobilenet(source), normalization: minusOneToOne }
      : await loadClassifier(name);
  try {
    const features = withoutTop(model);
    try {
      return { name: basename(resolve(name)), model: foldBatchNorm(features), normalization };
    } finally {
      features.dispose();
    }
  } finally {
    model.dispose();
  }
}

/** From bytes to -1 and 1, as TensorFlow's published networks want it. */
const minusOneToOne: Normalization = { kind: 'scale', mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

/**
 * A copy of `model` up to what its last dense layer is given: features, [batch, numFeatures]. Throws a CourseError where
 * the last layer with weights is another one, or is not given a vector.
 */
export function withoutTop(model: tf.LayersModel): tf.LayersModel {
  const layers = layersUpTo(model.outputs[0].sourceLayer);
  const top = layers.filter(({ weights }) => weights.length > 0).pop();
  const [before] = top?.inboundNodes[0].inboundLayers ?? [];
  const shape = before?.outputShape as tf.Shape | undefined;
  if (top?.getClassName() !== 'Dense' || shape?.length !== 2 || before.getClassName() === 'InputLayer') {
    const end = top ? `${top.name}, a ${top.getClassName()}` : 'no layer with weights';
    throw new CourseError(
      `${model.name}: expected a network that ends in a dense layer on features, got ${end}; choose another as the base`,
    );
  }
  const input = tf.input({ shape: model.inputs[0].shape.slice(1), name: model.inputs[0].sourceLayer.name });
  return tf.model({ name: model.name, inputs: input, outputs: rebuild(before, input) });
}

/** How many features the base gives of an image. */
export function numFeatures({ model }: Base): number {
  return model.outputs[0].shape[1] as number;
}
