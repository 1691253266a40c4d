import { CourseError } from '../errors';
import { type FeatureOrder, featureOrders } from './feature-order';
import { shown } from './layer-kinds';
import type { NetworkOutline } from './network-outline';
import { moduleNames } from './torch-names';

/** A weight of a layer as PyTorch names it and lays it out. */
export interface TorchTensor {
  /** The layer's name and PyTorch's for the weight, such as `conv1.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The layer's own name for the weight, such as `kernel`. */
  readonly weight: string;
  /** The weight's shape in TensorFlow. */
  readonly sizes: readonly number[];
  /** Which of its axes comes first, second and so on in PyTorch. */
  readonly axes: readonly number[];
  /** Behind flattened images: which place along the weight's first axis comes first, second and so on in PyTorch. */
  readonly features?: FeatureOrder;
}

/** PyTorch's name for a weight, and the order of TensorFlow's axes in it. */
type Layout = readonly [name: string, axes: readonly number[]];

const bias: Layout = ['bias', [0]];
const kernel: Layout = ['weight', [3, 2, 0, 1]]; // [height, width, in, out] -> [out, in, height, width]
const depthwise: readonly number[] = [2, 3, 0, 1]; // [height, width, in, multiplier]; the first two are joined

/** By the kind of layer and its name for the weight. */
const layouts: Readonly<Record<string, Readonly<Record<string, Layout>>>> = {
  Conv2D: { kernel, bias },
  Conv2DTranspose: { kernel, bias }, // [height, width, out, in] -> [in, out, height, width]
  DepthwiseConv2D: { depthwise_kernel: ['weight', depthwise], bias },
  SeparableConv2D: {
    depthwise_kernel: ['depthwise.weight', depthwise],
    pointwise_kernel: ['pointwise.weight', kernel[1]],
    bias: ['pointwise.bias', [0]],
  },
  Dense: { kernel: ['weight', [1, 0]], bias },
  BatchNormalization: {
    gamma: ['weight', [0]],
    beta: bias,
    moving_mean: ['running_mean', [0]],
    moving_variance: ['running_var', [0]],
  },
  LayerNormalization: { gamma: ['weight', [0]], beta: bias },
};

/**
 * The weights of each layer of `network` as the state_dict of a PyTorch module has them: a convolution's kernel is [out, in, height,
 * width], that of a depthwise one [in * multiplier, 1, height, width], a dense layer's [out, in]. A layer that nobody gave
 * a name is called by its kind and number, such as `conv1` or `dense2`.
 *
 * `nn.Flatten` takes images channel by channel, TensorFlow pixel by pixel. The weights behind a Flatten are therefore
 * in PyTorch's order, so that a module with `nn.Flatten` needs no permutation.
 * @throws CourseError for weights that have no counterpart in PyTorch.
 */
export function torchTensors(network: NetworkOutline): readonly (readonly TorchTensor[])[] {
  const modules = moduleNames(network);
  const orders = featureOrders(network);
  return network.layers.map((layer) =>
    Object.entries(layer.weights).map(([weight, sizes]) => {
      const layout = own(own(layouts, layer.className), weight);
      if (!layout || sizes.length !== layout[1].length)
        throw new CourseError(
          `layer ${shown(layer.name)}: PyTorch has no counterpart for the ${shown(weight)} of a ${shown(layer.className)}`,
        );
      const [name, axes] = layout;
      const ordered = axes.map((axis) => sizes[axis]);
      const shape = axes === depthwise ? [ordered[0] * ordered[1], 1, ...ordered.slice(2)] : ordered;
      const order = orders.get(layer.inputs[0]);
      const features = order?.length === sizes[0] ? order : undefined;
      return { name: `${modules.get(layer.name)}.${name}`, shape, weight, sizes, axes, features };
    }),
  );
}

/** The weight's numbers in PyTorch's order. */
export function toTorch(data: Float32Array, { sizes, axes, features }: TorchTensor): Float32Array {
  const rows = features ? moveRows(data, features, { back: false }) : data;
  return transpose(rows, sizes, axes);
}

/** The other way round. */
export function fromTorch(data: Float32Array, { sizes, axes, features }: TorchTensor): Float32Array {
  const inOrder = axes.map((axis) => sizes[axis]);
  const rows = transpose(
    data,
    inOrder,
    sizes.map((_, axis) => axes.indexOf(axis)),
  );
  return features ? moveRows(rows, features, { back: true }) : rows;
}

/** Row-major numbers, their axes put in the order of `axes`. */
function transpose(data: Float32Array, sizes: readonly number[], axes: readonly number[]): Float32Array {
  const strides = sizes.map((_, axis) => product(sizes.slice(axis + 1)));
  const result = new Float32Array(data.length);
  let next = 0;
  const visit = (depth: number, from: number) => {
    const [size, stride] = [sizes[axes[depth]], strides[axes[depth]]];
    for (let i = 0; i < size; i++) {
      if (depth + 1 < axes.length) visit(depth + 1, from + i * stride);
      else result[next++] = data[from + i * stride];
    }
  };
  visit(0, 0);
  return result;
}

/** Puts row `order[i]` at place i or, `back`, the row at place i where `order[i]` says. */
function moveRows(
  data: Float32Array,
  order: FeatureOrder,
  { back }: { readonly back: boolean },
): Float32Array {
  const length = data.length / order.length;
  const result = new Float32Array(data.length);
  order.forEach((row, i) => {
    const [from, to] = back ? [i, row] : [row, i];
    result.set(data.subarray(from * length, (from + 1) * length), to * length);
  });
  return result;
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((size, one) => size * one, 1);
}

/** The value of a key of the table itself; a network's names may come from a foreign file. */
function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table && Object.hasOwn(table, key) ? table[key] : undefined;
}
