import * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';

// y = conv(x, w), loss = sum(y * y) / 2, by hand: y is -4 everywhere, so dloss/dw sums -4 * patch.
const x = [1, 2, 3, 4, 5, 6, 7, 8, 9]; // [1, 3, 3, 1]
const w = [1, 0, 0, -1]; // [2, 2, 1, 1]
const dx = [-4, -4, 0, -4, 0, 4, 0, 4, 4];
const dw = [-48, -64, -96, -112];

/** Throws unless the current backend computes a small convolution and its gradients right. */
export async function checkGradient(): Promise<void> {
  const gradients = tf.tidy(() => {
    const loss = (xs: tf.Tensor, filter: tf.Tensor) =>
      tf
        .conv2d(xs as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid')
        .square()
        .sum()
        .div<tf.Scalar>(2);
    return tf.grads(loss)([tf.tensor4d(x, [1, 3, 3, 1]), tf.tensor4d(w, [2, 2, 1, 1])]);
  });
  try {
    const found = [...(await gradients[0].data()), ...(await gradients[1].data())];
    const wrong = [...dx, ...dw].findIndex((value, i) => !(Math.abs(found[i] - value) < 1e-2));
    if (wrong >= 0) {
      const expected = [...dx, ...dw][wrong];
      throw new CourseError(`computes wrong: a gradient is ${found[wrong]} and should be ${expected}`);
    }
  } finally {
    tf.dispose(gradients);
  }
}
