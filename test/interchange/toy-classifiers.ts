import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { ImageBatch } from '../../lib/data';
import { predictImages } from '../../lib/evaluation';
import { type Classifier, loadClassifier } from '../../lib/interchange';
import { buildModel, modelNames } from '../../lib/models';
import { courseRoot } from '../../lib/paths';
import { createRandom } from '../../lib/random';

/** Small versions of the course's networks: each layer is there, few filters. */
const small: Readonly<Record<string, object>> = {
  regularized: { filters: [8, 8, 16, 16] },
  vgg: { inputShape: [28, 28, 1], blocks: [[8], [8], [16, 16], [16], [16]], output: 'softmax' }, // `same` poolings
  resnet: { inputShape: [31, 30, 3], width: 8, blocksPerStage: [1, 1, 1], output: 'softmax' }, // odd and even sizes
  airbench: { widths: [16, 24, 24], scalingFactor: 0.8 },
  mobilenet: { alpha: 0.25 },
};

/** Every network of the course, by its name, with weights as after a training. */
export function courseClassifiers(): Record<string, Classifier> {
  return Object.fromEntries(
    modelNames.map((name) => {
      const options = { inputShape: [32, 32, 3] as const, numClasses: 5, ...small[name] };
      return [name, toClassifier(buildModel(name as string, options))];
    }),
  );
}

/** Networks with the layers that the course's do not have. */
export function otherClassifiers(): Record<string, Classifier> {
  return { phone: toClassifier(phone()), medley: toClassifier(medley()), flat: toClassifier(flat()) };
}

/** All of them, and the network that comes with the course as `pretrained`. */
export async function allClassifiers(): Promise<Record<string, Classifier>> {
  const pretrained = await loadClassifier(join(courseRoot(), 'data', 'pretrained', 'airbench-cifar10'));
  return { ...courseClassifiers(), ...otherClassifiers(), pretrained };
}

/** As MobileNet once was: padding before strides, depthwise, capped ReLU, and a 1x1 convolution instead of `dense`. */
function phone(): tf.LayersModel {
  const of = tf.layers;
  return tf.sequential({
    name: 'phone',
    layers: [
      of.inputLayer({ inputShape: [15, 14, 3] }),
      of.conv2d({ filters: 8, kernelSize: 3, strides: 2, padding: 'same', useBias: false }), // [8, 7, 8]
      of.batchNormalization({ epsilon: 1e-3 }),
      of.reLU({ maxValue: 6 }),
      of.zeroPadding2d({
        padding: [
          [0, 1],
          [2, 1],
        ],
      }), // [9, 10, 8]
      of.depthwiseConv2d({ kernelSize: 3, strides: 2, depthMultiplier: 2 }), // [4, 4, 16]
      of.batchNormalization({ center: false, scale: false }),
      of.activation({ activation: 'relu6' }),
      of.separableConv2d({ filters: 12, kernelSize: [3, 2], padding: 'same', activation: 'swish' }), // [4, 4, 12]
      of.globalAveragePooling2d({}),
      of.reshape({ targetShape: [1, 1, 12] }),
      of.dropout({ rate: 0.1 }),
      of.conv2d({ filters: 5, kernelSize: 1 }),
      of.reshape({ targetShape: [5] }),
      of.activation({ activation: 'softmax' }),
    ],
  });
}

/** The other activations, poolings and merges, under names that need care. */
function medley(): tf.LayersModel {
  const of = tf.layers;
  const call = (layer: tf.layers.Layer, ...xs: tf.SymbolicTensor[]) =>
    layer.apply(xs.length === 1 ? xs[0] : xs) as tf.SymbolicTensor;
  const input = tf.input({ shape: [13, 12, 3], name: 'pixels' });
  const conv = call(
    of.conv2d({ name: 'image', filters: 6, kernelSize: 4, strides: [2, 3], padding: 'same' }),
    input,
  );
  const activated = ['elu', 'selu', 'sigmoid', 'tanh', 'softplus', 'softsign'].map((activation) =>
    call(
      of.activation({ name: `an/${activation}`, activation } as Parameters<typeof of.activation>[0]),
      conv,
    ),
  ); // [7, 4, 6] each
  const leaky = call(of.leakyReLU({ name: 'an_elu', alpha: 0.2 }), conv);
  const product = call(of.multiply({}), activated[0], activated[1], leaky);
  const sum = call(of.add({}), product, ...activated.slice(2), call(of.elu({}), conv));
  const pooled = call(of.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }), sum); // [4, 2, 6]
  const other = call(of.maxPooling2d({ poolSize: [3, 2], strides: [2, 2], padding: 'same' }), leaky); // [4, 2, 6]
  const joined = call(of.concatenate({}), pooled, other); // [4, 2, 12]
  const reshaped = call(of.reshape({ targetShape: [2, 2, 24] }), joined);
  const kept = call(of.gaussianNoise({ stddev: 1 }), reshaped);
  const both = call(of.concatenate({}), call(of.globalMaxPooling2d({}), kept), call(of.flatten({}), kept)); // [120]
  const norm = call(of.batchNormalization({}), both);
  const hidden = call(of.dense({ units: 16, activation: 'gelu' as 'relu' }), norm);
  const scaled = call(of.rescaling({ scale: 0.5, offset: 0.25 }), hidden);
  const outputs = call(of.dense({ name: 'probabilities', units: 5, activation: 'softmax' }), scaled);
  return tf.model({ name: 'medley', inputs: input, outputs });
}

/** No convolution at all. */
function flat(): tf.LayersModel {
  const of = tf.layers;
  const layers = [
    of.inputLayer({ inputShape: [6, 5, 2] }),
    of.flatten(),
    of.dense({ units: 5 }),
    of.softmax(),
  ];
  return tf.sequential({ name: 'flat', layers });
}

/** Gives `model` weights that a mistake with any of them would show in, and a normalization. */
function toClassifier(model: tf.LayersModel): Classifier {
  const random = createRandom(model.name);
  const around = (mean: number, spread: number) => mean + spread * (2 * random.uniform() - 1);
  tf.tidy(() => {
    for (const weight of model.layers.flatMap(({ weights }) => weights)) {
      const shape = weight.shape as number[];
      const fanIn = tf.util.sizeFromShape(shape.slice(0, weight.originalName.includes('depthwise') ? 2 : -1));
      const [mean, spread] = /gamma|variance/.test(weight.originalName)
        ? [1, 0.5]
        : [0, shape.length > 1 ? Math.sqrt(4 / fanIn) : 0.5];
      const values = Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => around(mean, spread));
      weight.write(tf.tensor(values, shape));
    }
  });
  const channels = model.inputs[0].shape[3] ?? 0;
  return {
    model,
    normalization: {
      kind: 'standardize',
      mean: [0.5, 0.4, 0.45].slice(0, channels),
      std: [0.2, 0.25, 0.3].slice(0, channels),
    },
    classNames: ['cat', 'dog', 'Füchslein', 'a "ship"', '鳥'],
    training: {},
  };
}

/** Random bytes of the size that `model` takes. */
export function noise({ model }: Classifier, { count = 16, seed = 1 } = {}): ImageBatch {
  const [, height, width, channels] = model.inputs[0].shape as number[];
  const random = createRandom(seed);
  const pixels = Uint8Array.from({ length: count * height * width * channels }, () => random.integer(256));
  return { pixels, count, height, width, channels };
}

/** The course's own answers, [count * numClasses]. */
export function ourProbabilities(
  { model, normalization }: Classifier,
  images: ImageBatch,
): Promise<Float32Array> {
  return predictImages(model, images, { normalization });
}

/** Writes what a Python script needs to answer for `classifier`, `noise` with its shape, as the JSON file `file`. */
export function writeTask(classifier: Classifier, file: string): void {
  const { pixels, count, height, width, channels } = noise(classifier);
  const task = { pixels: Array.from(pixels), shape: [count, height, width, channels] };
  writeFileSync(file, JSON.stringify(task));
}

/** Between numbers at the same places; NaN where one has more than the other. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const length = Math.max(a.length, b.length);
  return Math.max(...Array.from({ length }, (_, i) => Math.abs(a[i] - b[i])));
}
