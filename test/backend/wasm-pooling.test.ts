import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { assertSame, gradientsOf } from './gradients';
import { uniformTensor } from './tensors';

describe('max pooling on wasm', () => {
  let previous: string;
  before(async () => {
    previous = tf.getBackend();
    await useBackend({ backend: 'wasm' });
  });
  after(async () => {
    if (previous) await tf.setBackend(previous);
  });

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

  it('passes dy to the first of equal values only, where windows overlap too', async () => {
    await useBackend({ backend: 'wasm' });
    const x = [2, 2, 2, 1, -3, -3, 0, 0]; // windows of 3, every 2: [2 2 2], [2 1 -3], [-3 -3 0]
    const dx = tf.tidy(() => {
      const weights = tf.tensor4d([10, 20, 30], [1, 1, 3, 1]);
      const loss = (xs: tf.Tensor) =>
        tf
          .maxPool(xs as tf.Tensor4D, [1, 3], [1, 2], 'valid')
          .mul(weights)
          .sum();
      return tf.grad(loss)(tf.tensor4d(x, [1, 1, 8, 1]));
    });
    assert.deepEqual([...(await dx.data())], [10, 0, 20, 0, 0, 0, 30, 0]);
    dx.dispose();
  });

  it('agrees with plain JavaScript on many equal values, in every padding', async () => {
    for (const padding of ['same', 'valid', 1] as const) {
      await assertSame(() =>
        tf.tidy(() => {
          const x = uniformTensor([3, 9, 8, 5], 1).mul(2).round();
          const pool = (xs: tf.Tensor) => tf.maxPool(xs as tf.Tensor4D, 3, 2, padding);
          return [tf.grad(pool)(x, uniformTensor(pool(x).shape, 2))];
        }),
      );
    }
  });
});
