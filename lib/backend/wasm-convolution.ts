import * as tf from '@tensorflow/tfjs';
import { unwritten, valuesOf } from './wasm-heap';
import { type ConvAttributes, type ConvInfo, convInfo, padToFit, spreadOut } from './wasm-padding';

// Output pixels a product, to bound the memory that what was seen takes; 700 to 10,000 are as fast within 10 %.
const pixelsAtOnce = 4096;

/** The gradient with respect to the filter: what each tap of the filter saw, times dy, some images at a time. */
export function convolutionFilterGradient(
  { x, dy }: { x: tf.Tensor4D; dy: tf.Tensor4D },
  attributes: ConvAttributes,
): tf.Tensor {
  if (attributes.dataFormat === 'NCHW')
    throw new Error('Conv2DBackpropFilter on wasm: only NHWC, as in the forward kernel');
  const { filterShape } = attributes;
  const info = convInfo(x.shape, filterShape, attributes);
  const { batchSize, outHeight, outWidth, outChannels } = info;
  const images = Math.max(1, Math.floor(pixelsAtOnce / (outHeight * outWidth)));
  const padded = padToFit(x, info);
  const parts: tf.Tensor[] = [];
  for (let first = 0; first < batchSize; first += images) {
    const some = { first, count: Math.min(images, batchSize - first) };
    const seen = seenByTaps(padded, info, some);
    const dySome = imagesOf(dy, some).reshape([some.count * outHeight * outWidth, outChannels]);
    parts.push(tf.matMul(seen, dySome));
    tf.dispose([seen, dySome]);
  }
  return tf.addN(parts).reshape(filterShape);
}

/** The gradient with respect to the input: a convolution of dy, spread out by the strides, with the filter turned round. */
export function convolutionInputGradient(
  { dy, filter }: { dy: tf.Tensor4D; filter: tf.Tensor4D },
  attributes: ConvAttributes,
): tf.Tensor {
  const info = convInfo(attributes.inputShape, filter.shape, attributes);
  const turned = tf.reverse(filter, [0, 1]).transpose<tf.Tensor4D>([0, 1, 3, 2]);
  return tf.conv2d(spreadOut(dy, info), turned, 1, 'valid');
}

/** Which images of a batch. */
interface Some {
  readonly first: number;
  readonly count: number;
}

/** What each tap of the filter saw, pixel by pixel: `[filterHeight * filterWidth * inChannels, count * outHeight * outWidth]`. */
function seenByTaps(padded: tf.Tensor4D, info: ConvInfo, { first, count }: Some): tf.Tensor2D {
  const { filterHeight, filterWidth, inChannels, outHeight, outWidth } = info;
  const [, height, width] = padded.shape;
  const pixels = count * outHeight * outWidth;
  const seen = unwritten([filterHeight * filterWidth * inChannels, pixels]) as tf.Tensor2D;
  const [from, to] = valuesOf(padded, seen);
  const step = info.strideWidth * inChannels;
  // Row by row, since the few rows that a row of outputs sees stay in the processor's nearest cache.
  for (let row = 0; row < count * outHeight; row++) {
    const image = first + Math.floor(row / outHeight);
    const top = image * height + (row % outHeight) * info.strideHeight;
    let start = row * outWidth;
    for (let tapRow = 0; tapRow < filterHeight; tapRow++) {
      for (let tapColumn = 0; tapColumn < filterWidth; tapColumn++) {
        const left = (top + tapRow * info.dilationHeight) * width + tapColumn * info.dilationWidth;
        for (let channel = 0; channel < inChannels; channel++, start += pixels) {
          let pixel = left * inChannels + channel;
          let place = start;
          const end = start + outWidth;
          // Four at once: 1.5 times as fast as one.
          for (; place + 4 <= end; place += 4, pixel += 4 * step) {
            to[place] = from[pixel];
            to[place + 1] = from[pixel + step];
            to[place + 2] = from[pixel + 2 * step];
            to[place + 3] = from[pixel + 3 * step];
          }
          for (; place < end; place++, pixel += step) to[place] = from[pixel];
        }
      }
    }
  }
  return seen;
}

/** A copy of some images, without the package's copy of them all. */
function imagesOf(x: tf.Tensor4D, { first, count }: Some): tf.Tensor4D {
  const [batch, ...shape] = x.shape;
  const size = x.size / batch;
  const images = unwritten([count, ...shape]) as tf.Tensor4D;
  const [from, to] = valuesOf(x, images);
  to.set(from.subarray(first * size, (first + count) * size));
  return images;
}
