import { type Activate, commonActivations, elementwise } from './composed-activations';
import type { Activation, OperationKind, OperationOf, Sliding } from './operations';
import { type TensorflowBuilder, text } from './saved-model-builder';
import { dataType, type TensorflowAttribute } from './saved-model-proto';

/** Adds what `operation` is in TensorFlow to `graph`, under its name. */
export function addOperation<K extends OperationKind>(
  operation: OperationOf<K>,
  graph: TensorflowBuilder,
): void {
  writers[operation.kind](operation, graph);
}

type Writers = {
  readonly [K in OperationKind]: (operation: OperationOf<K>, graph: TensorflowBuilder) => void;
};

const writers: Writers = {
  scale: ({ name, inputs, factor }, graph) =>
    graph.node('Mul', [...inputs, graph.floats(`${name}/values`, factor)], { name }),
  shift: ({ name, inputs, offset }, graph) =>
    graph.node('AddV2', [...inputs, graph.floats(`${name}/values`, offset)], { name }),
  convolution: (operation, graph) =>
    weighted('Conv2D', { ...operation, attributes: slidingAttributes(operation), graph }),
  depthwise: (operation, graph) =>
    weighted('DepthwiseConv2dNative', { ...operation, attributes: slidingAttributes(operation), graph }),
  batchNorm: ({ name, inputs, gamma, beta, mean, variance, epsilon }, graph) => {
    const weights = [
      graph.floats(`${name}/gamma`, gamma),
      graph.floats(`${name}/beta`, beta),
      graph.floats(`${name}/mean`, mean),
      graph.floats(`${name}/variance`, variance),
    ];
    const attributes = { U: { type: dataType.float }, epsilon: { f: epsilon }, is_training: { b: false } };
    graph.node('FusedBatchNormV3', [...inputs, ...weights], { name, attributes });
  },
  activation: ({ name, inputs, function: kind }, graph) => activate[kind](inputs[0], { name, graph }),
  leakyRelu: ({ name, inputs, alpha }, graph) =>
    graph.node('LeakyRelu', inputs, { name, attributes: { alpha: { f: alpha } } }),
  softmax: ({ name, inputs }, graph) => graph.node('Softmax', inputs, { name }),
  pool: ({ name, inputs, function: kind, size, ...sliding }, graph) => {
    const attributes = { ksize: { list: { i: [1, ...size, 1] } }, ...slidingAttributes(sliding) };
    graph.node(kind === 'max' ? 'MaxPool' : 'AvgPool', inputs, { name, attributes });
  },
  globalPool: ({ name, inputs, function: kind }, graph) =>
    graph.node(kind === 'max' ? 'Max' : 'Mean', [...inputs, graph.integers(`${name}/axes`, [1, 2])], {
      name,
    }),
  pad: ({ name, inputs, padding }, graph) => {
    const sizes = [[0, 0], ...padding, [0, 0]];
    const paddings = graph.integers(`${name}/paddings`, sizes.flat(), { shape: [4, 2] });
    graph.node('Pad', [...inputs, paddings], { name });
  },
  reshape: ({ name, inputs, outputShape }, graph) =>
    graph.node('Reshape', [...inputs, graph.integers(`${name}/shape`, [-1, ...outputShape])], { name }),
  dense: (operation, graph) => weighted('MatMul', { ...operation, graph }),
  merge: ({ name, inputs, function: kind }, graph) => {
    inputs.reduce((a, b, i) =>
      graph.node(kind === 'add' ? 'AddV2' : 'Mul', [a, b], {
        name: i === inputs.length - 1 ? name : `${name}/${i}`,
      }),
    );
  },
  concatenate: ({ name, inputs }, graph) =>
    graph.node('ConcatV2', [...inputs, graph.integer(`${name}/axis`, -1)], {
      name,
      attributes: { N: { i: inputs.length } },
    }),
};

const activate: Readonly<Record<Activation, Activate>> = {
  ...commonActivations({ divide: 'RealDiv', add: 'AddV2' }),
  relu6: elementwise('Relu6'),
};

/** `op` of the input and the kernel, and the bias where there is one. */
function weighted(
  op: string,
  {
    name,
    inputs,
    kernel,
    bias,
    attributes,
    graph,
  }: Pick<OperationOf<'convolution' | 'depthwise' | 'dense'>, 'name' | 'inputs' | 'kernel' | 'bias'> & {
    readonly attributes?: Readonly<Record<string, TensorflowAttribute>>;
    readonly graph: TensorflowBuilder;
  },
): void {
  const weights = graph.floats(`${name}/kernel`, kernel.data, { shape: kernel.shape });
  const product = graph.node(op, [...inputs, weights], { name: bias ? `${name}/product` : name, attributes });
  if (bias) graph.node('BiasAdd', [product, graph.floats(`${name}/bias`, bias)], { name });
}

function slidingAttributes({ strides, padding }: Sliding): Readonly<Record<string, TensorflowAttribute>> {
  return { strides: { list: { i: [1, ...strides, 1] } }, padding: text(padding.toUpperCase()) };
}
