import { type Node, ProtocolError, type Range, type TensorType, type ViewType, viewTypes } from './codec';

export function isAllNumbers(items: readonly unknown[]): boolean {
  for (let i = 0; i < items.length; i++) if (typeof items[i] !== 'number') return false;
  return true;
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

export function copyOf(data: Uint8Array, { offset, length }: Range): ArrayBuffer {
  const copy = new Uint8Array(new ArrayBuffer(length));
  copy.set(data.subarray(offset, offset + length));
  return copy.buffer;
}

export function viewTypeOf(view: ArrayBufferView, prototype: unknown): ViewType | undefined {
  if (Buffer.isBuffer(view)) return 'Buffer';
  const entries = Object.entries(viewTypes) as [ViewType, { readonly prototype: unknown }][];
  return entries.find(([, type]) => type.prototype === prototype)?.[0];
}

/** With the whole memory behind it, for an answer may look beside it; of Node's pooled buffers the part alone. */
export function viewNode(view: ArrayBufferView, type: ViewType, place: (object: object) => number): Node {
  const pooled = type === 'Buffer';
  const buffer = pooled ? Uint8Array.from(bytesOf(view)).buffer : view.buffer;
  const bytesEach = 'BYTES_PER_ELEMENT' in view ? Number(view.BYTES_PER_ELEMENT) : 1;
  const offset = pooled ? 0 : view.byteOffset;
  return { is: 'view', type, buffer: place(buffer), offset, length: view.byteLength / bytesEach };
}

export function viewFrom(node: Node & { is: 'view' }, buffer: object): object {
  if (!(buffer instanceof ArrayBuffer)) throw new ProtocolError('a view of no bytes');
  const type = viewTypes[node.type];
  try {
    if (type === Buffer) return Buffer.from(buffer, node.offset, node.length);
    return Reflect.construct(type, [buffer, node.offset, node.length]);
  } catch {
    throw new ProtocolError('a view beyond its bytes');
  }
}

export function valuesOf(
  object: object,
  dtype: TensorType,
): Float32Array | Int32Array | Uint8Array | string[] {
  if (dtype === 'string') {
    if (Array.isArray(object) && object.every((item) => typeof item === 'string')) return object;
  } else if (object instanceof Float32Array || object instanceof Int32Array || object instanceof Uint8Array) {
    return object;
  }
  throw new ProtocolError('a tensor without numbers');
}

const errorTypes = { Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError };

/** Of JavaScript's own errors, what it is or extends; the name of another subclass of `Error` is kept. */
export function nameOf(error: Error): string {
  const kinds = Object.entries(errorTypes).filter(([, type]) => error instanceof type);
  const special = kinds.find(([name]) => name !== 'Error');
  if (special) return special[0];
  return Object.getPrototypeOf(error) === Error.prototype ? 'Error' : String(error.name);
}

export function errorFrom({ name, message }: { readonly name: string; readonly message: string }): Error {
  const known = Object.entries(errorTypes).find(([candidate]) => candidate === name);
  if (known) return new known[1](message);
  const error = new Error(message);
  Object.defineProperty(error, 'name', { value: name, configurable: true, writable: true });
  return error;
}
