import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { assertSame, gradientsOf } from './gradients';
import { uniformTensor } from './tensors';

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
