import * as tf from '@tensorflow/tfjs';
import { unwritten, valuesOf } from './wasm-heap';

/** How the kernel of a pooling is told what to do. */
export interface PoolAttributes {
  filterSize: [number, number];
  strides: [number, number];
  pad: Parameters<typeof tf.backend_util.computePool2DInfo>[4];
  dimRoundingMode: 'floor' | 'round' | 'ceil';
}

/** The gradient of max pooling: dy goes to the first place in its window that holds the largest value, as in TensorFlow. */
export function maxPoolGradient(
  { dy, input, output }: { dy: tf.Tensor4D; input: tf.Tensor4D; output: tf.Tensor4D },
  { filterSize, strides, pad, dimRoundingMode }: PoolAttributes,
): tf.Tensor {
  const info = tf.backend_util.computePool2DInfo(input.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { inHeight, inWidth, outHeight, outWidth, inChannels: channels } = info;
  const dx = unwritten(input.shape);
  const [changes, values, largest, to] = valuesOf(dy, input, output, dx);
  to.fill(0);
  const taps = new Int32Array(info.filterHeight * info.filterWidth);
  let place = 0;
  for (let image = 0; image < info.batchSize; image++) {
    for (let outRow = 0; outRow < outHeight; outRow++) {
      const top = outRow * info.strideHeight - info.padInfo.top;
      const bottom = Math.min(inHeight, top + info.filterHeight);
      for (let outColumn = 0; outColumn < outWidth; outColumn++) {
        const left = outColumn * info.strideWidth - info.padInfo.left;
        const right = Math.min(inWidth, left + info.filterWidth);
        let numTaps = 0;
        for (let row = Math.max(0, top); row < bottom; row++) {
          for (let column = Math.max(0, left); column < right; column++)
            taps[numTaps++] = ((image * inHeight + row) * inWidth + column) * channels;
        }
        for (let channel = 0; channel < channels; channel++, place++) {
          let found = -1;
          // From the last tap to the first, and with arithmetic for `if`: which tap is the largest cannot be predicted.
          for (let tap = numTaps - 1; tap >= 0; tap--) {
            const at = taps[tap] + channel;
            const isLargest = 0 - Number(values[at] === largest[place]); // as bits all 1, or all 0
            found = (at & isLargest) | (found & ~isLargest);
          }
          if (found >= 0) to[found] += changes[place];
        }
      }
    }
  }
  return dx;
}
