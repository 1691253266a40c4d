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
 * Adds a convolution, or one of its gradients, as an operation of `lib/native`; a bias and ReLU behind it become part of
 * it. Those of 3x3 take Winograd's algorithm, with up to four times fewer products than TensorFlow computes and rounding
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
      return before?.op === 'DirectConv2D' && halves(attributes)
        ? addPooled(graph, before, standsFor)
        : undefined;
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
      return winograd(graph, a, b, { padding, rotated: false }, standsFor);
    case 'Conv2DBackpropInput':
      return winograd(graph, c, b, { padding: 2 - padding, rotated: true }, standsFor);
    case 'Conv2DBackpropFilter': {
      const shape = shapeOf(graph, b);
      if (isDirect(a.shape, shape)) {
        const sizes = [attribute.int('height', shape[0]), attribute.int('width', shape[1])];
        const attributes = [...sizes, attribute.bool('same', same), threadsOf(graph)];
        const [, pooled, dy] = inputsOf(graph, c, 'MaxPoolGrad');
        const places = pooledPlaces.get(graph)?.get(pooled);
        if (places)
          return graph.one('DirectConv2DMaxPoolBackpropFilter', [a, dy, places], { attributes, shape });
        return graph.one('DirectConv2DBackpropFilter', [a, c], { attributes, shape });
      }
      if (!suitsWinograd(a.shape, shape, padding)) return undefined;
      const attributes = [attribute.int('padding', padding), threadsOf(graph), pairsOf(graph)];
      return graph.one('WinogradConv2DBackpropFilter', [a, c], { attributes, shape });
    }
  }
  return undefined;
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
  const [output, places] = graph.add('DirectConv2DMaxPool', operands(graph, convolution), {
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

/** `padding` is that of zeros on each side; the filter is turned by 180 degrees, in and out exchanged, where `rotated`. */
function winograd(
  graph: Graph,
  x: Output,
  filter: Output,
  { padding, rotated }: { readonly padding: number; readonly rotated: boolean },
  standsFor: Node,
): Output | undefined {
  const [height, width, first, second] = filter.shape;
  const filterShape = rotated ? [height, width, second, first] : filter.shape;
  if (!suitsWinograd(x.shape, filterShape, padding)) return undefined;
  const out = filterShape[3];
  const pairs = pairsOf(graph, filterShape[2]);
  const transformed = graph.shared('WinogradFilter', [filter], {
    attributes: [attribute.bool('rotated', rotated), threadsOf(graph), pairs],
    shape: [1], // as many numbers as the processor's vectors want; nobody looks
  });
  const attributes = [attribute.int('out', out), attribute.int('padding', padding), threadsOf(graph), pairs];
  const shape = winogradShape(x.shape, out, padding);
  return add(graph, { op: 'WinogradConv2D', inputs: [x, transformed], attributes, shape }, standsFor);
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

/** The names of what the operation `op` that made an output was given; none where another made it. */
function inputsOf(graph: Graph, { ref }: Output, op: string): readonly string[] {
  const node = graph.madeBy(ref);
  return node?.op === op ? node.inputs : [];
}

function stringOf(attributes: readonly Attribute[], name: string): string {
  return String(attributes.find((each) => each.name === name)?.value);
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
