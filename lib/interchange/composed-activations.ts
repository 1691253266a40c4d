import type { Activation } from './operations';

/** What a graph of either format is built with; `node` and `float` answer the name of what they add. */
interface GraphBuilder {
  node(op: string, inputs: readonly string[], options: { readonly name: string }): string;
  float(name: string, value: number): string;
}

/** Adds an activation of `x`, under `name`. */
export type Activate = (x: string, to: { readonly name: string; readonly graph: GraphBuilder }) => void;

/** An activation that is one operator. */
export const elementwise =
  (op: string): Activate =>
  (x, { name, graph }) =>
    graph.node(op, [x], { name });

/** The activations that ONNX and TensorFlow have alike, but for the names of division and addition. */
export function commonActivations({
  divide,
  add,
}: {
  readonly divide: string;
  readonly add: string;
}): Readonly<Record<Exclude<Activation, 'relu6'>, Activate>> {
  return {
    relu: elementwise('Relu'),
    elu: elementwise('Elu'),
    selu: elementwise('Selu'),
    sigmoid: elementwise('Sigmoid'),
    tanh: elementwise('Tanh'),
    softplus: elementwise('Softplus'),
    softsign: elementwise('Softsign'),
    swish: (x, { name, graph }) => {
      const sigmoid = graph.node('Sigmoid', [x], { name: `${name}/sigmoid` });
      graph.node('Mul', [x, sigmoid], { name });
    },
    // x * (1 + erf(x / sqrt(2))) * 0.5. ONNX's opset 17 has no Gelu; from these five, in this order, ONNX Runtime makes its own.
    gelu: (x, { name, graph }) => {
      const sqrt2 = graph.float(`${name}/sqrt2`, Math.SQRT2);
      const scaled = graph.node(divide, [x, sqrt2], { name: `${name}/scaled` });
      const erf = graph.node('Erf', [scaled], { name: `${name}/erf` });
      const sum = graph.node(add, [erf, graph.float(`${name}/one`, 1)], { name: `${name}/sum` });
      const product = graph.node('Mul', [x, sum], { name: `${name}/product` });
      graph.node('Mul', [product, graph.float(`${name}/half`, 0.5)], { name });
    },
  };
}
