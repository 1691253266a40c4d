import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../../lib/backend';
import { convolutionVectors } from '../../../lib/backend/native';
import { createRandom } from '../../../lib/random';
import { compileClassifier } from '../../../lib/training';
import { CompiledModel, freezeModel, type Values } from '../../../lib/training/compile';
import { type NodeBackend, nodeBackend, withReplaced } from '../../../lib/training/compile/binding';
import { Graph } from '../../../lib/training/compile/graph';
import * as float64 from '../../helpers/float64';
import { batch, conv, differenceOfWeights, graphsOf, l, network, optimizers, steps } from './networks';

/** A convolution of images, [batch, height, width, in], by a filter, [height, width, in, out], and what comes behind. */
interface Case {
  readonly x: readonly number[];
  readonly filter: readonly number[];
  /** Default `same`. */
  readonly padding?: 'same' | 'valid';
  readonly strides?: number;
  readonly dilations?: number;
  readonly bias?: boolean;
  readonly relu?: boolean;
  /** Max pooling of 2x2. */
  readonly pool?: boolean;
  /** The convolutions that its graph has, where others than usual. */
  readonly ops?: readonly string[];
}

/** Images, filter, bias and the gradient of the result. */
type Inputs = readonly [x: Values, filter: Values, bias: Values, dy: Values];

const ofTensorFlow = ['Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput'];
const pooled = {
  direct: ['DirectConv2D', 'DirectConv2DMaxPool', 'DirectConv2DMaxPoolBackpropFilter'],
  winograd: [
    ...['WinogradConv2D', 'WinogradConv2DMaxPool'],
    ...['WinogradConv2DMaxPoolBackpropFilter', 'WinogradConv2DMaxPoolBackpropInput'],
  ],
};
const behind = { bias: true, relu: true };

const winograd = {
  usual: ['WinogradConv2D', 'WinogradConv2DBackpropFilter', 'WinogradConv2DBackpropInput'],
  tolerance: 1e-5, // of the largest number; the worst that was seen is 2e-6
  cases: <Case[]>[
    { x: [13, 4, 4, 16], filter: [3, 3, 16, 16] },
    { x: [13, 4, 4, 16], filter: [3, 3, 16, 48], bias: true },
    { x: [5, 7, 7, 16], filter: [3, 3, 16, 48], relu: true },
    { x: [3, 13, 9, 48], filter: [3, 3, 48, 16], ...behind },
    { x: [22, 13, 9, 16], filter: [3, 3, 16, 16] }, // so many tiles that threads sum up parts
    { x: [13, 4, 4, 144], filter: [3, 3, 144, 16] }, // more channels than a thread takes at a time
    { x: [13, 4, 4, 16], filter: [3, 3, 16, 144] },
    { x: [13, 6, 6, 16], filter: [3, 3, 16, 16], padding: 'valid' },
    { x: [24, 7, 7, 48], filter: [3, 3, 48, 16], padding: 'valid', ...behind },
    { x: [4, 13, 9, 32], filter: [3, 3, 32, 64], padding: 'valid' },
    { x: [9, 6, 6, 32], filter: [3, 3, 32, 64], ...behind, pool: true },
    { x: [3, 13, 9, 16], filter: [3, 3, 16, 48], pool: true }, // the last row and column are dropped
    { x: [9, 15, 7, 48], filter: [3, 3, 48, 16], padding: 'valid', ...behind, pool: true },
    { x: [22, 16, 12, 16], filter: [3, 3, 16, 16], padding: 'valid', relu: true, pool: true },
  ].map((each) => (each.pool ? { ...each, ops: pooled.winograd } : each)),
};
const direct = {
  usual: ['Conv2DBackpropInput', 'DirectConv2D', 'DirectConv2DBackpropFilter'],
  tolerance: 2e-6, // the worst that was seen is 7e-7
  cases: <Case[]>[
    { x: [1, 7, 5, 1], filter: [3, 3, 1, 16] },
    { x: [9, 13, 9, 3], filter: [3, 3, 3, 48], padding: 'valid', bias: true },
    { x: [5, 6, 7, 4], filter: [3, 3, 4, 16], ...behind },
    { x: [2, 9, 17, 2], filter: [3, 3, 2, 48], relu: true },
    { x: [3, 7, 7, 3], filter: [2, 2, 3, 16] },
    { x: [3, 5, 6, 4], filter: [2, 3, 4, 48], padding: 'valid' },
    { x: [3, 5, 6, 1], filter: [2, 3, 1, 48], ...behind },
    { x: [3, 5, 5, 3], filter: [1, 1, 3, 16] },
    { x: [2, 9, 7, 1], filter: [5, 5, 1, 16] },
    { x: [3, 1, 2, 4], filter: [3, 3, 4, 16] }, // larger than the images
    { x: [9, 8, 8, 3], filter: [3, 3, 3, 16], ...behind, pool: true },
    { x: [3, 13, 9, 1], filter: [3, 3, 1, 48], pool: true }, // the last row and column are dropped
    { x: [3, 9, 7, 4], filter: [2, 3, 4, 16], padding: 'valid', ...behind, pool: true },
  ].map((each) => (each.pool ? { ...each, ops: ['Conv2DBackpropInput', ...pooled.direct] } : each)),
};
const leftAlone: Record<string, Case> = {
  'with strides': { x: [16, 12, 12, 16], filter: [3, 3, 16, 16], strides: 2 },
  'of pixels, with strides': { x: [2, 12, 12, 3], filter: [3, 3, 3, 16], strides: 2 },
  'with dilations': { x: [16, 12, 12, 16], filter: [3, 3, 16, 16], dilations: 2, ops: ['Conv2D'] }, // tfjs has no gradient
  'of 8 channels': { x: [16, 12, 12, 8], filter: [3, 3, 8, 16] },
  'to 8 channels': { x: [16, 12, 12, 16], filter: [3, 3, 16, 8] },
  'of pixels, to 8 channels': { x: [2, 12, 12, 3], filter: [3, 3, 3, 8] },
  'by 5 x 5': { x: [16, 12, 12, 16], filter: [5, 5, 16, 16] },
  'whose results fill no tile': { x: [13, 4, 4, 16], filter: [3, 3, 16, 48], padding: 'valid' },
  'of few tiles': { x: [1, 4, 4, 64], filter: [3, 3, 64, 64] },
};

describe('convolutions of our own', () => {
  before(async function () {
    const { name } = await useBackend();
    if (name === 'native' && convolutionVectors()) return;
    const because = name === 'native' ? 'there are none here' : `the backend is ${name}`;
    this.test?.parent?.eachTest((test) => {
      test.title += ` (${because})`;
    });
    this.skip();
  });

  for (const [kind, { usual, tolerance, cases }] of Object.entries({ winograd, direct })) {
    describe(`${kind}: results and gradients equal those in double precision`, () => {
      for (const example of cases) {
        it(titleOf(example), async function () {
          const inputs = inputsOf(example);
          const expected = compute64(example, inputs);
          const errors: number[] = [];
          for (const intraOpThreads of [1, 2]) {
            const { results, ops } = await inGraph(example, inputs, { intraOpThreads });
            assert.deepEqual(ops, example.ops ?? usual); // also no ReLU or addition of a bias
            errors.push(...expected.map((values, i) => errorOf(results[i], values)));
          }
          const worst = Math.max(...errors);
          if (this.test) this.test.title += `: ${worst.toExponential(0)}`;
          assert.ok(worst <= tolerance, `${errors}`);
        });
      }
    });
  }

  for (const example of <Case[]>[
    { x: [13, 4, 4, 32], filter: [3, 3, 32, 96] },
    { x: [3, 13, 9, 64], filter: [3, 3, 64, 32], bias: true },
    { x: [24, 7, 7, 160], filter: [3, 3, 160, 32], padding: 'valid', bias: true },
    { x: [13, 8, 8, 32], filter: [3, 3, 32, 64], pool: true },
  ]) {
    it(`multiply numbers of 16 bits in mixed precision: ${titleOf(example)}`, async function () {
      if (convolutionVectors() !== 'avx512_bf16') this.skip();
      const inputs = inputsOf(example);
      const options = { precision: 'mixed_bfloat16' };
      const { results, ops } = await inGraph(example, inputs, options);
      // Rounding decides which of nearly equal numbers is the largest: gradients go where it went.
      const { results: unpooled } = example.pool
        ? await inGraph({ ...example, pool: false }, inputsOf({ ...example, pool: false }), options)
        : { results: [] };
      const expected = compute64(example, inputs, unpooled[0]);
      assert.deepEqual(ops, example.pool ? pooled.winograd : winograd.usual);
      for (const [i, values] of expected.slice(0, 3).entries()) {
        const error = errorOf(results[i], values);
        assert.ok(error > 1e-3 && error < 0.03, `${i}: ${error}`); // 8 bits; the worst that was seen is 0.02
      }
    });
  }

  it('are held against what the other tests take', () => {
    for (const size of [2, 3]) {
      for (const padding of ['same', 'valid'] as const) {
        const example = { x: [2, 5, 4, 2], filter: [size, size, 2, 3], padding, ...behind, pool: true };
        const inputs = inputsOf(example);
        const [x, filter, bias, dy] = inputs.map(({ shape, data }) => ({
          shape,
          data: Float64Array.from(data),
        }));
        const windows = { size: 2, stride: 2, padding: 'valid' } as const;
        const f = (...[x, filter, bias]: float64.Array64[]) =>
          float64.maxPool(
            float64.relu(float64.conv2d(x, filter, bias, { size, stride: 1, padding })),
            windows,
          );
        const weighted = (...by: float64.Array64[]) =>
          f(...by).data.reduce((sum, value, i) => sum + value * dy.data[i], 0);
        const expected = [
          f(x, filter, bias).data,
          ...float64.centralDifferences(weighted, [x, filter, bias]),
        ];
        for (const [i, values] of compute64(example, inputs).entries())
          assert.ok(errorOf(values, expected[i]) < 1e-8, `${size}, ${padding}, ${i}`);
      }
    }
  });

  for (const [name, example] of Object.entries(leftAlone)) {
    it(`leave those ${name} to TensorFlow`, async () => {
      const { results, ops } = await inGraph(example, inputsOf(example));
      assert.deepEqual(ops, example.ops ?? ofTensorFlow);
      assert.equal(results[0].length, sizeOf(resultShape(example)));
    });
  }

  it('leave all to TensorFlow with COURSE_CONVOLUTIONS=0', async () => {
    for (const { cases } of [winograd, direct]) {
      const { ops } = await withoutOurs(() => inGraph(cases[0], inputsOf(cases[0])));
      assert.deepEqual(ops, ofTensorFlow);
    }
    assert.ok(convolutionVectors());
  });

  for (const { name, example } of [
    { name: 'winograd', example: winograd.cases[0] },
    { name: 'winograd with pooling', example: { ...winograd.cases[0], pool: true } },
    { name: 'direct', example: direct.cases[0] },
    { name: 'direct with pooling', example: { ...direct.cases[0], pool: true } },
  ]) {
    for (const relu of [false, true]) {
      for (const value of [NaN, Infinity]) {
        const changed = async (input: number) => {
          const inputs = inputsOf({ ...example, relu });
          inputs[input].data[0] = value;
          return (await inGraph({ ...example, relu }, inputs)).results;
        };
        const shows = (values: Values['data']) => values.some((each: number) => !Number.isFinite(each));

        it(`${name}${relu ? ' and ReLU' : ''}: ${value} shows`, async () => {
          const [y, , dFilter] = await changed(0);
          const place = y.slice(0, example.filter[3]);
          assert.ok(Number.isNaN(value) ? place.every(Number.isNaN) : shows(place), `images: ${place}`);
          assert.ok(shows(dFilter), 'images, gradient of the filter');
          assert.ok(shows((await changed(1))[0]), 'filter');
          if (!relu)
            for (const gradient of (await changed(3)).slice(1)) assert.ok(shows(gradient), 'gradient');
        });
      }
    }
  }

  describe(`give the losses and weights of ${steps} steps with TensorFlow's`, () => {
    for (const normalized of [false, true]) {
      // Without luck rounding turns one ReLU or largest number the other way, and the training grows apart from there.
      const tolerance = 2e-2;
      for (const name of ['Nesterov momentum', 'Adam'] as const) {
        it(`with ${name}${normalized ? ' and batch normalization' : ''}`, async () => {
          const [model, other] = [small({ normalized }), small({ normalized })];
          for (const each of [model, other]) compileClassifier(each, { optimizer: optimizers[name]() });
          other.setWeights(model.getWeights().map((weight) => weight.clone()));
          const [ours, theirs] = [graphsOf(model), withoutOurs(() => graphsOf(other))];
          const losses: number[] = [];
          for (let step = 0; step < steps; step++) {
            const { xs, ys } = pixels(step % 4);
            const [loss] = await ours.trainOnBatch(xs, ys);
            const [expected] = await theirs.trainOnBatch(xs, ys);
            losses.push(loss);
            const most = (step < 5 ? 1e-5 : 2e-3) * expected;
            assert.ok(Math.abs(loss - expected) < most, `step ${step}: ${loss}, ${expected}`);
          }
          const ofWeights = differenceOfWeights(model, other);
          assert.ok(ofWeights < tolerance, `weights differ by ${ofWeights}`);
          assert.ok(losses[steps - 1] < losses[0] - 0.01, 'nothing was learned');
          const frozen = [freezeModel(model), withoutOurs(() => freezeModel(other))];
          const { xs } = pixels(1);
          const [found, expected] = await Promise.all(
            frozen.map(({ compiled }) => compiled?.predictOnBatch(xs)),
          );
          assert.ok(found && expected, 'not compiled');
          assert.ok(errorOf(found.data, Float64Array.from(expected.data)) < tolerance, 'predictions');
          for (const { compiled } of frozen) compiled?.dispose();
          for (const each of [ours, theirs, model, other]) each.dispose();
        });
      }
    }
  });

  it('take bias, ReLU and pooling along', () => {
    const model = small();
    compileClassifier(model);
    const compiled = graphsOf(model);
    const { xs, ys } = pixels(1, { size: 16 });
    const ops = compiled.profileStep(xs, ys).map(({ op }) => op);
    const found = ops.filter((op) => /Conv2D|^Relu$/.test(op)).sort();
    assert.deepEqual(found, [...pooled.direct.slice(1), ...pooled.winograd.slice(1)]);
    assert.ok(ops.filter((op) => op === 'BiasAdd').length <= 1, 'more than that of the dense layer');
    compiled.dispose();
    model.dispose();
  });

  it('keep no memory', async function () {
    const model = small();
    compileClassifier(model);
    const compiled = graphsOf(model);
    const { xs, ys } = pixels(1);
    const megabytesAfter = async (steps: number) => {
      for (let step = 0; step < steps; step++) await compiled.trainOnBatch(xs, ys);
      return process.memoryUsage().rss / 2 ** 20;
    };
    const growth = -(await megabytesAfter(50)) + (await megabytesAfter(300)); // 84 if each kept 32x12x12x16 numbers
    if (this.test) this.test.title += `: ${growth.toFixed(1)} MB in 300 steps`;
    assert.ok(growth < 20, `${growth} MB`);
    compiled.dispose();
    model.dispose();
  });
});

function small({ normalized = false } = {}): tf.LayersModel {
  const block = (filters: number) => [
    conv({ filters, useBias: !normalized, activation: normalized ? 'linear' : 'relu' }),
    ...(normalized ? [l.batchNormalization(), l.activation({ activation: 'relu' })] : []),
    l.maxPooling2d({ poolSize: 2 }),
  ];
  return network(() => [...block(16), ...block(32)], { shape: [12, 12, 3] })();
}

function pixels(seed: number, { size = 32 } = {}): { xs: Values; ys: Values } {
  return batch({ size, shape: [12, 12, 3], seed });
}

/** What `make` makes has none of our convolutions. */
function withoutOurs<T>(make: () => T): T {
  return withReplaced<NodeJS.ProcessEnv, T>(process.env, { COURSE_CONVOLUTIONS: '0' }, make);
}

function titleOf({ x, filter, padding = 'same', ...others }: Case): string {
  const flags = (['bias', 'relu', 'pool'] as const).filter((name) => others[name]);
  return [x.join('x'), `by ${filter.join('x')}`, padding, ...flags].join(', ');
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b);
}

function inputsOf(example: Case): Inputs {
  const random = createRandom(1);
  const normal = (shape: readonly number[]) => ({
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
  });
  const { x, filter } = example;
  return [normal(x), normal(filter), normal(filter.slice(3)), normal(resultShape(example))];
}

function resultShape({ x, filter, padding = 'same', strides = 1, pool }: Case): number[] {
  const along = (axis: number) => {
    const length = Math.ceil((padding === 'same' ? x[axis] : x[axis] - filter[axis - 1] + 1) / strides);
    return pool ? Math.floor(length / 2) : length;
  };
  return [x[0], along(1), along(2), filter[3]];
}

/** The result, its gradients by images, filter and, where there is one, bias; and which operations the graph has. */
async function inGraph(
  { padding = 'same', strides = 1, dilations = 1, bias, relu, pool }: Case,
  inputs: Inputs,
  options = {},
): Promise<{ results: Values['data'][]; ops: string[] }> {
  const f = (...[x, filter, offsets]: tf.Tensor[]) => {
    let y = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, padding, 'NHWC', dilations);
    if (offsets) y = tf.add(y, offsets);
    if (relu) y = tf.relu(y);
    return pool ? tf.maxPool(y, 2, 2, 'valid') : y;
  };
  const compute = (...tensors: tf.Tensor[]) => {
    const by = tensors.slice(0, bias ? 3 : 2);
    return [f(...by), ...(dilations === 1 ? tf.grads(f)(by, tensors[3]) : [])];
  };
  const ops = new Set<string>();
  const { add } = Graph.prototype;
  const listening: Partial<Graph> = {
    add(this: Graph, op, ...rest) {
      if (/Conv2D|^Relu$|^BiasAdd$/.test(op)) ops.add(op);
      return add.call(this, op, ...rest);
    },
  };
  const plain = tf.sequential({ layers: [l.activation({ activation: 'linear', inputShape: [1] })] });
  const compiled = new CompiledModel(plain, nodeBackend() as NodeBackend, options);
  try {
    const results = await withReplaced<Partial<Graph>, Promise<Values[]>>(Graph.prototype, listening, () =>
      compiled.call('convolution', compute, inputs),
    );
    return { results: results.map(({ data }) => data), ops: [...ops].sort() };
  } finally {
    compiled.dispose();
  }
}

/**
 * The same in double precision, for strides and dilations of 1. Numbers before pooling may be given to choose the largest
 * from.
 */
function compute64(example: Case, inputs: Inputs, chosenFrom?: Values['data']): Float64Array[] {
  const { bias, relu, pool } = example;
  const [images, filter, offsets, dy] = inputs.map(({ data }) => Float64Array.from(data));
  const full = resultShape({ ...example, pool: false });
  const y = new Float64Array(sizeOf(full));
  eachProduct(example, (i, j, k) => {
    y[k] += images[i] * filter[j];
  });
  for (let k = 0; k < y.length; k++) {
    if (bias) y[k] += offsets[k % offsets.length];
    if (relu) y[k] = Math.max(y[k], 0);
  }
  const kept = pool ? placesOfLargest(chosenFrom ?? y, full) : Int32Array.from(y, (_, k) => k);
  const [dx, dFilter, dBias, dFull] = [images, filter, offsets, y].map(
    ({ length }) => new Float64Array(length),
  );
  kept.forEach((k, i) => {
    if (relu && y[k] === 0) return;
    dFull[k] = dy[i];
    dBias[k % offsets.length] += dy[i];
  });
  eachProduct(example, (i, j, k) => {
    dx[i] += dFull[k] * filter[j];
    dFilter[j] += dFull[k] * images[i];
  });
  return [Float64Array.from(kept, (k) => y[k]), dx, dFilter, ...(bias ? [dBias] : [])];
}

/** Visits the products that a convolution sums up: of number i of the images and j of the filter, for k of the result. */
function eachProduct(example: Case, visit: (i: number, j: number, k: number) => void): void {
  const [images, height, width] = example.x;
  const [down, across, channels, filters] = example.filter;
  const [, rows, columns] = resultShape({ ...example, pool: false });
  const outside = (size: number) => (example.padding === 'valid' ? 0 : Math.floor((size - 1) / 2));
  for (let pixel = 0; pixel < images * rows * columns; pixel++) {
    const image = Math.floor(pixel / columns / rows);
    for (let tap = 0; tap < down * across; tap++) {
      const row = (Math.floor(pixel / columns) % rows) + Math.floor(tap / across) - outside(down);
      const column = (pixel % columns) + (tap % across) - outside(across);
      if (row < 0 || row >= height || column < 0 || column >= width) continue;
      for (let c = 0; c < channels; c++) {
        const i = ((image * height + row) * width + column) * channels + c;
        for (let o = 0; o < filters; o++) visit(i, (tap * channels + c) * filters + o, pixel * filters + o);
      }
    }
  }
}

/** Of each square of 2x2 the first of the largest numbers; a last odd row or column is dropped. */
function placesOfLargest(
  y: ArrayLike<number>,
  [images, height, width, channels]: readonly number[],
): Int32Array {
  const [down, across] = [height >> 1, width >> 1];
  return Int32Array.from({ length: images * down * across * channels }, (_, i) => {
    const [c, pixel] = [i % channels, Math.floor(i / channels)];
    const row = Math.floor(pixel / across / down) * height + 2 * (Math.floor(pixel / across) % down);
    const first = (row * width + 2 * (pixel % across)) * channels + c;
    return [channels, width * channels, (width + 1) * channels]
      .map((step) => first + step)
      .reduce((largest, k) => (y[k] > y[largest] ? k : largest), first);
  });
}

/** The largest difference, as a share of the largest number expected. */
function errorOf(found: ArrayLike<number>, expected: Float64Array): number {
  assert.equal(found.length, expected.length);
  const largest = (values: Float64Array) =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(expected.map((value, i) => found[i] - value)) / largest(expected);
}
