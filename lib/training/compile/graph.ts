import { convolutionVectors, graphSessionModule } from '../../backend/native';
import { threadLimit } from '../../backend/threads';

/** TensorFlow's numbers for its types: tensorflow/core/framework/types.proto */
export const DataType = { float32: 1, int32: 3, uint8: 4, int64: 9, bool: 10, resource: 20 } as const;

/** The kinds of attributes: tensorflow/c/tf_attrtype.h */
const AttributeType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5, tensor: 6 } as const;

export type TensorData = Float32Array | Int32Array | Uint8Array;

/** An attribute as tfjs-node's own binding takes it, too. */
export interface Attribute {
  readonly name: string;
  readonly type: number;
  readonly value: string | number | boolean | readonly number[] | Constant;
}

interface Constant {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** One output of a node: `ref` is "node:output". */
export interface Output {
  readonly ref: string;
  readonly dtype: number;
  readonly shape: readonly number[];
}

/** A value given to a placeholder for one run. */
export interface Feed extends Constant {
  /** Of the placeholder. */
  readonly name: string;
}

/** What a node was made of. */
export interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes: readonly Attribute[];
}

interface NativeOptions {
  readonly intraOpThreads: number;
  readonly interOpThreads: number;
  readonly mixedBfloat16: boolean;
}

interface NativeSession {
  addNode(
    op: string,
    name: string,
    inputs: readonly (string | readonly string[])[],
    controlInputs: readonly string[],
    attributes: readonly Attribute[],
    shape: readonly number[] | undefined,
  ): { dtype: number; shape: readonly number[] | null }[];
  run(feeds: readonly Feed[], fetches: readonly string[], targets: readonly string[]): Promise<ArrayBuffer[]>;
  runSync(feeds: readonly Feed[], fetches: readonly string[], targets: readonly string[]): ArrayBuffer[];
  profile(feeds: readonly Feed[], fetches: readonly string[], targets: readonly string[]): ArrayBuffer;
  close(): void;
}

export interface GraphOptions {
  /** Threads that share one operation; 0, the default, takes TensorFlow's choice, all cores. */
  readonly intraOpThreads?: number;
  /** Operations that run at the same time; 0, the default, takes TensorFlow's choice, all cores. */
  readonly interOpThreads?: number;
  /** Default `float32`. */
  readonly precision?: Precision;
}

/**
 * What a graph computes with. `mixed_bfloat16`, the name it has in Keras, gives convolutions and what is between them
 * numbers of 16 bits, of which 8 are for the exponent as in float32; weights, sums inside a convolution, statistics, loss
 * and updates keep 32. TensorFlow decides operation by operation, as its source says:
 * https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/grappler/optimizers/auto_mixed_precision_lists.h
 */
export type Precision = (typeof precisionNames)[number];

export const precisionNames = ['float32', 'mixed_bfloat16'] as const;

export interface NodeOptions {
  readonly attributes?: readonly Attribute[];
  /** Nodes that run before this one, by name or by one of their outputs. */
  readonly after?: readonly string[];
  readonly name?: string;
  /** Of the first output, where TensorFlow cannot infer it. */
  readonly shape?: readonly number[];
  /** What `madeBy` answers, for a node in the place of another. */
  readonly standsFor?: Node;
}

/**
 * A TensorFlow graph that grows node by node and runs off the main thread. TensorFlow infers the shapes; a shape it
 * cannot know throws an `UntraceableError`.
 */
export class Graph {
  private readonly native: NativeSession;
  private readonly constants = new Map<string, Output>();
  private readonly made = new Map<string, Node>();
  private readonly outputs = new Map<string, Output>();
  private readonly sharedNodes = new Map<string, Output>();
  private count = 0;
  /** That share one operation. */
  readonly threads: number;
  /** What the operations of `lib/native/convolutions.cc` multiply; undefined where it has none of them. */
  readonly convolutions: 'float32' | 'bfloat16' | undefined;

  constructor({ intraOpThreads = 0, interOpThreads = 0, precision = 'float32' }: GraphOptions = {}) {
    const { GraphSession } = graphSessionModule() as {
      GraphSession: new (options: NativeOptions) => NativeSession;
    };
    const mixedBfloat16 = precision === 'mixed_bfloat16';
    this.threads = intraOpThreads || threadLimit();
    const vectors = convolutionVectors();
    const multiplied = mixedBfloat16 && vectors === 'avx512_bf16' ? 'bfloat16' : 'float32';
    this.convolutions = vectors ? multiplied : undefined;
    this.native = new GraphSession({ intraOpThreads, interOpThreads, mixedBfloat16 });
  }

  /** How many nodes it has. */
  get size(): number {
    return this.count;
  }

  /** Adds a node; an op that takes a list, as `AddN` does, gets it from its first `N` inputs. */
  add(
    op: string,
    inputs: readonly (Output | string)[],
    { attributes = [], after = [], name, shape, standsFor }: NodeOptions = {},
  ): Output[] {
    const refs = inputs.map((input) => (typeof input === 'string' ? input : input.ref));
    const listLength = attributes.find((attribute) => attribute.name === 'N')?.value as number | undefined;
    const grouped = listLength === undefined ? refs : [refs.slice(0, listLength), ...refs.slice(listLength)];
    const controls = after.map((ref) => ref.replace(/:\d+$/, ''));
    const unique = name ?? `${op.replace(/^_/, '')}_${this.count}`;
    const given = attributes.filter((attribute) => attribute.name !== 'N'); // TensorFlow counts the list itself
    const outputs = this.native.addNode(op, unique, grouped, controls, given, shape);
    this.count++;
    this.made.set(`${unique}:0`, standsFor ?? { op, inputs: refs, attributes });
    return outputs.map(({ dtype, shape }, i) => {
      const isKnown = shape && !shape.includes(-1);
      if (i === 0 && !isKnown) throw new UntraceableError(`the shape of ${op}'s result depends on values`);
      // Further outputs may be what a gradient wants back as it is; nobody looks at their shape.
      const output = { ref: `${unique}:${i}`, dtype, shape: isKnown ? shape : [0] };
      this.outputs.set(output.ref, output);
      return output;
    });
  }

  /** The output that goes by this name. */
  output(ref: string): Output {
    const output = this.outputs.get(ref);
    if (!output) throw new RangeError(`the graph has no ${ref}`);
    return output;
  }

  /** How the node was made whose first output this is. */
  madeBy(ref: string): Node | undefined {
    return this.made.get(ref);
  }

  /** The single output of a new node. */
  one(op: string, inputs: readonly (Output | string)[], options: NodeOptions = {}): Output {
    return this.add(op, inputs, options)[0];
  }

  /** The same, but one node for all who ask for the same. */
  shared(op: string, inputs: readonly Output[], options: NodeOptions = {}): Output {
    const key = JSON.stringify([op, inputs.map(({ ref }) => ref), options]);
    const output = this.sharedNodes.get(key) ?? this.one(op, inputs, options);
    this.sharedNodes.set(key, output);
    return output;
  }

  /** A node without outputs, such as an assignment; answers its name, for `after` and as a target. */
  effect(op: string, inputs: readonly (Output | string)[], options: NodeOptions = {}): string {
    const name = options.name ?? `${op}_${this.count}`;
    this.add(op, inputs, { ...options, name });
    return name;
  }

  /** The same constant is one node, however often it is asked for. */
  constant(data: TensorData, { shape, dtype }: { shape: readonly number[]; dtype: number }): Output {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = bytes.length <= 64 ? `${dtype} ${shape} ${bytes.toString('hex')}` : '';
    const known = this.constants.get(key);
    if (key && known) return known;
    const output = this.one('Const', [], {
      attributes: [
        { name: 'value', type: AttributeType.tensor, value: { dtype, shape, data } },
        attribute.type('dtype', dtype),
      ],
    });
    if (key) this.constants.set(key, output);
    return output;
  }

  scalar(value: number): Output {
    return this.constant(Float32Array.of(value), { shape: [], dtype: DataType.float32 });
  }

  integers(values: readonly number[]): Output {
    return this.constant(Int32Array.from(values), { shape: [values.length], dtype: DataType.int32 });
  }

  placeholder(name: string, { shape, dtype }: { shape: readonly number[]; dtype: number }): Output {
    return this.one('Placeholder', [], {
      name,
      attributes: [attribute.type('dtype', dtype), attribute.shape('shape', shape)],
    });
  }

  run(
    feeds: readonly Feed[],
    fetches: readonly string[],
    targets: readonly string[],
  ): Promise<ArrayBuffer[]> {
    return this.native.run(feeds, fetches, targets);
  }

  /** Waits for the runs that were asked for before. */
  runSync(feeds: readonly Feed[], fetches: readonly string[], targets: readonly string[]): ArrayBuffer[] {
    return this.native.runSync(feeds, fetches, targets);
  }

  /** Runs on the main thread and answers TensorFlow's RunMetadata in protobuf's wire format. */
  profile(feeds: readonly Feed[], fetches: readonly string[], targets: readonly string[]): ArrayBuffer {
    return this.native.profile(feeds, fetches, targets);
  }

  /** Frees the graph and its variables. */
  close(): void {
    this.native.close();
  }
}

/** Why a computation cannot become a graph; its message says so in words for a reader. */
export class UntraceableError extends Error {
  override name = 'UntraceableError';
}

export const attribute = {
  type: (name: string, value: number): Attribute => ({ name, type: AttributeType.type, value }),
  shape: (name: string, value: readonly number[]): Attribute => ({ name, type: AttributeType.shape, value }),
  string: (name: string, value: string): Attribute => ({ name, type: AttributeType.string, value }),
  float: (name: string, value: number): Attribute => ({ name, type: AttributeType.float, value }),
  bool: (name: string, value: boolean): Attribute => ({ name, type: AttributeType.bool, value }),
  int: (name: string, value: number | readonly number[]): Attribute => ({
    name,
    type: AttributeType.int,
    value,
  }),
};

/** Of an op over float32, the attribute most of them want. */
export const ofFloats = [attribute.type('T', DataType.float32)];
