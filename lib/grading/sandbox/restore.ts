import { types } from 'node:util';
import type { Node, Wire } from './codec';
import { copyOf } from './plain-objects';

/** How an object was, as far as its own content goes. */
export interface Snapshot {
  changed(): boolean;
}

/** Remembers how objects are now; undefined for what is not handed back. */
export function snapshot(object: object): Snapshot | undefined {
  const differs = (before: readonly unknown[], now: readonly unknown[]) =>
    before.length !== now.length || before.some((item, i) => !Object.is(item, now[i]));
  const watch = (content: () => readonly unknown[]): Snapshot => {
    const before = content();
    return { changed: () => differs(before, content()) };
  };
  if (object instanceof ArrayBuffer) {
    const before = Buffer.from(object.slice(0));
    return { changed: () => before.compare(new Uint8Array(object)) !== 0 };
  }
  if (types.isProxy(object) || typeof object === 'function') return undefined;
  if (Array.isArray(object)) return watch(() => object.slice());
  if (object instanceof Map) return watch(() => [...object].flat());
  if (object instanceof Set) return watch(() => [...object]);
  const prototype = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) return undefined;
  return watch(() => Object.keys(object).flatMap((key) => [key, Reflect.get(object, key)]));
}

/** Puts into an object what it refers to. */
export function fill(object: object, node: Node, read: (value: Wire) => unknown): void {
  if (node.is === 'array' && Array.isArray(object)) {
    for (const [i, item] of node.items.entries()) if (!isHole(item)) define(object, String(i), read(item));
    object.length = node.items.length;
  } else if (node.is === 'object') {
    for (const [i, key] of node.keys.entries()) {
      const value = read(node.items[i]);
      if (typeof value !== 'function' || !conversions.has(key)) define(object, key, value);
    }
  } else if (node.is === 'map' && object instanceof Map) {
    for (let i = 0; i + 1 < node.items.length; i += 2)
      Map.prototype.set.call(object, read(node.items[i]), read(node.items[i + 1]));
  } else if (node.is === 'set' && object instanceof Set) {
    for (const item of node.items) Set.prototype.add.call(object, read(item));
  }
}

/** By these an object turns into a number or a text when it is compared with one: data does not. */
const conversions = new Set(['valueOf', 'toString', 'toJSON']);

/** Makes an object of a question what it became in the other process; one that cannot be changed stays. */
export function update(
  object: object | undefined,
  node: Node,
  { read, data }: { read: (value: Wire) => unknown; data: Uint8Array },
): void {
  if (!object || types.isProxy(object) || !Object.isExtensible(object)) return;
  if (node.is === 'bytes' && object instanceof ArrayBuffer) {
    if (object.byteLength === node.range.length)
      new Uint8Array(object).set(new Uint8Array(copyOf(data, node.range)));
  } else if (node.is === 'numbers' && Array.isArray(object)) {
    const numbers = new Float64Array(copyOf(data, node.range));
    object.length = 0;
    for (const [i, number] of numbers.entries()) define(object, String(i), number);
  } else if (node.is === 'array' && Array.isArray(object)) {
    object.length = 0;
    fill(object, node, read);
  } else if (node.is === 'object' && !Array.isArray(object)) {
    for (const key of Object.keys(object)) if (!node.keys.includes(key)) Reflect.deleteProperty(object, key);
    fill(object, node, read);
  } else if ((node.is === 'map' && object instanceof Map) || (node.is === 'set' && object instanceof Set)) {
    object.clear();
    fill(object, node, read);
  }
}

/** Sets an own property, also one called `__proto__`; getters and what is frozen stay. */
function define(object: object, key: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(object, key);
  if (before && !before.writable) return;
  Reflect.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function isHole(value: Wire): boolean {
  return Array.isArray(value) && value[0] === 'h';
}
