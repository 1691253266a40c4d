import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { createRandom } from '../../../lib/random';
import { adamW, compileClassifier, sgd } from '../../../lib/training';
import { type CompiledModel, compileModel, type Values } from '../../../lib/training/compile';

export const classes = 3;
export const steps = 20;

/** Random images and one-hot labels, the same for the same seed. */
export function batch({ size = 8, shape = [6, 6, 2], seed = 1 } = {}): { xs: Values; ys: Values } {
  const random = createRandom(seed);
  const dims = [size, ...shape];
  const xs = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, () => random.normal());
  const ys = new Float32Array(size * classes);
  for (let i = 0; i < size; i++) ys[i * classes + random.integer(classes)] = 1;
  return { xs: { shape: dims, data: xs }, ys: { shape: [size, classes], data: ys } };
}

export const l = tf.layers;
const seeded = (seed: number) => tf.initializers.glorotUniform({ seed });
export const conv = (args: Partial<Parameters<typeof l.conv2d>[0]> = {}) =>
  l.conv2d({ filters: 4, kernelSize: 3, padding: 'same', kernelInitializer: seeded(11), ...args });
const head = () => [l.flatten(), l.dense({ units: classes, kernelInitializer: seeded(13) })];

/** A network of `layers` between an input and a dense layer to the classes. */
export function network(layers: () => tf.layers.Layer[], { shape = [6, 6, 2] } = {}): () => tf.LayersModel {
  return () => tf.sequential({ layers: [l.inputLayer({ inputShape: shape }), ...layers(), ...head()] });
}

export function residual(): tf.LayersModel {
  const input = tf.input({ shape: [6, 6, 2] });
  const a = conv({ activation: 'relu' }).apply(input) as tf.SymbolicTensor;
  const b = conv({ kernelInitializer: seeded(12) }).apply(a) as tf.SymbolicTensor;
  const sum = l.add().apply([a, b]) as tf.SymbolicTensor;
  const both = l
    .concatenate()
    .apply([l.activation({ activation: 'relu' }).apply(sum), a] as tf.SymbolicTensor[]);
  const pooled = l.globalAveragePooling2d({}).apply(both);
  const output = l
    .dense({ units: classes, kernelInitializer: seeded(13) })
    .apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: output });
}

const activations =
  'elu gelu gelu_new hardSigmoid linear mish relu relu6 selu sigmoid softplus softsign swish tanh';
export const networks: Record<string, () => tf.LayersModel> = {
  'a convolution with bias': network(() => [conv({ useBias: true })]),
  'a convolution with strides and valid padding': network(() => [conv({ strides: 2, padding: 'valid' })]),
  'a convolution of 1 by 1': network(() => [conv({ kernelSize: 1 })]),
  'a depthwise convolution': network(() => [
    l.depthwiseConv2d({
      kernelSize: 3,
      depthMultiplier: 2,
      padding: 'same',
      depthwiseInitializer: seeded(5),
    }),
  ]),
  'a separable convolution': network(() => [
    l.separableConv2d({
      filters: 4,
      kernelSize: 3,
      depthwiseInitializer: seeded(5),
      pointwiseInitializer: seeded(6),
    }),
  ]),
  'a transposed convolution': network(() => [
    l.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, kernelInitializer: seeded(5) }),
  ]),
  'dense layers': network(() => [
    l.flatten(),
    l.dense({ units: 8, activation: 'relu', kernelInitializer: seeded(3) }),
    l.reshape({ targetShape: [2, 4] }),
  ]),
  'max pooling': network(() => [conv(), l.maxPooling2d({ poolSize: 2 })]),
  'max pooling that overlaps': network(() => [
    conv(),
    l.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }),
  ]),
  'average pooling': network(() => [conv(), l.averagePooling2d({ poolSize: 2 })]),
  'global max pooling': network(() => [
    conv(),
    l.globalMaxPooling2d({}),
    l.reshape({ targetShape: [1, 1, 4] }),
  ]),
  'batch normalization': network(() => [conv({ useBias: false }), l.batchNormalization({ momentum: 0.8 })]),
  'batch normalization behind a bias': network(() => [
    conv(),
    l.batchNormalization({ axis: -1, epsilon: 1e-2 }),
  ]),
  'batch normalization behind a dense layer': network(() => [
    l.flatten(),
    l.dense({ units: 8, kernelInitializer: seeded(3) }),
    l.batchNormalization(),
    l.reshape({ targetShape: [2, 4] }),
  ]),
  'layer normalization': network(() => [conv(), l.layerNormalization()]),
  'zero padding, cropping and upsampling': network(() => [
    l.zeroPadding2d({ padding: 1 }),
    conv(),
    l.cropping2D({
      cropping: [
        [1, 1],
        [1, 1],
      ],
    }),
    l.upSampling2d({ size: [2, 2] }),
  ]),
  'a leaky and a parametric relu': network(() => [conv(), l.leakyReLU({ alpha: 0.1 }), conv(), l.prelu()]),
  'L1 and L2 penalties': network(() => [
    conv({ kernelRegularizer: tf.regularizers.l1l2({ l1: 0.01, l2: 0.02 }) }),
  ]),
  'a residual block, concatenation and global average pooling': residual,
  'a softmax at the end': () =>
    tf.sequential({
      layers: [
        conv({ inputShape: [6, 6, 2], activation: 'relu' }),
        l.flatten(),
        l.dense({ units: classes, activation: 'softmax', kernelInitializer: seeded(13) }),
      ],
    }),
  'a model inside a model': network(() => [
    tf.sequential({ layers: [conv({ inputShape: [6, 6, 2] }), l.batchNormalization()] }),
    l.activation({ activation: 'relu' }),
  ]),
  ...Object.fromEntries(
    activations
      .split(' ')
      .map((name) => [`the activation ${name}`, network(() => [conv({ activation: name as 'relu' })])]),
  ),
};

export const optimizers: Record<string, () => tf.Optimizer> = {
  SGD: () => tf.train.sgd(0.05),
  momentum: () => tf.train.momentum(0.02, 0.9),
  'Nesterov momentum': () => tf.train.momentum(0.02, 0.9, true),
  Adam: () => tf.train.adam(0.003),
  'SGD with weight decay': () => sgd({ learningRate: 0.02, momentum: 0.9, weightDecay: 0.1 }),
  'SGD with groups of weights': () => {
    const groups = [
      { weights: 'beta', learningRateFactor: 4, weightDecay: 0 },
      { weights: 'gamma', frozenAfter: 0 },
    ];
    return sgd({ learningRate: 0.02, momentum: 0.9, nesterov: true, weightDecay: 0.1, groups });
  },
  AdamW: () => adamW({ learningRate: 0.003, weightDecay: 0.5 }),
};

/** The model's graphs; fails the test where it cannot be compiled. */
export function graphsOf(model: tf.LayersModel): CompiledModel {
  const { compiled, reason } = compileModel(model);
  assert.ok(compiled, reason);
  return compiled;
}

export async function eagerStep(
  model: tf.LayersModel,
  { xs, ys }: { xs: Values; ys: Values },
): Promise<number[]> {
  const tensors = [xs, ys].map(({ data, shape }) => tf.tensor(data, [...shape]));
  try {
    return (await model.trainOnBatch(tensors[0], tensors[1])) as number[];
  } finally {
    tf.dispose(tensors);
  }
}

/** Trains both ways from the same weights on the same batches; the largest relative difference of losses and weights. */
export async function compare(build: () => tf.LayersModel, optimizer: () => tf.Optimizer, options = {}) {
  const [eager, other] = [build(), build()];
  for (const model of [eager, other]) compileClassifier(model, { optimizer: optimizer(), ...options });
  other.setWeights(eager.getWeights().map((weight) => weight.clone()));
  const compiled = graphsOf(other);
  let ofLosses = 0;
  let moved = 0;
  let first: number | undefined;
  for (let step = 0; step < steps; step++) {
    const data = batch({ seed: step % 4 });
    const [expected, expectedAccuracy] = await eagerStep(eager, data);
    const [loss, accuracy] = await compiled.trainOnBatch(data.xs, data.ys);
    first ??= loss;
    moved = Math.max(moved, Math.abs(loss - first));
    ofLosses = Math.max(ofLosses, Math.abs(loss - expected) / Math.abs(expected));
    assert.equal(accuracy, expectedAccuracy, `accuracy of step ${step}`);
  }
  const ofWeights = differenceOfWeights(eager, other);
  compiled.dispose();
  eager.dispose();
  other.dispose();
  return { ofLosses, ofWeights, moved };
}

export function differenceOfWeights(a: tf.LayersModel, b: tf.LayersModel): number {
  return tf.tidy(() =>
    Math.max(
      ...a.getWeights().map((weight, i) => {
        const scale = Math.max(1e-3, weight.abs().max().dataSync()[0]);
        return weight.sub(b.getWeights()[i]).abs().max().dataSync()[0] / scale;
      }),
    ),
  );
}
