import * as tf from '@tensorflow/tfjs';
import { createRandom } from '../random';
import type { ModelOptions } from './baseline';
import { diracKernel } from './dirac';

/** What `buildAirbench` can vary. */
export interface AirbenchOptions extends ModelOptions {
  /** Filters of each group of two convolutions; default [64, 256, 256]. */
  readonly widths?: readonly number[];
  /** Share of the running statistics that each step keeps, 0 to 1; default 0.6, so that they follow fast. */
  readonly batchNormMomentum?: number;
  /** The logits are multiplied by this; default 1/9. */
  readonly scalingFactor?: number;
  /** Whether 3x3 convolutions start out by handing on their input, see `diracKernel`; default true. */
  readonly dirac?: boolean;
}

/**
 * The network of airbench94, made to learn CIFAR-10 to 94 % in few epochs: a 2x2 convolution that whitens, three groups
 * of two 3x3 convolutions, a pooling over all that is left, and a dense layer without bias. Keller Jordan,
 * https://arxiv.org/abs/2404.00498 and https://github.com/KellerJordan/cifar10-airbench. By default 1,971,352
 * trained parameters on CIFAR-10.
 *
 * Fixed are the kernel of `whiten`, which is random until `setWhitening`, and the scales of batch normalization. A saved
 * model does not tell; to train a loaded one, call `freezeFixedWeights` before it is compiled. Throws a RangeError for
 * images that are too small.
 */
export function buildAirbench({
  inputShape,
  numClasses,
  seed = 1,
  output = 'logits',
  widths = [64, 256, 256],
  batchNormMomentum = 0.6,
  scalingFactor = 1 / 9,
  dirac = true,
}: AirbenchOptions): tf.LayersModel {
  const poolSize = remainingSize(inputShape, widths.length);
  const input = tf.input({ shape: [...inputShape], name: 'image' }); // [batch, 32, 32, 3]
  const layers = [
    // Each direction of a patch and its negative: see `fitWhitening`.
    tf.layers.conv2d({ name: 'whiten', filters: 2 * 2 * 2 * inputShape[2], kernelSize: 2 }), // [batch, 31, 31, 24]
    gelu('whiten_gelu'),
    // [batch, 15, 15, 64], [batch, 7, 7, 256], [batch, 3, 3, 256]
    ...widths.flatMap((filters, i) => group(`group${i + 1}`, { filters, momentum: batchNormMomentum })),
    tf.layers.maxPooling2d({ name: 'pool', poolSize }), // [batch, 1, 1, 256]
    tf.layers.flatten({ name: 'flatten' }),
    tf.layers.dense({ name: 'dense', units: numClasses, useBias: false }), // [batch, 10]
    tf.layers.rescaling({ name: 'scale', scale: scalingFactor }),
    ...(output === 'softmax' ? [tf.layers.softmax({ name: 'softmax' })] : []),
  ];
  const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  // Not a Sequential: that makes all weights trainable again whenever it is compiled.
  const model = tf.model({ name: 'airbench', inputs: input, outputs });
  for (const layer of model.layers) initialize(layer, { seed, dirac });
  freezeFixedWeights(model);
  return model;
}

/** Makes those weights of an airbench network untrainable that stay as they are: see `buildAirbench`. */
export function freezeFixedWeights(model: tf.LayersModel): void {
  for (const weight of model.layers.flatMap(({ weights }) => weights)) {
    if (weight.originalName === 'whiten/kernel' || weight.originalName.endsWith('/gamma'))
      weight.trainable = false;
  }
}

function group(
  name: string,
  { filters, momentum }: { readonly filters: number; readonly momentum: number },
): tf.layers.Layer[] {
  const conv = (i: number) =>
    tf.layers.conv2d({ name: `${name}_conv${i}`, filters, kernelSize: 3, padding: 'same', useBias: false });
  // The scale exists, though it is fixed at 1: in TensorFlow.js a layer without one cannot be trained eagerly.
  const norm = (i: number) =>
    tf.layers.batchNormalization({ name: `${name}_norm${i}`, momentum, epsilon: 1e-12 });
  return [
    conv(1),
    tf.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 2 }),
    norm(1),
    gelu(`${name}_gelu1`),
    conv(2),
    norm(2),
    gelu(`${name}_gelu2`),
  ];
}

function gelu(name: string): tf.layers.Layer {
  return tf.layers.activation({ name, activation: 'gelu' });
}

/** Height and width after the whitening and `groups` poolings. */
function remainingSize([height, width]: readonly number[], groups: number): [number, number] {
  const rest = (side: number) => Math.floor((side - 1) / 2 ** groups);
  if (rest(height) < 1 || rest(width) < 1) {
    const least = 2 ** groups + 1;
    throw new RangeError(
      `airbench: expected images of at least ${least} x ${least} pixels for ${groups} groups, got ${height} x ${width}`,
    );
  }
  return [rest(height), rest(width)];
}

/**
 * Kernels as PyTorch starts them: uniform, at most 1 / sqrt(fan-in) from 0; biases 0. Set as values, so that a saved
 * model needs no initializer that others do not have.
 */
function initialize(
  layer: tf.layers.Layer,
  { seed, dirac }: { readonly seed: number; readonly dirac: boolean },
): void {
  if (!['Conv2D', 'Dense'].includes(layer.getClassName())) return;
  tf.tidy(() => {
    const [kernel, ...biases] = layer.getWeights();
    const fanIn = kernel.size / kernel.shape[kernel.rank - 1];
    const { uniform } = createRandom(`${seed}/${layer.name}`);
    const drawn = Float32Array.from({ length: kernel.size }, () => (2 * uniform() - 1) / Math.sqrt(fanIn));
    const values =
      dirac && kernel.shape[0] === 3
        ? diracKernel(drawn, { shape: kernel.shape as [number, number, number, number] })
        : drawn;
    layer.setWeights([tf.tensor(values, kernel.shape, 'float32'), ...biases]);
  });
}
