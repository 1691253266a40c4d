import { type Attribute, attribute, DataType, type Graph, type Output, ofFloats } from './graph';

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
      if (floats && isBias(b, a)) return [graph.one('BiasAdd', [a, b], { attributes: channelsLast })];
      if (floats && isBias(a, b)) return [graph.one('BiasAdd', [b, a], { attributes: channelsLast })];
      return graph.add('AddV2', inputs, { attributes });
    case 'Sum': {
      const outputs = graph.add(op, inputs, { attributes });
      const [{ shape }] = outputs;
      const overAllButLast = a.shape.length >= 2 && shape.length === 1 && b.shape[0] === a.shape.length - 1;
      if (!floats || !overAllButLast || !lastAxisIsKept(graph, b, a.shape.length)) return outputs;
      return [graph.one('BiasAddGrad', [a], { attributes: channelsLast })];
    }
    case 'BatchMatMulV2':
      if (!floats || a.shape.length !== 2 || b.shape.length !== 2) break;
      return [matMul(graph, a, b, attributes)];
  }
  return graph.add(op, inputs, { attributes });
}

const channelsLast = [...ofFloats, attribute.string('data_format', 'NHWC')];

function isBias(b: Output, x: Output): boolean {
  return x.shape.length >= 2 && b.shape.length === 1 && b.shape[0] === x.shape[x.shape.length - 1];
}

/** Whether `axes` are 0 to rank - 2, the constant that a sum over all but the channels has. */
function lastAxisIsKept(graph: Graph, axes: Output, rank: number): boolean {
  return axes.ref === graph.integers(Array.from({ length: rank - 1 }, (_, axis) => axis)).ref;
}

function matMul(graph: Graph, a: Output, b: Output, attributes: readonly Attribute[]): Output {
  const flag = (name: string) => attributes.find((each) => each.name === name)?.value === true;
  const transposed = [
    attribute.bool('transpose_a', flag('adj_x')),
    attribute.bool('transpose_b', flag('adj_y')),
  ];
  return graph.one('MatMul', [a, b], { attributes: [...ofFloats, ...transposed] });
}
