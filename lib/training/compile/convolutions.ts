import { type Attribute, attribute, DataType, type Graph, type Node, type Output } from './graph';

/** A convolution of our own: what may come behind it becomes part of it. */
interface Convolution {
  readonly op: 'WinogradConv2D' | 'DirectConv2D';
  /** Images and filter. */
  readonly inputs: readonly Output[];
  readonly bias?: Output;
  readonly relu?: boolean;
  readonly attributes: readonly Attribute[];
  /** Of the result. */
  readonly shape: readonly number[];
}

/** By the result's name. */
const convolutions = new WeakMap<Graph, Map<string, Convolution>>();
/** Where max pooling found its numbers, by the name of what it gives. */
const pooledPlaces = new WeakMap<Graph, Map<string, Output>>();

/** Channels come in vectors of 16 numbers. */
const vector = 16;
/** Side of the square of results that Winograd's algorithm computes together, from pixels of 2 more. */
const tile = 4;
/** Transforming a filter, and fetching the four times as many numbers, takes as long as the products of so many tiles. */
const tilesOfFilter = 28;
/** Most channels in, and most numbers of one row of the kernel, that are summed up directly. */
const direct = { in: 4, wide: 12 };

/**
 * Adds a convolution, or one of its gradients, as an operation of `lib/native`; a bias, ReLU and max pooling of 2x2
 * behind it become part of it. Those of 3x3 take Winograd's algorithm, with up to four times fewer products than TensorFlow computes and rounding
 * errors of about a millionth of the largest result: F(4x4, 3x3) in Lavin and Gray, https://arxiv.org/abs/1509.09308.
 * Those of pixels are computed directly. Undefined where TensorFlow's own is the one to take.
 */
export function addConvolution(
  graph: Graph,
  op: string,
  inputs: readonly Output[],
  attributes: readonly Attribute[],
): Output | undefined {
  if (!graph.convolutions) return undefined;
  const [a, b, c] = inputs;
  const standsFor = { op, inputs: inputs.map(({ ref }) => ref), attributes };
  const before = convolutions.get(graph)?.get(a?.ref);
  switch (op) {
    case 'BiasAdd':
      return before && !before.bias && !before.relu
        ? add(graph, { ...before, bias: b }, standsFor)
        : undefined;
    case 'Relu':
      return before && !before.relu ? add(graph, { ...before, relu: true }, standsFor) : undefined;
    case 'MaxPool':
      return before && halves(attributes) ? addPooled(graph, before, standsFor) : undefined;
  }
  const same = { SAME: true, VALID: false }[stringOf(attributes, 'padding')];
  if (same === undefined || !isPlain(attributes)) return undefined;
  const padding = same ? 1 : 0;
  switch (op) {
    case 'Conv2D':
      if (isDirect(a.shape, b.shape)) {
        const [images, height, width] = a.shape;
        const [down, across] = same ? [0, 0] : [b.shape[0] - 1, b.shape[1] - 1];
        const shape = [images, height - down, width - across, b.shape[3]];
        const attributes = [attribute.bool('same', same), threadsOf(graph)];
        return add(graph, { op: 'DirectConv2D', inputs: [a, b], attributes, shape }, standsFor);
      }
      if (!suitsWinograd(a.shape, b.shape, padding)) return undefined;
      return add(graph, winograd(graph, a, b, padding), standsFor);
    case 'Conv2DBackpropInput': {
      const shape = shapeOf(graph, a);
      if (!suitsWinograd(shape, b.shape, padding)) return undefined;
      const { pooling, inputs } = gradientOf(graph, c);
      const [, height, width, channels] = shape;
      const out = b.shape[3];
      const pairs = pairsOf(graph, out);
      const filter = transformed(graph, b, { pairs, transposed: true });
      const sizes = integers({ height, width, in: channels, out, padding });
      const attributes = [...sizes, threadsOf(graph), pairs];
      const options = { attributes, shape, standsFor };
      return graph.one(`WinogradConv2D${pooling}BackpropInput`, [filter, ...inputs], options);
    }
    case 'Conv2DBackpropFilter': {
      const shape = shapeOf(graph, b);
      const [height, width] = shape;
      const { pooling, inputs } = gradientOf(graph, c);
      if (isDirect(a.shape, shape)) {
        const attributes = [...integers({ height, width }), attribute.bool('same', same), threadsOf(graph)];
        return graph.one(`DirectConv2D${pooling}BackpropFilter`, [a, ...inputs], { attributes, shape });
      }
      if (!suitsWinograd(a.shape, shape, padding)) return undefined;
      const attributes = [...integers({ padding }), threadsOf(graph), pairsOf(graph)];
      return graph.one(`WinogradConv2D${pooling}BackpropFilter`, [a, ...inputs], { attributes, shape });
    }
  }
  return undefined;
}

/** The gradient of a convolution's result; behind max pooling that became part of it, what was pooled, and its places. */
function gradientOf(graph: Graph, dy: Output): { pooling: '' | 'MaxPool'; inputs: readonly Output[] } {
  const node = graph.madeBy(dy.ref);
  const [, pooled, gradient] = node?.op === 'MaxPoolGrad' ? node.inputs : [];
  const places = pooledPlaces.get(graph)?.get(pooled);
  return places
    ? { pooling: 'MaxPool', inputs: [graph.output(gradient), places] }
    : { pooling: '', inputs: [dy] };
}

/** Adds the operation; `standsFor` is what it is to whoever asks how it was made. */
function add(graph: Graph, convolution: Convolution, standsFor: Node): Output {
  const { op, shape } = convolution;
  const output = graph.one(op, operands(graph, convolution), {
    attributes: attributesOf(convolution),
    shape,
    standsFor,
  });
  remember(convolutions, graph, output, convolution);
  return output;
}

/** With max pooling of 2x2 behind it; the whole result is computed only if somebody else asks for it. */
function addPooled(graph: Graph, convolution: Convolution, standsFor: Node): Output {
  const [images, height, width, channels] = convolution.shape;
  const [output, places] = graph.add(`${convolution.op}MaxPool`, operands(graph, convolution), {
    attributes: attributesOf(convolution),
    shape: [images, Math.floor(height / 2), Math.floor(width / 2), channels],
    standsFor,
  });
  remember(pooledPlaces, graph, output, places);
  return output;
}

function operands(graph: Graph, { inputs, bias, shape: [, , , channels] }: Convolution): Output[] {
  const none = () =>
    graph.constant(new Float32Array(channels), { shape: [channels], dtype: DataType.float32 });
  return [...inputs, bias ?? none()];
}

function attributesOf({ attributes, relu = false }: Convolution): Attribute[] {
  return [...attributes, attribute.bool('relu', relu)];
}

function remember<T>(memory: WeakMap<Graph, Map<string, T>>, graph: Graph, { ref }: Output, value: T): void {
  const known = memory.get(graph) ?? new Map<string, T>();
  memory.set(graph, known.set(ref, value));
}

/** `padding` is that of zeros on each side. */
function winograd(graph: Graph, x: Output, filter: Output, padding: number): Convolution {
  const [, , channels, out] = filter.shape;
  const pairs = pairsOf(graph, channels);
  return {
    op: 'WinogradConv2D',
    inputs: [x, transformed(graph, filter, { pairs })],
    attributes: [...integers({ out, padding }), threadsOf(graph), pairs],
    shape: winogradShape(x.shape, out, padding),
  };
}

/** The filter as Winograd's algorithm wants it; `transposed` for the gradient of the images. */
function transformed(
  graph: Graph,
  filter: Output,
  { pairs, transposed = false }: { readonly pairs: Attribute; readonly transposed?: boolean },
): Output {
  return graph.shared('WinogradFilter', [filter], {
    attributes: [attribute.bool('transposed', transposed), threadsOf(graph), pairs],
    shape: [1], // as many numbers as the processor's vectors want; nobody looks
  });
}

function winogradShape([images, height, width]: readonly number[], out: number, padding: number): number[] {
  return [images, height + 2 * padding - 2, width + 2 * padding - 2, out];
}

/** Whether the algorithm applies, and has clearly fewer products to compute. */
function suitsWinograd(x: readonly number[], filter: readonly number[], padding: number): boolean {
  if (x.length !== 4 || filter[0] !== 3 || filter[1] !== 3) return false;
  if (filter[2] % vector !== 0 || filter[3] % vector !== 0) return false;
  const [images, height, width] = winogradShape(x, 0, padding);
  if (height < 1 || width < 1) return false;
  const tiles = images * Math.ceil(height / tile) * Math.ceil(width / tile);
  return 1.2 * (tiles + tilesOfFilter) * (tile + 2) ** 2 <= images * height * width * 9;
}

function isDirect(x: readonly number[], [, width, channels, out]: readonly number[]): boolean {
  return x.length === 4 && channels <= direct.in && width * channels <= direct.wide && out % vector === 0;
}

/** Whether it has no strides, no dilations, and channels last. */
function isPlain(attributes: readonly Attribute[]): boolean {
  const ones = (name: string) => /^(1(,1)*|undefined)$/.test(stringOf(attributes, name));
  return ones('strides') && ones('dilations') && stringOf(attributes, 'data_format') === 'NHWC';
}

/** Whether it is a pooling of 2x2, stride 2, that keeps no part of a window. */
function halves(attributes: readonly Attribute[]): boolean {
  const expected = { ksize: '1,2,2,1', strides: '1,2,2,1', padding: 'VALID', data_format: 'NHWC' };
  return Object.entries(expected).every(([name, value]) => stringOf(attributes, name) === value);
}

function stringOf(attributes: readonly Attribute[], name: string): string {
  return String(attributes.find((each) => each.name === name)?.value);
}

function integers(values: Readonly<Record<string, number>>): Attribute[] {
  return Object.entries(values).map(([name, value]) => attribute.int(name, value));
}

function threadsOf(graph: Graph): Attribute {
  return attribute.int('threads', graph.threads);
}

/** Whether pairs of bfloat16 are multiplied; those of channels want two vectors of them. */
function pairsOf(graph: Graph, channels = 0): Attribute {
  return attribute.bool('pairs', graph.convolutions === 'bfloat16' && channels % (2 * vector) === 0);
}

/** The shape that a constant holds. */
function shapeOf(graph: Graph, sizes: Output): readonly number[] {
  const value = graph.madeBy(sizes.ref)?.attributes.find(({ name }) => name === 'value')?.value;
  return typeof value === 'object' && 'data' in value ? [...value.data] : [];
}
