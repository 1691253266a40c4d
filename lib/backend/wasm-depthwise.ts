import * as tf from '@tensorflow/tfjs';
import { valuesOf } from './wasm-heap';
import { type ConvAttributes, convInfo, padToFit, spreadOut } from './wasm-padding';

/** The gradient of a depthwise convolution with respect to its filter. */
export function depthwiseFilterGradient(
  { x, dy }: { x: tf.Tensor4D; dy: tf.Tensor4D },
  attributes: ConvAttributes,
): tf.Tensor {
  const { filterShape } = attributes;
  const info = convInfo(x.shape, filterShape, { ...attributes, depthwise: true });
  const { batchSize, outHeight, outWidth, inChannels, strideHeight, strideWidth } = info;
  const [, , , multiplier] = filterShape;
  const padded = padToFit(x, info);
  const [, height, width] = padded.shape;
  const gradient = tf.zeros(filterShape);
  const [pixels, changes, sums] = valuesOf(padded, dy, gradient);
  for (let image = 0, from = 0; image < batchSize; image++) {
    for (let row = 0; row < outHeight; row++) {
      for (let column = 0; column < outWidth; column++, from += inChannels * multiplier) {
        for (let tapRow = 0, to = 0; tapRow < info.filterHeight; tapRow++) {
          const y = image * height + row * strideHeight + tapRow * info.dilationHeight;
          for (let tapColumn = 0; tapColumn < info.filterWidth; tapColumn++) {
            const pixel = (y * width + column * strideWidth + tapColumn * info.dilationWidth) * inChannels;
            for (let output = 0; output < inChannels * multiplier; output++, to++) {
              const channel = multiplier === 1 ? output : Math.floor(output / multiplier);
              sums[to] += pixels[pixel + channel] * changes[from + output];
            }
          }
        }
      }
    }
  }
  return gradient;
}

/** The gradient of a depthwise convolution with respect to its input: one of dy, spread out, with the filter turned round. */
export function depthwiseInputGradient(
  { dy, filter }: { dy: tf.Tensor4D; filter: tf.Tensor4D },
  attributes: ConvAttributes,
): tf.Tensor {
  const info = convInfo(attributes.inputShape, filter.shape, { ...attributes, depthwise: true });
  const [filterHeight, filterWidth, channels, multiplier] = filter.shape;
  const spread = spreadOut(dy, info);
  const turned = tf.reverse(filter, [0, 1]);
  const parts = Array.from({ length: multiplier }, (_, m) => {
    const ofMultiplier = multiplier === 1 ? spread : everyNth(spread, multiplier, m);
    const oneFilter = turned.slice([0, 0, 0, m], [filterHeight, filterWidth, channels, 1]) as tf.Tensor4D;
    return tf.depthwiseConv2d(ofMultiplier, oneFilter, 1, 'valid', 'NHWC', [
      info.dilationHeight,
      info.dilationWidth,
    ]);
  });
  return tf.addN(parts);
}

/** Of channels that come in groups of `n`, the one at `offset` of each group. */
function everyNth(x: tf.Tensor4D, n: number, offset: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  return x
    .reshape([batch * height * width, channels / n, n])
    .slice([0, 0, offset], [batch * height * width, channels / n, 1])
    .reshape<tf.Tensor4D>([batch, height, width, channels / n]);
}
