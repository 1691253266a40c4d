import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { assertSame } from './gradients';
import { uniformTensor } from './tensors';

describe('sums, repeats and products on wasm', () => {
  let previous: string;
  before(() => {
    previous = tf.getBackend();
  });
  after(async () => {
    if (previous) await tf.setBackend(previous);
  });

  const shape = [3, 5, 7, 6]; // 105 rows, not a multiple of the four that are summed at once

  it('sums and averages over the first axes', () =>
    assertSame(() => {
      const x = uniformTensor(shape, 1);
      const results = [0, [0, 1], [0, 1, 2], [-4, 1]].flatMap((axis) =>
        [true, false].flatMap((keepDims) => [x.sum(axis, keepDims), x.mean(axis, keepDims)]),
      );
      x.dispose();
      return results;
    }));

  it('sums over any other axes, and integers, as before', () =>
    assertSame(() =>
      tf.tidy(() => {
        const x = uniformTensor(shape, 1);
        const integers = x.mul(10).toInt();
        return [x.sum(), x.sum([1, 2]), x.sum([2, 3]), x.mean(3), integers.sum([0, 1]), integers.mean(0)];
      }),
    ));

  it('sums nothing', async () => {
    await useBackend({ backend: 'wasm' });
    const sums = tf.tidy(() => [
      tf.zeros([3, 0]).sum(0),
      tf.zeros([0, 3]).sum(0),
      tf.zeros([2, 0, 3]).sum([0, 1]),
    ]);
    assert.deepEqual(await Promise.all(sums.map(async (sum) => [...(await sum.data())])), [
      [],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    tf.dispose(sums);
  });

  it('repeats tensors along any axis', () =>
    assertSame(() =>
      tf.tidy(() => {
        const channels = uniformTensor([1, 1, 1, 6], 2);
        const x = uniformTensor([1, 3, 2], 3);
        return [
          channels.tile([3, 5, 7, 1]),
          channels.tile([2, 1, 1, 3]),
          x.tile([4, 1, 1]),
          x.tile([2, 3, 1]),
          x.tile([1, 1, 2]),
          x.mul(10).toInt().tile([2, 1, 1]),
          tf.scalar(4).reshape([1, 1]).tile([3, 2]),
        ];
      }),
    ));

  it('multiplies transposed matrices, one or a batch of them', () =>
    assertSame(() =>
      tf.tidy(() => {
        const a = uniformTensor([4, 5], 4);
        const b = uniformTensor([5, 4], 5);
        return [
          a.matMul(b),
          a.matMul(a, true),
          a.matMul(a, false, true),
          a.matMul(b, true, true),
          uniformTensor([1, 5, 4], 6).matMul(uniformTensor([1, 5, 4], 7), true),
          uniformTensor([3, 5, 4], 8).matMul(uniformTensor([3, 5, 4], 9), true),
        ];
      }),
    ));

  it('gives a clone that outlives what it was cloned from', () =>
    assertSame(() => {
      const x = uniformTensor([4], 1);
      const clone = x.clone();
      x.dispose();
      tf.zeros([4]).dispose(); // would take the memory if it were free
      return [clone];
    }));
});
