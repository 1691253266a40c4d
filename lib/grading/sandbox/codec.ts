/**
 * Messages between the tests and an answer, as bytes and back. The tests read what a student's process wrote, so nothing is
 * believed here: every length, index and kind is checked, there is no recursion, no evaluation and no prototype in it.
 *
 * A frame is: u32 length of the header, u32 length of the data (both little-endian), the header in JSON, the data.
 */

/** Something else was read than a message, by a fault or on purpose. */
export class ProtocolError extends Error {
  override name = 'ProtocolError';
}

/**
 * A value in a message. What JSON holds stands for itself; a list is one of the others: `u` undefined, `h` the hole of an
 * array, `n` a number that JSON lacks, `i` a bigint, `y` a symbol, `r` the object of that index, `q` an object of the
 * receiver by its handle.
 */
export type Wire = null | boolean | number | string | readonly [WireTag, ...(string | number)[]];
type WireTag = 'u' | 'h' | 'n' | 'i' | 'y' | 'r' | 'q';

/** Bytes in the data part of a message. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** An object in a message; what is in it refers to others by index, so that cycles and shared objects stay what they are. */
export type Node =
  | { readonly is: 'array'; readonly items: readonly Wire[] }
  | { readonly is: 'numbers'; readonly range: Range }
  | {
      readonly is: 'object';
      readonly plain: boolean;
      readonly keys: readonly string[];
      readonly items: readonly Wire[];
    }
  | { readonly is: 'map' | 'set'; readonly items: readonly Wire[] }
  | { readonly is: 'date'; readonly time: Wire }
  | { readonly is: 'error'; readonly name: string; readonly message: string }
  | { readonly is: 'bytes'; readonly range: Range }
  | {
      readonly is: 'view';
      readonly type: ViewType;
      readonly buffer: number;
      readonly offset: number;
      readonly length: number;
    }
  | {
      readonly is: 'tensor';
      readonly handle: number;
      readonly dtype: TensorType;
      readonly shape: readonly number[];
      /** Index of a view or an array of strings. */
      readonly values: number;
    }
  | {
      readonly is: 'model';
      readonly handle: number;
      readonly topology: string;
      readonly weights: readonly number[];
    }
  | { readonly is: 'function' | 'reference' | 'promise'; readonly handle: number };

export const viewTypes = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  Buffer,
};
export type ViewType = keyof typeof viewTypes;

export const tensorTypes = ['float32', 'int32', 'bool', 'string'] as const;
export type TensorType = (typeof tensorTypes)[number];

/** What one process asks the other, or tells it. `id` pairs a question with its reply. */
export interface Message {
  readonly kind: MessageKind;
  readonly id: number;
  /** Handle of the object that is meant. */
  readonly target: number;
  /** Name of a property. */
  readonly key: string;
  readonly values: readonly Wire[];
  readonly nodes: readonly Node[];
  /** Objects of the question, by index, as they are now. */
  readonly updates: readonly (readonly [number, Node])[];
  /** Handles whose object is gone. */
  readonly disposed: readonly number[];
  /** Tensors of the sender that the receiver knows nothing of. */
  readonly tensors: number;
  readonly data: Uint8Array;
}

const messageKinds = [
  'hello',
  'start',
  'call',
  'new',
  'get',
  'set',
  'has',
  'keys',
  'return',
  'throw',
  'resolve',
  'reject',
] as const;
export type MessageKind = (typeof messageKinds)[number];

/** The most that a frame may hold, in bytes, and in objects. */
export const frameLimits = { header: 16 << 20, data: 256 << 20, nodes: 500_000 } as const;

/** A message and its data as the bytes of a frame. */
export function encodeFrame(message: Omit<Message, 'data'>, data: readonly Uint8Array[]): Buffer {
  const { kind, id, target, key, values, nodes, updates, disposed, tensors } = message;
  const header = Buffer.from(
    JSON.stringify([kind, id, target, key, values, nodes, updates, disposed, tensors]),
  );
  const length = data.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (header.length > frameLimits.header || length > frameLimits.data) {
    throw new RangeError(`${header.length + length} bytes are too many to hand over`);
  }
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32LE(header.length, 0);
  lengths.writeUInt32LE(length, 4);
  return Buffer.concat([lengths, header, ...data]);
}

/**
 * The header and the data of a frame as a message in which every index is in range.
 * @throws ProtocolError for anything else
 */
export function decodeFrame(header: Uint8Array, data: Uint8Array): Message {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(header.buffer, header.byteOffset, header.byteLength).toString('utf8'));
  } catch {
    throw new ProtocolError('the header is no JSON');
  }
  const [kind, id, target, key, values, nodes, updates, disposed, tensors] = listOf(read, 9);
  if (listOf(nodes).length + listOf(updates).length > frameLimits.nodes)
    throw new ProtocolError('too many objects');
  const bytes = data.byteLength;
  return {
    kind: oneOf(messageKinds, kind),
    id: count(id),
    target: count(target),
    key: text(key),
    values: listOf(values).map(wire),
    nodes: listOf(nodes).map((node) => readNode(node, bytes)),
    updates: listOf(updates).map((update) => {
      const [index, node] = listOf(update, 2);
      return [count(index), readNode(node, bytes)] as const;
    }),
    disposed: listOf(disposed).map((handle) => count(handle)),
    tensors: count(tensors),
    data,
  };
}

function readNode(value: unknown, bytes: number): Node {
  if (typeof value !== 'object' || value === null) throw new ProtocolError('an object is missing');
  const node = value as Record<string, unknown>;
  switch (node.is) {
    case 'array':
    case 'map':
    case 'set':
      return { is: node.is, items: listOf(node.items).map(wire) };
    case 'numbers':
    case 'bytes': {
      const { offset, length } = (node.range ?? {}) as Record<string, unknown>;
      const range = { offset: count(offset), length: count(length) };
      if (range.offset + range.length > bytes) throw new ProtocolError('bytes are missing');
      return { is: node.is, range };
    }
    case 'object': {
      const items = listOf(node.items).map(wire);
      return {
        is: 'object',
        plain: node.plain === true,
        keys: listOf(node.keys, items.length).map(text),
        items,
      };
    }
    case 'date':
      return { is: 'date', time: wire(node.time) };
    case 'error':
      return { is: 'error', name: text(node.name).slice(0, 100), message: text(node.message).slice(0, 5000) };
    case 'view': {
      const type = oneOf(Object.keys(viewTypes) as ViewType[], node.type);
      return {
        is: 'view',
        type,
        buffer: count(node.buffer),
        offset: count(node.offset),
        length: count(node.length),
      };
    }
    case 'tensor':
      return {
        is: 'tensor',
        handle: count(node.handle),
        dtype: oneOf(tensorTypes, node.dtype),
        shape: listOf(node.shape).slice(0, 7).map(count),
        values: count(node.values),
      };
    case 'model': {
      const weights = listOf(node.weights).map((index) => count(index));
      return { is: 'model', handle: count(node.handle), topology: text(node.topology), weights };
    }
    case 'function':
    case 'reference':
    case 'promise':
      return { is: node.is, handle: count(node.handle) };
  }
  throw new ProtocolError('an object of an unknown kind');
}

function wire(value: unknown): Wire {
  if (value === null || ['boolean', 'number', 'string'].includes(typeof value)) return value as Wire;
  const [tag, content] = listOf(value);
  switch (tag) {
    case 'u':
    case 'h':
      return [tag];
    case 'n':
      return [tag, oneOf(['NaN', 'Infinity', '-Infinity', '-0'] as const, content)];
    case 'i':
      if (!/^-?\d{1,5000}$/.test(text(content))) throw new ProtocolError('no whole number');
      return [tag, text(content)];
    case 'y':
      return [tag, text(content)];
    case 'r':
    case 'q':
      return [tag, count(content)];
  }
  throw new ProtocolError('a value of an unknown kind');
}

function listOf(value: unknown, length?: number): readonly unknown[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length))
    throw new ProtocolError('a list is missing');
  return value;
}

function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new ProtocolError('a number is missing');
  return value;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new ProtocolError('a text is missing');
  return value;
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: unknown): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new ProtocolError('a word is missing');
  return found;
}
