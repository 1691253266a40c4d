import { attribute, DataType, type Graph, type Output, ofFloats } from './graph';

/** A part of a batch that is computed beside the others. */
export interface Tower {
  /** Of the batch, 0 to 1. */
  readonly share: number;
  /** The part of each input; it is taken as soon as `after` are there. */
  inputs(after: readonly Output[]): Output[];
}

/** How a batch is split. */
export interface Split {
  /** Most parts. */
  readonly towers: number;
  /** Fewest rows of a part. */
  readonly rowsOfTower: number;
}

/** Splits inputs of equal length, [rows, ...], into parts of about the same size. */
export function towersOf(graph: Graph, inputs: readonly Output[], { towers, rowsOfTower }: Split): Tower[] {
  const rows = inputs[0].shape[0];
  const parts = Math.max(1, Math.min(towers, Math.floor(rows / rowsOfTower)));
  if (parts === 1) return [{ share: 1, inputs: () => [...inputs] }];
  const start = (part: number) => Math.round((part * rows) / parts);
  return Array.from({ length: parts }, (_, part) => {
    const size = start(part + 1) - start(part);
    const partOf = (input: Output, after: readonly Output[]) => {
      const rest = input.shape.slice(1);
      const begin = graph.integers([start(part), ...rest.map(() => 0)]);
      const options = { after: after.map(({ ref }) => ref) };
      return graph.one('Slice', [input, begin, graph.integers([size, ...rest])], options);
    };
    return { share: size / rows, inputs: (after) => inputs.map((input) => partOf(input, after)) };
  });
}

export function sum(graph: Graph, values: readonly Output[]): Output {
  if (values.length === 1) return values[0];
  return graph.one('AddN', values, { attributes: [attribute.int('N', values.length)] });
}

/** The mean over the batch of what each tower found for its own part. */
export function mean(graph: Graph, values: readonly Output[], towers: readonly Tower[]): Output {
  if (values.length === 1) return values[0];
  const weighted = values.map((value, i) =>
    graph.one('Mul', [value, graph.scalar(towers[i].share)], { attributes: ofFloats }),
  );
  return sum(graph, weighted);
}

export function concatenate(graph: Graph, values: readonly Output[]): Output {
  if (values.length === 1) return values[0];
  const { dtype } = values[0];
  const attributes = [attribute.int('N', values.length), attribute.type('T', dtype)];
  const axis = graph.constant(Int32Array.of(0), { shape: [], dtype: DataType.int32 });
  return graph.one('ConcatV2', [...values, axis], { attributes });
}
