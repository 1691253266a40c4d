import { addConvolution } from './convolutions';
import { type Attribute, attribute, DataType, type Graph, type Node, type Output, ofFloats } from './graph';

/**
 * Adds an operation as tfjs-node asks for it, in the form that TensorFlow computes fastest: a reshape to the same shape
 * is nothing, adding a bias is `BiasAdd`, its gradient `BiasAddGrad`, and a product of two matrices `MatMul`. The results
 * are the same numbers but for the order of sums.
 */
export function addSimplified(
  graph: Graph,
  op: string,
  inputs: readonly Output[],
  attributes: readonly Attribute[],
): Output[] {
  const [a, b] = inputs;
  const floats = a?.dtype === DataType.float32;
  switch (op) {
    case 'Reshape': {
      const outputs = graph.add(op, inputs, { attributes });
      return String(outputs[0].shape) === String(a.shape) ? [a] : outputs;
    }
    case 'Add':
      if (floats && isBias(b, a)) return addFast(graph, 'BiasAdd', [a, b], channelsLast);
      if (floats && isBias(a, b)) return addFast(graph, 'BiasAdd', [b, a], channelsLast);
      return graph.add('AddV2', inputs, { attributes });
    case 'Sum': {
      const outputs = graph.add(op, inputs, { attributes });
      const [{ shape }] = outputs;
      const overAllButLast = a.shape.length >= 2 && shape.length === 1 && b.shape[0] === a.shape.length - 1;
      if (!floats || !overAllButLast || !lastAxisIsKept(graph, b, a.shape.length)) return outputs;
      // Max pooling hands each gradient on to one place, so that sums are the same before it.
      const pooling = graph.madeBy(a.ref);
      const summed = pooling?.op === 'MaxPoolGrad' ? pooling.inputs[2] : a;
      return [graph.one('BiasAddGrad', [summed], { attributes: channelsLast })];
    }
    case 'ReluGrad': {
      // Behind max pooling, ReLU may as well be looked at where the largest values went: fewer numbers, the same result.
      const pooling = graph.madeBy(a.ref);
      if (pooling?.op !== 'MaxPoolGrad' || pooling.inputs[0] !== b.ref) break;
      const [input, output, dy] = pooling.inputs;
      const masked = graph.one('ReluGrad', [dy, output], { attributes });
      return [graph.one('MaxPoolGrad', [input, output, masked], { attributes: pooling.attributes })];
    }
    case 'FusedBatchNorm': {
      const folded = foldIntoConvolution(graph, inputs, attributes);
      if (folded) return [folded];
      break;
    }
    case 'Relu': {
      const reordered = reluBeforePooling(graph, a, attributes);
      if (reordered) return [reordered];
      break;
    }
    case 'BatchMatMulV2':
      if (floats && isMatrix(a) && isMatrix(b)) return [matMul(graph, a, b, attributes)];
  }
  return addFast(graph, op, inputs, attributes);
}

/** Adds an operation as it is, or as one of our own. */
function addFast(
  graph: Graph,
  op: string,
  inputs: readonly Output[],
  attributes: readonly Attribute[],
): Output[] {
  const fast = addConvolution(graph, op, inputs, attributes);
  return fast ? [fast] : graph.add(op, inputs, { attributes });
}

const channelsLast = [...ofFloats, attribute.string('data_format', 'NHWC')];

function isBias(b: Output, x: Output): boolean {
  return x.shape.length >= 2 && b.shape.length === 1 && b.shape[0] === x.shape[x.shape.length - 1];
}

/** Whether `axes` are 0 to rank - 2, the constant that a sum over all but the channels has. */
function lastAxisIsKept(graph: Graph, axes: Output, rank: number): boolean {
  return axes.ref === graph.integers(Array.from({ length: rank - 1 }, (_, axis) => axis)).ref;
}

/**
 * Batch normalization by running statistics is one factor and one offset a channel: with constant weights they go into the
 * convolution before it, once, when TensorFlow prepares the graph. Also through max pooling, where no factor is negative.
 */
function foldIntoConvolution(
  graph: Graph,
  [x, scale, offset, mean, variance]: readonly Output[],
  attributes: readonly Attribute[],
): Output | undefined {
  const pooling = pooledBy(graph, x.ref);
  const convolution = convolutionBehind(graph, pooling?.inputs[0] ?? x.ref);
  if (!convolution || (pooling && !isNowhereNegative(graph, scale))) return undefined;
  const { input, filter, bias = graph.scalar(0) } = convolution;
  const compute = (op: string, ...operands: (Output | string)[]) =>
    graph.one(op, operands, { attributes: ofFloats });
  const epsilon = attributes.find(({ name }) => name === 'epsilon')?.value as number;
  const factor = compute(
    'RealDiv',
    scale,
    compute('Sqrt', compute('AddV2', variance, graph.scalar(epsilon))),
  );
  const inputs = [graph.output(input), compute('Mul', filter, factor)];
  const [scaled] = addFast(graph, 'Conv2D', inputs, convolution.attributes);
  const shifted = compute('AddV2', compute('Mul', compute('Sub', bias, mean), factor), offset);
  const [normalized] = addFast(graph, 'BiasAdd', [scaled, shifted], channelsLast);
  return pooling ? graph.one('MaxPool', [normalized], { attributes: pooling.attributes }) : normalized;
}

/** The largest of some numbers, or 0, is the largest of them and of 0; TensorFlow computes ReLU with the convolution. */
function reluBeforePooling(graph: Graph, x: Output, attributes: readonly Attribute[]): Output | undefined {
  const pooling = pooledBy(graph, x.ref);
  if (!pooling || !convolutionBehind(graph, pooling.inputs[0])) return undefined;
  const [relu] = addFast(graph, 'Relu', [graph.output(pooling.inputs[0])], attributes);
  return addFast(graph, 'MaxPool', [relu], pooling.attributes)[0];
}

function pooledBy(graph: Graph, ref: string): Node | undefined {
  const node = graph.madeBy(ref);
  return node?.op === 'MaxPool' ? node : undefined;
}

interface Convolution {
  readonly input: string;
  readonly filter: string;
  readonly bias?: string;
  readonly attributes: readonly Attribute[];
}

/** The convolution that makes `ref`, perhaps with a bias, where its weights are constants. */
function convolutionBehind(graph: Graph, ref: string): Convolution | undefined {
  const last = graph.madeBy(ref);
  const [sum, bias] = last?.op === 'BiasAdd' ? last.inputs : [ref];
  const node = graph.madeBy(sum);
  if (node?.op !== 'Conv2D') return undefined;
  const [input, filter] = node.inputs;
  return isConstant(graph, filter) ? { input, filter, bias, attributes: node.attributes } : undefined;
}

function isConstant(graph: Graph, ref: string): boolean {
  const node = graph.madeBy(ref);
  if (node?.op === 'Const') return true;
  return (
    ['Mul', 'RealDiv', 'Sqrt', 'AddV2'].includes(node?.op ?? '') &&
    (node?.inputs.every((input) => isConstant(graph, input)) ?? false)
  );
}

function isNowhereNegative(graph: Graph, { ref }: Output): boolean {
  const value = graph.madeBy(ref)?.attributes.find(({ name }) => name === 'value')?.value;
  return typeof value === 'object' && 'data' in value && value.data.every((each) => each >= 0);
}

/** Also as a batch of one matrix, which tfjs makes of it in dense layers. */
function isMatrix({ shape }: Output): boolean {
  return shape.length === 2 || (shape.length === 3 && shape[0] === 1);
}

function matMul(graph: Graph, a: Output, b: Output, attributes: readonly Attribute[]): Output {
  const flag = (name: string) => attributes.find((each) => each.name === name)?.value === true;
  const reshape = (x: Output, shape: readonly number[]) =>
    x.shape.length === shape.length ? x : graph.one('Reshape', [x, graph.integers(shape)]);
  const transposed = [
    attribute.bool('transpose_a', flag('adj_x')),
    attribute.bool('transpose_b', flag('adj_y')),
  ];
  const matrices = [a, b].map((x) => reshape(x, x.shape.slice(-2)));
  const product = graph.one('MatMul', matrices, { attributes: [...ofFloats, ...transposed] });
  const isBatch = a.shape.length === 3 || b.shape.length === 3;
  return isBatch ? reshape(product, [1, ...product.shape]) : product;
}
