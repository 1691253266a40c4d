import { type Activate, commonActivations } from './composed-activations';
import type { NetworkWeight } from './network';
import type { OnnxBuilder } from './onnx-builder';
import type { Activation, Operation, OperationKind, OperationOf, Sliding } from './operations';

/**
 * Adds what `operation` is in ONNX to `graph`, under its name. Images are [batch, channels, height, width] there,
 * kernels [out, in, height, width].
 */
export function addOperation<K extends OperationKind>(operation: OperationOf<K>, graph: OnnxBuilder): void {
  writers[operation.kind](operation, graph);
}

type Writers = { readonly [K in OperationKind]: (operation: OperationOf<K>, graph: OnnxBuilder) => void };

const writers: Writers = {
  scale: (operation, graph) => perChannel('Mul', { operation, values: operation.factor, graph }),
  shift: (operation, graph) => perChannel('Add', { operation, values: operation.offset, graph }),
  convolution: ({ kernel, ...operation }, graph) =>
    convolve(operation, { kernel: permuted(kernel, [3, 2, 0, 1]), groups: 1, graph }),
  depthwise: ({ kernel, ...operation }, graph) => {
    const [height, width, channels, multiplier] = kernel.shape;
    const { data } = permuted(kernel, [2, 3, 0, 1]);
    const shape = [channels * multiplier, 1, height, width];
    convolve(operation, { kernel: { shape, data }, groups: channels, graph });
  },
  batchNorm: ({ name, inputs, gamma, beta, mean, variance, epsilon }, graph) => {
    const weights = [
      graph.floats(`${name}/gamma`, gamma),
      graph.floats(`${name}/beta`, beta),
      graph.floats(`${name}/mean`, mean),
      graph.floats(`${name}/variance`, variance),
    ];
    const attributes = { epsilon: { float: epsilon } };
    graph.node('BatchNormalization', [...inputs, ...weights], { name, attributes });
  },
  activation: ({ name, inputs, function: kind }, graph) => activate[kind](inputs[0], { name, graph }),
  leakyRelu: ({ name, inputs, alpha }, graph) =>
    graph.node('LeakyRelu', inputs, { name, attributes: { alpha: { float: alpha } } }),
  softmax: ({ name, inputs }, graph) => graph.node('Softmax', inputs, { name, attributes: { axis: 1 } }),
  pool: ({ name, inputs, inputShape, function: kind, size, ...sliding }, graph) => {
    const pads = padsOf(sliding, { size, inputShape });
    const attributes = { kernel_shape: size, strides: sliding.strides, pads };
    graph.node(kind === 'max' ? 'MaxPool' : 'AveragePool', inputs, { name, attributes });
  },
  globalPool: ({ name, inputs, function: kind }, graph) => {
    const op = kind === 'max' ? 'GlobalMaxPool' : 'GlobalAveragePool';
    const pooled = graph.node(op, inputs, { name: `${name}/pooled` }); // [batch, channels, 1, 1]
    graph.node('Flatten', [pooled], { name });
  },
  pad: ({ name, inputs, padding: [[top, bottom], [left, right]] }, graph) => {
    const pads = graph.integers(`${name}/pads`, [0, 0, top, left, 0, 0, bottom, right]);
    graph.node('Pad', [...inputs, pads], { name });
  },
  reshape,
  dense: ({ name, inputs, kernel, bias }, graph) => {
    const weights = graph.floats(`${name}/kernel`, kernel.data, { shape: kernel.shape });
    if (bias) graph.node('Gemm', [...inputs, weights, graph.floats(`${name}/bias`, bias)], { name });
    else graph.node('MatMul', [...inputs, weights], { name });
  },
  merge: ({ name, inputs, function: kind }, graph) => {
    inputs.reduce((a, b, i) =>
      graph.node(kind === 'add' ? 'Add' : 'Mul', [a, b], {
        name: i === inputs.length - 1 ? name : `${name}/${i}`,
      }),
    );
  },
  concatenate: ({ name, inputs }, graph) => graph.node('Concat', inputs, { name, attributes: { axis: 1 } }),
};

const activate: Readonly<Record<Activation, Activate>> = {
  ...commonActivations({ divide: 'Div', add: 'Add' }),
  relu6: (x, { name, graph }) =>
    graph.node('Clip', [x, graph.float(`${name}/min`, 0), graph.float(`${name}/max`, 6)], { name }),
};

/** One number for each channel, or one for all. */
function perChannel(
  op: 'Mul' | 'Add',
  {
    operation: { name, inputs, inputShape },
    values,
    graph,
  }: { readonly operation: Operation; readonly values: Float32Array; readonly graph: OnnxBuilder },
): void {
  const shape = inputShape.length === 3 ? [values.length, 1, 1] : [values.length];
  graph.node(op, [...inputs, graph.floats(`${name}/values`, values, { shape })], { name });
}

function convolve(
  { name, inputs, inputShape, bias, ...sliding }: Omit<OperationOf<'convolution' | 'depthwise'>, 'kernel'>,
  {
    kernel: { shape, data },
    groups,
    graph,
  }: { readonly kernel: NetworkWeight; readonly groups: number; readonly graph: OnnxBuilder },
): void {
  const size = shape.slice(2);
  const weights = [
    graph.floats(`${name}/kernel`, data, { shape }),
    ...(bias ? [graph.floats(`${name}/bias`, bias)] : []),
  ];
  const pads = padsOf(sliding, { size, inputShape });
  const attributes = { kernel_shape: size, strides: sliding.strides, pads, group: groups };
  graph.node('Conv', [...inputs, ...weights], { name, attributes });
}

/** The order of numbers is that of [height, width, channels], which matters unless one of the two is single. */
function reshape(
  { name, inputs, inputShape, outputShape }: OperationOf<'reshape'>,
  graph: OnnxBuilder,
): void {
  const isMixed = (shape: readonly number[]) => shape.length === 3 && shape[0] * shape[1] > 1 && shape[2] > 1;
  const x = isMixed(inputShape)
    ? graph.node('Transpose', inputs, { name: `${name}/channels_last`, attributes: { perm: [0, 2, 3, 1] } })
    : inputs[0];
  if (outputShape.length === 1) {
    graph.node('Flatten', [x], { name });
    return;
  }
  const [height, width, channels] = outputShape;
  const to = (shape: readonly number[]) => graph.integers(`${name}/shape`, [0, ...shape]); // 0 keeps the batch
  if (!isMixed(outputShape)) {
    graph.node('Reshape', [x, to([channels, height, width])], { name });
    return;
  }
  const reshaped = graph.node('Reshape', [x, to(outputShape)], { name: `${name}/reshaped` });
  graph.node('Transpose', [reshaped], { name, attributes: { perm: [0, 3, 1, 2] } });
}

/** How many pixels a window may reach over each edge: top, left, bottom, right. */
function padsOf(
  { strides, padding }: Sliding,
  { size, inputShape }: { readonly size: readonly number[]; readonly inputShape: readonly number[] },
): number[] {
  if (padding === 'valid') return [0, 0, 0, 0];
  const [[top, bottom], [left, right]] = strides.map((stride, i) => {
    const total = Math.max(0, (Math.ceil(inputShape[i] / stride) - 1) * stride + size[i] - inputShape[i]);
    return [Math.floor(total / 2), Math.ceil(total / 2)];
  });
  return [top, left, bottom, right];
}

/** A weight with its axes in another order: the i-th is the one that was at `order[i]`. */
function permuted({ shape, data }: NetworkWeight, order: readonly number[]): NetworkWeight {
  const strideOf = (axis: number) => shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const [a, b, c, d] = order.map((axis) => ({ size: shape[axis], stride: strideOf(axis) }));
  const values = new Float32Array(data.length);
  let to = 0;
  for (let i = 0; i < a.size; i++)
    for (let j = 0; j < b.size; j++)
      for (let k = 0; k < c.size; k++)
        for (let l = 0; l < d.size; l++)
          values[to++] = data[i * a.stride + j * b.stride + k * c.stride + l * d.stride];
  return { shape: order.map((axis) => shape[axis]), data: values };
}
