import * as tf from '@tensorflow/tfjs';

/**
 * How often a network looks at an image before it answers: `single`, as it is; `mirrored`, also mirrored; or
 * `mirroredAndShifted`, both also moved by a pixel up and left, and down and right, which count half. Jordan 2024,
 * https://arxiv.org/abs/2404.00498, section 3.5.
 */
export type Views = (typeof viewNames)[number];

export const viewNames = ['single', 'mirrored', 'mirroredAndShifted'] as const;

/**
 * The mean of the model's outputs, [batch, numClasses], over several views of `xs`, [batch, height, width, channels].
 * What comes in at the edges is the mirrored image.
 */
export function applyViews(model: tf.LayersModel, xs: tf.Tensor4D, views: Views = 'single'): tf.Tensor2D {
  const look = (images: tf.Tensor4D) => model.apply(images) as tf.Tensor2D;
  return tf.tidy(() => {
    if (views === 'single') return look(xs);
    const both = (images: tf.Tensor4D) =>
      tf.mul<tf.Tensor2D>(tf.add(look(images), look(tf.reverse(images, 2))), 0.5);
    if (views === 'mirrored') return both(xs);
    const [batch, height, width, channels] = xs.shape;
    const padded = tf.mirrorPad(
      xs,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    ) as tf.Tensor4D;
    const from = (start: number) => tf.slice(padded, [0, start, start, 0], [batch, height, width, channels]);
    const shifted = tf.mul(tf.add(both(from(0)), both(from(2))), 0.5);
    return tf.mul(tf.add(both(xs), shifted), 0.5) as tf.Tensor2D;
  });
}
