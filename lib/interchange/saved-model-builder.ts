import {
  dataType,
  type TensorflowAttribute,
  type TensorflowNode,
  type TensorShape,
} from './saved-model-proto';

export interface TensorflowNodeOptions {
  readonly name: string;
  /** Beside `T`, the type of what it computes with, which is float32. */
  readonly attributes?: Readonly<Record<string, TensorflowAttribute>>;
}

/** A TensorFlow graph that grows node by node. */
export class TensorflowBuilder {
  readonly nodes: TensorflowNode[] = [];

  /** Adds a node that computes with float32, and answers its name. */
  node(op: string, inputs: readonly string[], { name, attributes = {} }: TensorflowNodeOptions): string {
    return this.add(op, inputs, { name, attributes: { T: { type: dataType.float }, ...attributes } });
  }

  /** Adds a node with these attributes only, and answers its name. */
  add(op: string, inputs: readonly string[], { name, attributes = {} }: TensorflowNodeOptions): string {
    this.nodes.push({ name, op, input: inputs, attr: attributes });
    return name;
  }

  /** Adds float32 numbers of `shape`, a vector by default, and answers their name. */
  floats(
    name: string,
    data: Float32Array,
    { shape = [data.length] }: { shape?: readonly number[] } = {},
  ): string {
    return this.constant(name, { dtype: dataType.float, shape, tensor_content: bytesOf(data) });
  }

  /** Adds a single float32. */
  float(name: string, value: number): string {
    return this.floats(name, Float32Array.of(value), { shape: [] });
  }

  /** Adds int32 numbers of `shape`, a vector by default: axes, shapes and paddings. */
  integers(
    name: string,
    values: readonly number[],
    { shape = [values.length] }: { shape?: readonly number[] } = {},
  ): string {
    const tensor_content = bytesOf(Int32Array.from(values));
    return this.constant(name, { dtype: dataType.int32, shape, tensor_content });
  }

  /** Adds a single int32. */
  integer(name: string, value: number): string {
    return this.integers(name, [value], { shape: [] });
  }

  /** Adds a vector of texts, in UTF-8. */
  texts(name: string, values: readonly string[]): string {
    const string_val = values.map((value) => Buffer.from(value));
    return this.constant(name, { dtype: dataType.string, shape: [values.length], string_val });
  }

  private constant(
    name: string,
    {
      dtype,
      shape,
      ...values
    }: {
      readonly dtype: number;
      readonly shape: readonly number[];
      readonly tensor_content?: Uint8Array;
      readonly string_val?: readonly Uint8Array[];
    },
  ): string {
    const value = { tensor: { dtype, tensor_shape: shapeOf(shape), ...values } };
    return this.add('Const', [], { name, attributes: { dtype: { type: dtype }, value } });
  }
}

export function shapeOf(shape: readonly number[]): TensorShape {
  return { dim: shape.map((size) => ({ size })) };
}

/** An attribute that is a text. */
export function text(value: string): TensorflowAttribute {
  return { s: Buffer.from(value) };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
