/** What a remote object is asked for. */
export type Access = 'call' | 'new' | 'get' | 'set' | 'has' | 'keys';

/** Asks the other process something about its object `handle`, and gives the reply. */
export type Ask = (
  access: Access,
  handle: number,
  request: { readonly key?: string; readonly values?: readonly unknown[] },
) => unknown;

/** Prototype of what stands for another process's object: strictly equal to nothing else. */
class RemoteObject {}

/**
 * Stands for the object `handle` of another process: to call it, or to read and set its properties, asks there. As `this` of a
 * call goes along what `isRemoteObject` knows for an object of the other process.
 */
export function remoteProxy(
  handle: number,
  {
    callable,
    ask,
    isRemoteObject,
  }: {
    readonly callable: boolean;
    readonly ask: Ask;
    readonly isRemoteObject: (object: object) => boolean;
  },
): object {
  const target = callable ? function remote() {} : new RemoteObject();
  const local = (key: string | symbol) =>
    callable ? key === 'prototype' || key in Function.prototype : key in RemoteObject.prototype;
  const name = (key: string | symbol) =>
    key === Symbol.iterator
      ? '@@iterator'
      : key === Symbol.asyncIterator
        ? '@@asyncIterator'
        : typeof key === 'string' && !notRemote.has(key)
          ? key
          : undefined;
  const get = (key: string | symbol): unknown => {
    const known = name(key);
    if (known === undefined || (local(key) && key !== 'name' && key !== 'length'))
      return Reflect.get(target, key);
    return ask('get', handle, { key: known });
  };
  return new Proxy(target, {
    get: (_target, key) => get(key),
    set: (_target, key, value) => {
      const known = name(key);
      if (known === undefined) return false;
      ask('set', handle, { key: known, values: [value] });
      return true;
    },
    has: (_target, key) => {
      const known = name(key);
      return known === undefined || local(key) ? key in target : ask('has', handle, { key: known }) === true;
    },
    ownKeys: () => {
      const keys = ask('keys', handle, {});
      const names = Array.isArray(keys) ? keys.filter((key) => typeof key === 'string') : [];
      return [...new Set<string>(callable ? ['prototype', ...names] : names)];
    },
    getOwnPropertyDescriptor: (_target, key) => {
      const own = callable ? Reflect.getOwnPropertyDescriptor(target, key) : undefined;
      if (own || name(key) === undefined) return own;
      return { value: get(key), enumerable: true, configurable: true, writable: true };
    },
    apply: (_target, self, values) => {
      const own = typeof self === 'object' && self !== null && isRemoteObject(self);
      return ask('call', handle, { values: [own ? self : undefined, ...values] });
    },
    construct: (_target, values) => {
      const made = ask('new', handle, { values });
      if (typeof made !== 'object' || made === null) throw new TypeError('a class made no object');
      return made;
    },
    defineProperty: () => false,
    deleteProperty: () => false,
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
}

/** Names that languages and libraries read to find out what an object is; a remote one does not say. */
const notRemote = new Set(['then', 'constructor', '__proto__', 'toJSON', 'valueOf', 'toString']);
