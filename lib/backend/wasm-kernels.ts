import * as tf from '@tensorflow/tfjs';

/**
 * Registers what `tfjs-backend-wasm` 4.22 lacks to train a network: the gradients of convolutions, and the gradient of
 * `gather`. Each is composed from kernels that it has. Its gradient of max pooling is mended. Calling it again changes
 * nothing.
 */
export function registerTrainingKernels(): void {
  mendMaxPoolGrad();
  for (const [kernelName, compute] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, 'wasm')) continue;
    tf.registerKernel({
      kernelName,
      backendName: 'wasm',
      kernelFunc: ({ inputs, attrs }) =>
        tf.tidy(() => compute(inputs as Inputs, attrs as object as Attributes)),
    });
  }
}

/**
 * The package's own gradient of max pooling passes nothing to windows whose largest value is 0 or less, as behind a
 * batch norm; so it gets its input moved above 0. Moving may make two values equal that differ in the last digit.
 */
function mendMaxPoolGrad(): void {
  const original = tf.getKernel('MaxPoolGrad', 'wasm');
  if (!original || original.kernelFunc.name === 'mendedMaxPoolGrad') return;
  const tiny = 1e-30; // above 0, and nothing to values such as 0.1
  const mendedMaxPoolGrad: tf.KernelFunc = ({ inputs, attrs, backend }) => {
    const input = inputs.input as tf.Tensor;
    const positive = tf.tidy(() => input.sub(tf.minimum(input.min(), 0)).add(tiny));
    const dx = original.kernelFunc({ inputs: { ...inputs, input: positive }, attrs, backend });
    positive.dispose();
    return dx;
  };
  tf.unregisterKernel('MaxPoolGrad', 'wasm');
  tf.registerKernel({ ...original, kernelFunc: mendedMaxPoolGrad });
}

// What the kernels are called with: the engine hands over real tensors, although the types promise less.
type Inputs = Record<string, tf.Tensor>;
interface Attributes {
  strides: [number, number];
  dilations: [number, number];
  pad: Parameters<typeof tf.backend_util.computeConv2DInfo>[4];
  dimRoundingMode: 'floor' | 'round' | 'ceil';
  dataFormat: 'NHWC' | 'NCHW';
  filterShape: [number, number, number, number];
  inputShape: [number, number, number, number];
  numSegments: number;
}

const kernels: Record<string, (inputs: Inputs, attributes: Attributes) => tf.Tensor> = {
  Conv2DBackpropFilter: ({ x, dy }, { strides, pad, dimRoundingMode, dataFormat, filterShape }) => {
    if (dataFormat === 'NCHW')
      throw new Error('Conv2DBackpropFilter on wasm: only NHWC, as in the forward kernel');
    const info = convInfo(x.shape, filterShape, { strides, pad, dimRoundingMode });
    const [, , inChannels, outChannels] = filterShape;
    const positions = info.batchSize * info.outHeight * info.outWidth;
    const dyFlat = dy.reshape([positions, outChannels]);
    // One product a tap of the kernel: what the tap saw, [inChannels, positions], times dy, [positions, outChannels].
    const taps = tapsOf(x as tf.Tensor4D, info).map((seen) =>
      tf.matMul(seen.reshape([positions, inChannels]).transpose(), dyFlat),
    );
    return tf.stack(taps).reshape(filterShape);
  },

  DepthwiseConv2dNativeBackpropFilter: (
    { x, dy },
    { strides, dilations, pad, dimRoundingMode, filterShape },
  ) => {
    const info = convInfo(x.shape, filterShape, {
      strides,
      dilations,
      pad,
      dimRoundingMode,
      depthwise: true,
    });
    const [, , channels, multiplier] = filterShape;
    const outputs = [info.batchSize * info.outHeight * info.outWidth, channels, multiplier];
    const dyPerChannel = dy.reshape(outputs);
    const taps = tapsOf(x as tf.Tensor4D, info).map((seen) =>
      seen.reshape([outputs[0], channels, 1]).mul(dyPerChannel).sum(0),
    );
    return tf.stack(taps).reshape(filterShape);
  },

  // A depthwise convolution of dy, spread out by the strides, with the filter turned round.
  DepthwiseConv2dNativeBackpropInput: (
    { dy, filter },
    { strides, dilations, pad, dimRoundingMode, inputShape },
  ) => {
    const filterShape = filter.shape as [number, number, number, number];
    const info = convInfo(inputShape, filterShape, {
      strides,
      dilations,
      pad,
      dimRoundingMode,
      depthwise: true,
    });
    const [filterHeight, filterWidth, channels, multiplier] = filterShape;
    const spread = spreadOut(dy as tf.Tensor4D, info);
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
  },

  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) => {
    const rows = segmentIds.size;
    const picks = tf.oneHot(segmentIds.flatten().toInt(), numSegments).toFloat(); // [rows, numSegments]
    const sums = tf.matMul(picks.transpose(), x.reshape([rows, x.size / rows]));
    return sums.reshape([numSegments, ...x.shape.slice(segmentIds.rank)]);
  },
};

type ConvInfo = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

function convInfo(
  inputShape: readonly number[],
  filterShape: [number, number, number, number],
  options: Pick<Attributes, 'strides' | 'pad' | 'dimRoundingMode'> & {
    dilations?: [number, number];
    depthwise?: boolean;
  },
): ConvInfo {
  const { strides, dilations = [1, 1], pad, dimRoundingMode, depthwise } = options;
  const shape = inputShape as [number, number, number, number];
  return tf.backend_util.computeConv2DInfo(
    shape,
    filterShape,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

/** For each tap of the kernel, row by row, the pixels it saw: `[batch, outHeight, outWidth, channels]`. */
function tapsOf(x: tf.Tensor4D, info: ConvInfo): tf.Tensor4D[] {
  const { batchSize, outHeight, outWidth, inChannels, strideHeight, strideWidth } = info;
  const { top, left } = info.padInfo;
  const height = (outHeight - 1) * strideHeight + 1;
  const width = (outWidth - 1) * strideWidth + 1;
  const padded = resize(x, [
    [top, height + info.effectiveFilterHeight - 1],
    [left, width + info.effectiveFilterWidth - 1],
  ]);
  const taps: tf.Tensor4D[] = [];
  for (let row = 0; row < info.filterHeight; row++) {
    for (let column = 0; column < info.filterWidth; column++) {
      const begin = [0, row * info.dilationHeight, column * info.dilationWidth, 0];
      const seen = padded.slice(begin, [batchSize, height, width, inChannels]);
      const everyStride = [1, strideHeight, strideWidth, 1];
      taps.push(
        strideHeight === 1 && strideWidth === 1
          ? seen
          : (seen.stridedSlice([0, 0, 0, 0], seen.shape, everyStride) as tf.Tensor4D),
      );
    }
  }
  return taps;
}

/** dy with zeros between its pixels, as far apart as the strides, and around it, so that a `valid` pass fits the input. */
function spreadOut(dy: tf.Tensor4D, info: ConvInfo): tf.Tensor4D {
  const { batchSize, outHeight, outWidth, outChannels, strideHeight, strideWidth } = info;
  const between: [number, number][] = [
    [0, 0],
    [0, 0],
    [0, strideHeight - 1],
    [0, 0],
    [0, strideWidth - 1],
    [0, 0],
  ];
  const apart = dy
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
  const padded = zeros.flat().some((count) => count > 0) ? x.pad(zeros) : x;
  const begin = [0, Math.max(0, -top), Math.max(0, -left), 0];
  return padded.slice(begin, [batch, height, width, channels]) as tf.Tensor4D;
}

/** Of channels that come in groups of `n`, the one at `offset` of each group. */
function everyNth(x: tf.Tensor4D, n: number, offset: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  return x
    .reshape([batch * height * width, channels / n, n])
    .slice([0, 0, offset], [batch * height * width, channels / n, 1])
    .reshape<tf.Tensor4D>([batch, height, width, channels / n]);
}
