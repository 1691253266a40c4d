import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Context } from 'mocha';
import { useBackend } from '../../../lib/backend';
import { createRandom } from '../../../lib/random';
import { crossEntropyFromLogits } from '../../../lib/training';
import { CompiledModel, type Values } from '../../../lib/training/compile';
import { type NodeBackend, nodeBackend, withReplaced } from '../../../lib/training/compile/binding';
import { Graph } from '../../../lib/training/compile/graph';
import { withFusedKernels } from '../../../lib/training/compile/kernels';
import type { Array64, Windows } from '../../helpers/float64';
import * as float64 from '../../helpers/float64';

/** Of the largest number of each gradient: what 32 bits leave; the worst that was seen is 1.3e-6. */
const tolerance = 1e-5;

/** Something to differentiate: a function of x and, where it is a layer's, of the layer's trained weights. */
interface Subject {
  readonly x: Values;
  readonly compute: (x: tf.Tensor) => tf.Tensor;
  readonly reference: (x: Array64, ...trained: Array64[]) => Array64;
  readonly layer?: tf.layers.Layer;
  /** Of the layer, those that are trained first. */
  readonly weights?: readonly Values[];
  /** What becomes of the weights that are not trained. */
  readonly updated?: (x: Array64, ...untrained: Array64[]) => Float64Array[];
  /** Operations of TensorFlow that must be used, eagerly and in a graph. */
  readonly fused?: readonly string[];
  /** Those that must be used in a graph. */
  readonly inGraph?: readonly string[];
  /** What tfjs itself says, where it cannot do it. */
  readonly tfjsThrows?: RegExp;
}

const images = [3, 6, 6, 4];

function ofActivation(
  compute: Subject['compute'],
  reference: Subject['reference'],
  ...fused: string[]
): () => Subject {
  return () => ({ x: awayFromKinks(images), compute, reference, fused });
}

function ofBatchNormalization(
  shape: readonly number[],
  { offset = 0.7, ...args }: Parameters<typeof tf.layers.batchNormalization>[0] & { offset?: number } = {},
): () => Subject {
  const { momentum = 0.99, epsilon, scale = true, center = true } = args;
  const channels = shape.slice(-1);
  const move = (before: Array64, value: Float64Array) =>
    value.map((v, c) => momentum * before.data[c] + (1 - momentum) * v);
  return () => {
    const layer = tf.layers.batchNormalization(args);
    return {
      x: normal(shape, { offset }),
      layer,
      weights: [
        ...(scale ? [normal(channels, { seed: 'gamma', offset: 1, scale: 0.3 })] : []),
        ...(center ? [normal(channels, { seed: 'beta' })] : []),
        normal(channels, { seed: 'moving mean' }),
        valuesOf(channels, (c) => 1 + c), // the moving variance
      ],
      compute: (x) => layer.apply(x, { training: true }) as tf.Tensor,
      reference: (x, ...trained) => {
        const gamma = scale ? trained[0] : undefined;
        const beta = center ? trained[trained.length - 1] : undefined;
        return float64.batchNormalization(x, { gamma, beta, epsilon });
      },
      updated: (x, movingMean, movingVariance) => {
        const { mean, variance } = float64.moments(x);
        return [move(movingMean, mean), move(movingVariance, variance)];
      },
      fused: ['FusedBatchNormV3', 'FusedBatchNormGradV3'],
      tfjsThrows: scale && center ? undefined : /undefined \(reading 'read'\)/, // tfjs reads the weight that is not there
    };
  };
}

function ofCrossEntropy(labels: Values, { compute = crossEntropyFromLogits, scale = 3 } = {}): () => Subject {
  return () => ({
    x: normal(labels.shape, { seed: 'logits', scale }),
    compute: (logits) => compute(tensorOf(labels), logits),
    reference: (logits) => float64.softmaxCrossEntropy(logits, inDouble(labels)),
    fused: ['SoftmaxCrossEntropyWithLogits'],
  });
}

function ofMaxPool(windows: Windows): () => Subject {
  const { size, stride, padding } = windows;
  return () => ({
    x: distinct(images),
    compute: (x) => tf.maxPool(x as tf.Tensor4D, size, stride, padding),
    reference: (x) => float64.maxPool(x, windows),
    inGraph: ['MaxPoolGrad'],
  });
}

function ofConvolution(windows: Windows): () => Subject {
  const { size, stride, padding } = windows;
  return () => {
    const layer = tf.layers.conv2d({ filters: 4, kernelSize: size, strides: stride, padding });
    return {
      x: normal([2, 6, 5, 3]),
      layer,
      weights: [normal([size, size, 3, 4], { seed: 'kernel' }), normal([4], { seed: 'bias' })],
      compute: (x) => tf.square(layer.apply(x) as tf.Tensor),
      reference: (x, kernel, bias) => float64.square(float64.conv2d(x, kernel, bias, windows)),
      inGraph: ['BiasAdd', 'BiasAddGrad'],
    };
  };
}

/** With elu tfjs multiplies two matrices; a linear layer is an operation of its own, over batches of one matrix. */
function ofDense(activation: 'linear' | 'elu', inGraph: string[]): () => Subject {
  return () => {
    const layer = tf.layers.dense({ units: 4, activation });
    const activate = activation === 'elu' ? float64.elu : (x: Array64) => x;
    return {
      x: normal([5, 7], { scale: 0.5 }),
      layer,
      weights: [normal([7, 4], { seed: 'kernel', scale: 0.5 }), normal([4], { seed: 'bias' })],
      compute: (x) => tf.square(layer.apply(x) as tf.Tensor),
      reference: (x, kernel, bias) => float64.square(activate(float64.dense(x, kernel, bias))),
      inGraph,
    };
  };
}

const activation = (name: 'gelu' | 'gelu_new') => (x: tf.Tensor) =>
  tf.layers.activation({ activation: name }).apply(x) as tf.Tensor;

/** By the kernel itself where there is one. */
function crossEntropyKernel(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  const name = 'SoftmaxCrossEntropyWithLogits';
  return tf.getKernel(name, 'tensorflow')
    ? (tf.engine().runKernel(name, { logits, labels }) as tf.Tensor[])[0]
    : tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0, tf.Reduction.NONE);
}

const labels = [0, 3, 1, 4, 4, 2];
const classes = 5;
const oneHot = valuesOf([labels.length, classes], (i) =>
  labels[Math.floor(i / classes)] === i % classes ? 1 : 0,
);
const smoothed = valuesOf(oneHot.shape, (i) => 0.9 * oneHot.data[i] + 0.1 / classes);

const subjects: Record<string, () => Subject> = {
  relu: ofActivation(tf.relu, float64.relu, 'ReluGrad'),
  relu6: ofActivation(tf.relu6, float64.relu6, 'Relu6Grad'),
  selu: ofActivation(tf.selu, float64.selu, 'SeluGrad'),
  sigmoid: ofActivation(tf.sigmoid, float64.sigmoid, 'SigmoidGrad'),
  tanh: ofActivation(tf.tanh, float64.tanh, 'TanhGrad'),
  leakyRelu: ofActivation((x) => tf.leakyRelu(x, 0.2), float64.leakyRelu(0.2), 'LeakyReluGrad'),
  gelu: ofActivation(activation('gelu'), float64.gelu, 'Erf'),
  gelu_new: ofActivation(activation('gelu_new'), float64.geluNew, 'Tanh'),
  'batch normalization of images': ofBatchNormalization(images),
  'batch normalization of rows': ofBatchNormalization([7, 4], { momentum: 0.9, epsilon: 0.1 }),
  'batch normalization of sequences': ofBatchNormalization([3, 5, 4]),
  'batch normalization far from 0': ofBatchNormalization(images, { offset: 10 }),
  'batch normalization without gamma': ofBatchNormalization(images, { scale: false }),
  'batch normalization without beta': ofBatchNormalization(images, { center: false }),
  'cross-entropy of one-hot labels': ofCrossEntropy(oneHot),
  'cross-entropy of smoothed labels': ofCrossEntropy(smoothed),
  'cross-entropy of large logits': ofCrossEntropy(smoothed, { scale: 100 }),
  'cross-entropy by its kernel': ofCrossEntropy(smoothed, { compute: crossEntropyKernel }),
  'max pooling 2 x 2': ofMaxPool({ size: 2, stride: 2, padding: 'valid' }),
  'max pooling 3 x 3 with overlaps': ofMaxPool({ size: 3, stride: 2, padding: 'same' }),
  'convolution, stride 1, same': ofConvolution({ size: 3, stride: 1, padding: 'same' }),
  'convolution, stride 1, valid': ofConvolution({ size: 3, stride: 1, padding: 'valid' }),
  'convolution, stride 2, same': ofConvolution({ size: 3, stride: 2, padding: 'same' }),
  'convolution, stride 2, valid': ofConvolution({ size: 3, stride: 2, padding: 'valid' }),
  'dense, linear': ofDense('linear', ['BiasAdd', 'BiasAddGrad']),
  'dense, elu': ofDense('elu', ['MatMul', 'BiasAdd', 'BiasAddGrad']),
};

/** Where a slope jumps TensorFlow takes one side; tfjs not always the same. */
const kinks: readonly {
  readonly name: string;
  readonly f: (x: tf.Tensor) => tf.Tensor;
  readonly xs: readonly number[];
  readonly slopes: readonly number[];
  readonly ofTfjs?: readonly number[];
}[] = [
  { name: 'relu', f: tf.relu, xs: [-1, 0, 1], slopes: [0, 0, 1] },
  { name: 'relu6', f: tf.relu6, xs: [0, 3, 6, 7], slopes: [0, 1, 0, 0], ofTfjs: [0, 1, 1, 0] },
  // 1.0507 on the right; on the left 1.0507 times 1.6733
  { name: 'selu', f: tf.selu, xs: [0, 1], slopes: [1.050701, 1.050701], ofTfjs: [1.7580993, 1.050701] },
  { name: 'leakyRelu', f: (x) => tf.leakyRelu(x, 0.2), xs: [-1, 0, 1], slopes: [0.2, 0.2, 1] },
];

/** Each window gives to its first largest number, row by row; what several windows give is added up. */
const ties: Record<string, Windows & { readonly given: number[]; readonly expected: number[][] }> = {
  apart: {
    ...{ size: 2, stride: 2, padding: 'valid' },
    given: [1, 2, 3, 4],
    expected: [
      [1, 0, 2, 0, 0],
      [0, 0, 0, 0, 0],
      [3, 0, 4, 0, 0],
      [0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ],
  },
  // The windows begin at -1, 1 and 3, and what lies outside never counts.
  'with overlaps': {
    ...{ size: 3, stride: 2, padding: 'same' },
    given: [1, 2, 3, 4, 5, 6, 7, 8, 9],
    expected: [
      [1, 2, 0, 3, 0],
      [4, 5, 0, 6, 0],
      [0, 0, 0, 0, 0],
      [7, 8, 0, 9, 0],
      [0, 0, 0, 0, 0],
    ],
  },
};

describe('fused kernels', () => {
  let backend: NodeBackend;
  let previous: string;
  let plain: tf.LayersModel; // for a graph without weights

  before(async function () {
    previous = tf.getBackend();
    try {
      await useBackend({ backend: 'native' });
    } catch (error) {
      const because = error instanceof Error ? error.message : String(error);
      this.test?.parent?.eachTest((test) => {
        test.title += ` (${because})`;
      });
      return this.skip();
    }
    backend = nodeBackend() as NodeBackend;
    plain = tf.sequential({ layers: [tf.layers.activation({ activation: 'linear', inputShape: [1] })] });
  });
  after(async () => {
    if (previous) await tf.setBackend(previous);
  });

  async function eagerly(
    compute: Compute,
    x: Values,
    around: <T>(body: () => T) => T = (body) => body(),
  ): Promise<Found> {
    const ops: string[] = [];
    const { executeSingleOutput, executeMultipleOutputs } = backend;
    const listening: Partial<NodeBackend> = {
      executeSingleOutput: (op, ...rest) => {
        ops.push(op);
        return executeSingleOutput.call(backend, op, ...rest);
      },
      executeMultipleOutputs: (op, ...rest) => {
        ops.push(op);
        return executeMultipleOutputs.call(backend, op, ...rest);
      },
    };
    const tensors = withReplaced(backend, listening, () => around(() => tf.tidy(() => compute(tensorOf(x)))));
    const results = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
    tf.dispose(tensors);
    return { results, ops };
  }

  function fused(compute: Compute, x: Values): Promise<Found> {
    return eagerly(compute, x, (body) => withFusedKernels(backend, body));
  }

  /** @param model Has the weights that `compute` uses. */
  async function inGraph(compute: Compute, x: Values, model = plain): Promise<Found> {
    const ops: string[] = [];
    const { add } = Graph.prototype;
    const listening: Partial<Graph> = {
      add(this: Graph, op, ...rest) {
        ops.push(op);
        return add.call(this, op, ...rest);
      },
    };
    const compiled = new CompiledModel(model, backend);
    try {
      const results = await withReplaced<Partial<Graph>, Promise<Values[]>>(Graph.prototype, listening, () =>
        compiled.call('gradients', compute, [x]),
      );
      return { results: results.map(({ data }) => data), ops };
    } finally {
      compiled.dispose();
    }
  }

  for (const [name, make] of Object.entries(subjects)) {
    describe(`compute the gradient of ${name}`, () => {
      let subject: Subject;
      let model: tf.LayersModel;
      let expected: Float64Array[];
      let own: Found | undefined; // of tfjs
      let tensorsBefore: number;
      const compute = (x: tf.Tensor) => differentiate(subject, x);

      before(async () => {
        tensorsBefore = tf.memory().numTensors;
        subject = make();
        const { x, layer = tf.layers.activation({ activation: 'linear' }), tfjsThrows } = subject;
        const input = tf.layers.inputLayer({ inputShape: x.shape.slice(1) });
        model = tf.sequential({ layers: [input, layer] });
        expected = differentiate64(subject);
        setWeights();
        own = tfjsThrows ? undefined : await eagerly(compute, x);
      });
      beforeEach(setWeights);
      after(() => {
        model.dispose();
        assert.equal(tf.memory().numTensors, tensorsBefore, 'tensors are left');
      });

      function setWeights(): void {
        tf.tidy(() => subject.layer?.setWeights((subject.weights ?? []).map(tensorOf)));
      }

      it('by tfjs', async function () {
        if (own) assertNear(this, own, { float64: expected });
        else await assert.rejects(eagerly(compute, subject.x), subject.tfjsThrows as RegExp);
      });

      it('fused', async function () {
        const found = await fused(compute, subject.x);
        assertNear(this, found, { tfjs: own?.results, float64: expected });
        assertUses(found, subject.fused);
        if (own && subject.fused) assert.ok(found.ops.length < own.ops.length, `${found.ops}; ${own.ops}`);
      });

      it('in a graph', async function () {
        const found = await inGraph(compute, subject.x, model);
        assertNear(this, found, { tfjs: own?.results, float64: expected });
        assertUses(found, subject.fused);
        assertUses(found, subject.inGraph);
      });
    });
  }

  for (const { name, f, xs, slopes, ofTfjs = slopes } of kinks) {
    it(`give ${name} the slopes ${slopes} at ${xs}; tfjs gives ${ofTfjs}`, async () => {
      const x = valuesOf([xs.length], (i) => xs[i]);
      const compute = (x: tf.Tensor) => [tf.grad(f)(x)];
      for (const run of [fused, inGraph]) {
        assert.ok(largestError((await run(compute, x)).results, [slopes]) < 1e-6, run.name);
      }
      assert.ok(largestError((await eagerly(compute, x)).results, [ofTfjs]) < 1e-6, 'tfjs');
    });
  }

  for (const [name, { size, stride, padding, given, expected }] of Object.entries(ties)) {
    it(`give the first of a tie what max pooling gives, windows ${name}`, async () => {
      const side = Math.sqrt(given.length);
      const compute = (x: tf.Tensor) => {
        const dy = tf.tensor4d(given, [1, side, side, 1]);
        return [tf.grad((x) => tf.maxPool(x as tf.Tensor4D, size, stride, padding))(x, dy)];
      };
      for (const value of [-2, 0, 3]) {
        const x = valuesOf([1, 5, 5, 1], () => value);
        for (const run of [eagerly, fused, inGraph]) {
          const { results } = await run(compute, x);
          assert.deepEqual(Array.from(results[0]), expected.flat(), `${run.name}, ${value} everywhere`);
        }
      }
    });
  }

  describe('leave tfjs as it was', () => {
    const gradient: Compute = (x) => [tf.grad((x) => activation('gelu')(tf.relu(x)))(x)];
    const x = normal([2, 3]);
    const stop = () => {
      throw new Error('stop');
    };
    let registeredBefore: Registered;
    let tensorsBefore: number;
    beforeEach(() => {
      registeredBefore = registered(backend);
      tensorsBefore = tf.memory().numTensors;
    });
    afterEach(() => {
      assert.deepEqual(changes(registeredBefore, registered(backend)), []);
      assert.equal(tf.memory().numTensors, tensorsBefore, 'tensors are left');
    });

    it('after all was replaced', () => {
      const during = withFusedKernels(backend, () => changes(registeredBefore, registered(backend)));
      for (const name of replaced) assert.ok(during.includes(name), `${name} is not among ${during}`);
    });

    it('when the body throws', () => {
      const body = () => tf.tidy(() => [...gradient(tensorOf(x)), stop()]);
      assert.throws(() => withFusedKernels(backend, body), /stop/);
    });

    it('when one is inside another, which keeps its own', () => {
      withFusedKernels(backend, () => {
        const outer = registered(backend);
        withFusedKernels(backend, () => undefined);
        assert.deepEqual(changes(outer, registered(backend)), []);
      });
    });

    it('when a graph is made', async () => {
      await inGraph(gradient, x);
    });

    it('when a graph cannot be made', async () => {
      await assert.rejects(
        inGraph((x) => [...gradient(x), stop()], x),
        /stop/,
      );
    });
  });
});

const replaced = [
  ...['Relu', 'Relu6', 'Selu', 'Sigmoid', 'Tanh', 'LeakyRelu'].map((name) => `gradient of ${name}`),
  ...['FusedBatchNormTraining', 'SoftmaxCrossEntropyWithLogits'].flatMap((name) => [
    `tensorflow kernel ${name}`,
    `gradient of ${name}`,
  ]),
  ...['BatchNormalization.call', 'Gelu.apply', 'GeluNew.apply'],
];

/** Kernels, gradients and methods by name. */
type Registered = ReadonlyMap<string, unknown>;

function registered(backend: NodeBackend): Registered {
  const found = new Map<string, unknown>();
  for (const { kernelName, backendName, kernelFunc } of ['cpu', 'tensorflow'].flatMap(
    tf.getKernelsForBackend,
  )) {
    found.set(`${backendName} kernel ${kernelName}`, kernelFunc);
    found.set(`gradient of ${kernelName}`, tf.getGradient(kernelName));
  }
  const layer = tf.layers.batchNormalization({ name: 'other' });
  const [gelu, geluNew] = (['gelu', 'gelu_new'] as const).map((activation): object =>
    Reflect.get(tf.layers.activation({ activation, name: 'other' }), 'activation'),
  );
  for (const object of [
    backend,
    ...[layer, gelu, geluNew].map((each): object => Object.getPrototypeOf(each)),
  ]) {
    for (const [key, { value, get }] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
      found.set(`${object.constructor.name}.${key}`, value ?? get);
    }
  }
  return found;
}

function changes(before: Registered, after: Registered): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  );
}

type Compute = (x: tf.Tensor) => tf.Tensor[];

/** What was found, as numbers, and the operations of TensorFlow that it took. */
interface Found {
  readonly results: readonly ArrayLike<number>[];
  readonly ops: readonly string[];
}

/** Gradients by x and the trained weights of the weighted sum of the output; then what became of the other weights. */
function differentiate({ compute, layer }: Subject, x: tf.Tensor): tf.Tensor[] {
  const trained = (layer?.trainableWeights ?? []).map((weight) => weight.read());
  const gradients = tf.grads(() => {
    const y = compute(x);
    return tf.sum(tf.mul(y, tensorOf(importance(y.shape))));
  })([x, ...trained]);
  return [...gradients, ...(layer?.nonTrainableWeights ?? []).map((weight) => tf.clone(weight.read()))];
}

/** The same in double precision. */
function differentiate64({ x, layer, weights = [], reference, updated }: Subject): Float64Array[] {
  const inputs = [x, ...weights].map(inDouble);
  const count = 1 + (layer?.trainableWeights.length ?? 0);
  const gradients = float64.centralDifferences(
    (x, ...trained) => {
      const y = reference(x, ...trained);
      const { data } = importance(y.shape);
      return y.data.reduce((sum, value, i) => sum + value * data[i], 0);
    },
    inputs.slice(0, count),
  );
  return [...gradients, ...(updated?.(inputs[0], ...inputs.slice(count)) ?? [])];
}

/** Fixed random weights, so that every number of the output counts, each differently. */
function importance(shape: readonly number[]): Values {
  return normal(shape, { seed: 'importance' });
}

/** The largest difference, as a share of the largest number expected in the same array. */
function largestError(found: Found['results'], expected: Found['results']): number {
  assert.deepEqual(
    found.map(({ length }) => length),
    expected.map(({ length }) => length),
  );
  const errors = expected.map((array, i) => {
    const scale = Math.max(...Array.from(array, Math.abs));
    assert.ok(scale > 0.01, 'a gradient of zeros proves nothing');
    return Math.max(...Array.from(array, (value, j) => Math.abs(found[i][j] - value))) / scale;
  });
  return Math.max(...errors);
}

/** How near the numbers are to those of others goes into the title of the test. */
function assertNear(
  { test }: Context,
  { results }: Found,
  others: Readonly<Record<string, Found['results'] | undefined>>,
): void {
  const texts: string[] = [];
  for (const [name, expected] of Object.entries(others)) {
    if (!expected) continue;
    const error = largestError(results, expected);
    texts.push(`${error === 0 ? 0 : error.toExponential(0)} from ${name}`);
    assert.ok(error <= tolerance, texts.join(', '));
  }
  if (test) test.title += `: ${texts.join(', ')}`;
}

function assertUses({ ops }: Found, expected: readonly string[] = []): void {
  for (const op of expected) assert.ok(ops.includes(op), `${op} is not among ${ops}`);
}

function valuesOf(shape: readonly number[], next: (i: number) => number): Values {
  return { shape, data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => next(i)) };
}

function normal(shape: readonly number[], { seed = 'x', scale = 1, offset = 0 } = {}): Values {
  const random = createRandom(seed);
  return valuesOf(shape, () => offset + scale * random.normal());
}

/** None within 0.01 of 0 or 6, where activations have their kinks. */
function awayFromKinks(shape: readonly number[]): Values {
  const { data } = normal(shape, { scale: 4 });
  return valuesOf(
    shape,
    (i) => data[i] + ([0, 6].some((kink) => Math.abs(data[i] - kink) < 0.01) ? 0.02 : 0),
  );
}

/** Any two 0.01 apart, so that the largest of a window stays the largest. */
function distinct(shape: readonly number[]): Values {
  const size = shape.reduce((a, b) => a * b);
  const order = createRandom('distinct').permutation(size);
  return valuesOf(shape, (i) => 0.01 * (order[i] - size / 2));
}

function tensorOf({ shape, data }: Values): tf.Tensor {
  return tf.tensor(data, [...shape]);
}

function inDouble({ shape, data }: Values): Array64 {
  return { shape, data: Float64Array.from(data) };
}
