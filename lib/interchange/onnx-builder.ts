import { attributeType, dataType, type OnnxAttribute, type OnnxNode, type OnnxTensor } from './onnx-proto';

/** Whole numbers, unless it is marked as `float`. */
export type AttributeValue = number | readonly number[] | { readonly float: number };

export interface OnnxNodeOptions {
  /** Of the node and of its output. */
  readonly name: string;
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
}

/** An ONNX graph that grows node by node. */
export class OnnxBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];

  /** Adds a node with one output and answers its name. */
  node(op: string, inputs: readonly string[], { name, attributes = {} }: OnnxNodeOptions): string {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.nodes.push({ op_type: op, name, input: inputs, output: [name], attribute });
    return name;
  }

  /** Adds float32 numbers of `shape`, a vector by default, and answers their name. */
  floats(
    name: string,
    data: Float32Array,
    { shape = [data.length] }: { shape?: readonly number[] } = {},
  ): string {
    const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.initializers.push({ name, dims: shape, data_type: dataType.float, raw_data });
    return name;
  }

  /** Adds a single float32. */
  float(name: string, value: number): string {
    return this.floats(name, Float32Array.of(value), { shape: [] });
  }

  /** Adds a vector of int64, as shapes and paddings are given. */
  integers(name: string, values: readonly number[]): string {
    const raw_data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.initializers.push({ name, dims: [values.length], data_type: dataType.int64, raw_data });
    return name;
  }
}

function attributeOf(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === 'number') return { name, type: attributeType.int, i: value };
  if ('float' in value) return { name, type: attributeType.float, f: value.float };
  return { name, type: attributeType.ints, ints: value };
}
