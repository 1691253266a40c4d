import * as tf from '@tensorflow/tfjs';

/** How a kernel of a convolution is told what to do. */
export interface ConvAttributes {
  strides: [number, number];
  dilations: [number, number];
  pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  dimRoundingMode: 'floor' | 'round' | 'ceil';
  dataFormat: 'NHWC' | 'NCHW';
  filterShape: [number, number, number, number];
  inputShape: [number, number, number, number];
}

/** The sizes of a convolution, all told. */
export type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** Works out all sizes of a channels-last convolution. */
export function convInfo(
  inputShape: [number, number, number, number],
  filterShape: [number, number, number, number],
  options: Pick<ConvAttributes, 'strides' | 'pad' | 'dimRoundingMode'> & {
    dilations?: [number, number];
    depthwise?: boolean;
  },
): ConvInfo {
  const { strides, dilations = [1, 1], pad, dimRoundingMode, depthwise } = options;
  return tf.backend_util.computeConv2DInfo(
    inputShape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

/** The input with the zeros round it that its taps see. */
export function padToFit(x: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const { top, left } = info.padInfo;
  const height = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight;
  const width = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth;
  return resize(x, [
    [top, Math.max(height, top + info.inHeight)],
    [left, Math.max(width, left + info.inWidth)],
  ]);
}

/** dy with zeros between its pixels, as far apart as the strides, and around it, so that a `valid` pass fits the input. */
export function spreadOut(dy: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const { batchSize, outHeight, outWidth, outChannels, strideHeight, strideWidth } = info;
  const between: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
    [0, strideWidth - 1],
    [0, 0],
  ];
  const apart =
    strideHeight * strideWidth === 1
      ? dy
      : dy
          .reshape([batchSize, outHeight, 1, outWidth, 1, outChannels])
          .pad(between)
          .reshape<tf.Tensor4D>([batchSize, outHeight * strideHeight, outWidth * strideWidth, outChannels]);
  return resize(apart, [
    [info.effectiveFilterHeight - 1 - info.padInfo.top, info.inHeight + info.effectiveFilterHeight - 1],
    [info.effectiveFilterWidth - 1 - info.padInfo.left, info.inWidth + info.effectiveFilterWidth - 1],
  ]);
}

/** Zeros before (or, where negative, a cut) and then zeros after or a cut, up to the length: `[before, length]` of height and width. */
function resize(
  x: tf.Tensor4D,
  [[top, height], [left, width]]: [[number, number], [number, number]],
): tf.Tensor4D {
  const [batch, inHeight, inWidth, channels] = x.shape;
  const bottom = height - inHeight - top;
  const right = width - inWidth - left;
  const zeros: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ].map(([before, after]) => [Math.max(0, before), Math.max(0, after)]);
  const padded = zeros.flat().some((count) => count > 0) ? (x.pad(zeros) as tf.Tensor4D) : x;
  if (top >= 0 && bottom >= 0 && left >= 0 && right >= 0) return padded;
  const begin = [0, Math.max(0, -top), Math.max(0, -left), 0];
  return padded.slice(begin, [batch, height, width, channels]) as tf.Tensor4D;
}
