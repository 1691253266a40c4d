import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { diracKernel } from '../../lib/models';

describe('diracKernel', () => {
  it('sets the first outputs to the inputs and keeps the others', () => {
    const kernel = Float32Array.from({ length: 1 * 1 * 2 * 3 }, (_, i) => i + 10); // rows: inputs, columns: outputs
    assert.deepEqual([...diracKernel(kernel, { shape: [1, 1, 2, 3] })], [1, 0, 12, 0, 1, 15]);
    assert.equal(kernel[0], 10, 'the caller keeps his own');
  });

  it('has its 1 at the middle of the window', () => {
    const ones = (height: number, width: number) =>
      [...diracKernel(new Float32Array(height * width), { shape: [height, width, 1, 1] })].indexOf(1);
    assert.equal(ones(3, 3), 4);
    assert.equal(ones(1, 5), 2);
    assert.equal(ones(2, 2), 3); // as PyTorch's dirac_: size / 2, rounded down
  });

  it('hands on as many inputs as there are outputs', () => {
    const kernel = new Float32Array(3).fill(7);
    assert.deepEqual([...diracKernel(kernel, { shape: [1, 1, 3, 1] })], [1, 0, 0]);
  });

  it('makes a convolution that gives back its input', () => {
    tf.tidy(() => {
      const shape = [3, 3, 2, 4] as const;
      const random = tf.randomNormal([...shape], 0, 1, 'float32', 5).dataSync<'float32'>();
      const kernel = tf.tensor4d(diracKernel(random, { shape }), [...shape]);
      const xs = tf.randomNormal<tf.Rank.R4>([2, 5, 6, 2], 0, 1, 'float32', 6);
      const ys = tf.conv2d(xs, kernel, 1, 'same').slice([0, 0, 0, 0], [-1, -1, -1, 2]);
      assert.deepEqual(ys.dataSync(), xs.dataSync());
    });
  });

  it('refuses a kernel of another size', () => {
    assert.throws(
      () => diracKernel(new Float32Array(5), { shape: [1, 1, 2, 3] }),
      /expected 6 numbers for a kernel of 1 x 1 x 2 x 3, got 5/,
    );
  });
});
