import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { uniformTensor } from './tensors';

type Gradient = () => tf.Tensor[];
const tolerance = 1e-4; // of the largest value; both compute in 32 bits, in another order

/** The gradients on plain JavaScript and on WebAssembly must be the same, and no tensor may stay behind on either. */
async function assertSame(gradient: Gradient): Promise<void> {
  const results: number[][][] = [];
  for (const backend of ['cpu', 'wasm'] as const) {
    await useBackend({ backend });
    const before = tf.memory().numTensors;
    const tensors = gradient();
    results.push(await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())])));
    tf.dispose(tensors);
    assert.equal(tf.memory().numTensors, before, `${backend} leaks`);
  }
  const [expected, found] = results;
  for (const [i, values] of expected.entries()) {
    const scale = Math.max(...values.map(Math.abs));
    assert.ok(scale > 0.01, 'a gradient of zeros proves nothing');
    assert.equal(found[i].length, values.length);
    for (const [j, value] of values.entries()) {
      const difference = Math.abs(found[i][j] - value);
      assert.ok(
        difference <= tolerance * scale,
        `gradient ${i}, place ${j}: ${found[i][j]}, cpu has ${value}`,
      );
    }
  }
}

/** Gradients of `f`, weighed by fixed random numbers so that each place of the output counts differently. */
function gradientsOf(f: (...inputs: tf.Tensor[]) => tf.Tensor, ...shapes: number[][]): Gradient {
  return () =>
    tf.tidy(() => {
      const inputs = shapes.map((shape, i) => uniformTensor(shape, 10 + i));
      return tf.grads((...args: tf.Tensor[]) => {
        const output = f(...args);
        return output.mul(uniformTensor(output.shape, 99)).sum();
      })(inputs);
    });
}

describe('wasm trains: its gradients are those of plain JavaScript', () => {
  let previous: string;
  before(() => {
    previous = tf.getBackend();
  });
  after(async () => {
    if (previous) await tf.setBackend(previous);
  });

  const paddings: (tf.backend_util.ExplicitPadding | 'same' | 'valid')[] = [
    'same',
    'valid',
    [
      [0, 0],
      [2, 0],
      [0, 1],
      [0, 0],
    ],
  ];
  for (const [height, width] of [
    [1, 1],
    [3, 3],
    [5, 5],
    [2, 3],
  ]) {
    for (const strides of [1, 2, [2, 1]] as (number | [number, number])[]) {
      for (const padding of paddings) {
        const title = `${height} x ${width}, strides ${strides}, ${typeof padding === 'string' ? padding : 'explicit padding'}`;
        it(`convolution ${title}`, () =>
          assertSame(
            gradientsOf(
              (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, padding),
              [2, 7, 6, 3],
              [height, width, 3, 4],
            ),
          ));
        // tfjs computes the gradient of a depthwise convolution with named paddings only.
        if (typeof padding !== 'string') continue;
        for (const multiplier of [1, 2]) {
          it(`depthwise convolution ${title}, multiplier ${multiplier}`, () =>
            assertSame(
              gradientsOf(
                (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, padding),
                [2, 7, 6, 3],
                [height, width, 3, multiplier],
              ),
            ));
        }
      }
    }
  }

  it('a convolution whose strides leave input pixels unseen', () =>
    assertSame(
      gradientsOf(
        (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 3, 'valid'),
        [1, 8, 9, 2],
        [2, 2, 2, 3],
      ),
    ));

  it('max and average pooling', async () => {
    for (const padding of ['same', 'valid'] as const) {
      await assertSame(gradientsOf((x) => tf.maxPool(x as tf.Tensor4D, [2, 3], 2, padding), [2, 7, 6, 3]));
      await assertSame(
        gradientsOf((x) => tf.avgPool(x as tf.Tensor4D, [3, 2], [2, 1], padding), [2, 7, 6, 3]),
      );
    }
  });

  it('max pooling of windows whose largest value is negative or 0', async () => {
    const values = [-4, -1, -2, -3, 0, -5, 0, -1, 3, 1, 2, 0]; // as 1 x 2: each window is a pair
    const expected = [0, 1, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0];
    await useBackend({ backend: 'wasm' });
    const dx = tf.tidy(() =>
      tf.grad((x) => tf.maxPool(x as tf.Tensor4D, [1, 2], [1, 2], 'valid').sum())(
        tf.tensor4d(values, [1, 1, 12, 1]),
      ),
    );
    assert.deepEqual([...(await dx.data())], expected);
    dx.dispose();
  });

  it('batch normalization', () =>
    assertSame(
      gradientsOf(
        (x, mean, variance, offset, scale) =>
          tf.batchNorm(
            x as tf.Tensor4D,
            mean as tf.Tensor1D,
            variance.square().add(0.5) as tf.Tensor1D,
            offset as tf.Tensor1D,
            scale as tf.Tensor1D,
            1e-3,
          ),
        [2, 3, 4, 5],
        [5],
        [5],
        [5],
        [5],
      ),
    ));

  it('relu, gelu through erf, log-softmax cross-entropy, and gather', async () => {
    await assertSame(gradientsOf((x) => x.relu(), [4, 5]));
    await assertSame(gradientsOf((x) => x.mul(x.div(Math.SQRT2).erf().add(1)).mul(0.5), [4, 5]));
    await assertSame(
      gradientsOf(
        (logits) => tf.losses.softmaxCrossEntropy(tf.oneHot([1, 0, 4], 5), logits as tf.Tensor2D),
        [3, 5],
      ),
    );
    await assertSame(gradientsOf((x) => x.gather(tf.tensor1d([2, 0, 2, 3], 'int32')), [4, 3]));
  });

  it('what else networks are made of', async () => {
    for (const f of [
      (x: tf.Tensor) => x.sigmoid(),
      (x: tf.Tensor) => x.tanh().leakyRelu(0.2).elu(),
      (x: tf.Tensor) => x.softmax(),
      (x: tf.Tensor) => tf.moments(x, 1).variance.add(1e-3).sqrt(),
      (x: tf.Tensor) => x.mean([1, 2]),
      (x: tf.Tensor) => x.max(3),
      (x: tf.Tensor) => tf.concat([x, x.square()], 3).slice([0, 1, 0, 1], [2, 3, 4, 7]),
      (x: tf.Tensor) =>
        x.pad([
          [0, 0],
          [1, 2],
          [0, 3],
          [0, 0],
        ]),
    ]) {
      await assertSame(gradientsOf(f, [2, 5, 4, 4]));
    }
    await assertSame(
      gradientsOf(
        (x, w) => tf.conv2dTranspose(x as tf.Tensor4D, w as tf.Tensor4D, [2, 9, 8, 3], 2, 'same'),
        [2, 5, 4, 4],
        [3, 3, 3, 4],
      ),
    );
    await assertSame(gradientsOf((x, w, b) => x.matMul(w).add(b).relu(), [6, 5], [5, 4], [4]));
  });

  it('a step of Adam and of SGD through convolution, batch norm, dropout and dense layers lowers the loss', async () => {
    await useBackend({ backend: 'wasm' });
    for (const optimizer of [tf.train.adam(0.01), tf.train.sgd(0.1)]) {
      const model = tf.sequential({
        layers: [
          tf.layers.conv2d({
            inputShape: [8, 8, 3],
            filters: 4,
            kernelSize: 3,
            activation: 'relu',
            kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
          }),
          tf.layers.batchNormalization(),
          tf.layers.separableConv2d({
            filters: 4,
            kernelSize: 3,
            depthwiseInitializer: tf.initializers.glorotUniform({ seed: 2 }),
            pointwiseInitializer: tf.initializers.glorotUniform({ seed: 3 }),
          }),
          tf.layers.maxPooling2d({ poolSize: 2 }),
          tf.layers.flatten(),
          tf.layers.dropout({ rate: 0.1, seed: 4 }),
          tf.layers.dense({
            units: 3,
            activation: 'softmax',
            kernelInitializer: tf.initializers.glorotUniform({ seed: 5 }),
          }),
        ],
      });
      model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
      const xs = uniformTensor([12, 8, 8, 3], 6);
      const ys = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
      const first = (await model.trainOnBatch(xs, ys)) as number;
      let last = first;
      for (let step = 0; step < 30; step++) last = (await model.trainOnBatch(xs, ys)) as number;
      assert.ok(last < first * 0.8, `${optimizer.getClassName()}: ${first} became ${last}`);
      tf.dispose([xs, ys]);
      model.dispose();
    }
  });
});
