import { types } from 'node:util';
import type { LayersModel } from '@tensorflow/tfjs';
import { type Message, type Node, ProtocolError, type Range, type Wire } from './codec';
import {
  bytesOf,
  copyOf,
  errorFrom,
  isAllNumbers,
  nameOf,
  valuesOf,
  viewFrom,
  viewNode,
  viewTypeOf,
} from './plain-objects';
import { type Ask, remoteProxy } from './remote-proxy';
import { fill, type Snapshot, update } from './restore';
import {
  isModel,
  isTensor,
  type ModelParts,
  modelFrom,
  modelParts,
  tensorFrom,
  tensorParts,
} from './tensor-values';

/** Values ready to be sent. */
export interface Packed extends Pick<Message, 'values' | 'nodes' | 'updates'> {
  readonly chunks: readonly Uint8Array[];
  /** The objects in it by index, those of the question first. */
  readonly objects: readonly object[];
}

/** The most objects that the other process may hold of this one. */
const maxExports = 200_000;

/**
 * Hands values to another process and takes its values. Plain data, tensors and networks go by value; functions, promises
 * and instances of classes by reference. A tensor and its copy are disposed together.
 */
export class RemoteValues {
  private readonly ask: Ask;
  private readonly exported: object[] = [];
  private readonly exportedAs = new WeakMap<object, number>();
  /** Proxies and copies of the other's objects, by the other's handle. */
  private readonly imported = new Map<number, object>();
  private readonly importedAs = new WeakMap<object, number>();
  private readonly settling = new Map<number, Settling>();
  private readonly dropped: number[] = [];
  private readonly disposedModels = new WeakSet<object>();
  private readonly onPromise: (promise: Promise<unknown>, handle: number) => void;

  /** `onPromise` is told of each promise of this process that the other one gets to know. */
  constructor({
    ask,
    onPromise,
  }: {
    readonly ask: Ask;
    readonly onPromise: (promise: Promise<unknown>, handle: number) => void;
  }) {
    this.ask = ask;
    this.onPromise = onPromise;
  }

  /** The own object that the other process means. */
  own(handle: number): object {
    const object = this.exported[handle];
    if (!object) throw new ProtocolError('no such object');
    return object;
  }

  /** Handle of an own object, for the other process to use. */
  share(object: object): number {
    const before = this.exportedAs.get(object);
    if (before !== undefined) return before;
    if (this.exported.length >= maxExports) throw new RangeError('too many objects were handed over');
    const handle = this.exported.push(object) - 1;
    this.exportedAs.set(object, handle);
    if (types.isPromise(object)) this.onPromise(object, handle);
    return handle;
  }

  /** Tensors that both processes have: those of copies here, and those handed over. */
  sharedTensors(): number {
    const all = [...this.imported.values(), ...this.exported];
    return all.reduce((sum, object) => {
      if (isTensor(object)) return sum + (object.isDisposed ? 0 : 1);
      return isModel(object) && !this.disposedModels.has(object) ? sum + object.weights.length : sum;
    }, 0);
  }

  /** Handles of the other's tensors and networks whose copies here were disposed since the last time. */
  takeDisposed(): number[] {
    for (const [handle, object] of this.imported) {
      if (isTensor(object) && object.isDisposed) {
        this.imported.delete(handle);
        this.dropped.push(handle);
      }
    }
    return this.dropped.splice(0);
  }

  /** Disposes what the other process disposed. */
  dispose(handles: readonly number[]): void {
    for (const handle of handles) {
      const object = this.own(handle);
      if (isTensor(object) && !object.isDisposed) object.dispose();
      else if (isModel(object) && !this.disposedModels.has(object)) {
        this.disposedModels.add(object);
        object.dispose();
      }
    }
  }

  /** `changedFrom`: how the objects of the question were when they came; those that differ now are sent along. */
  pack(
    values: readonly unknown[],
    {
      objects = [],
      changedFrom = [],
    }: { objects?: readonly object[]; changedFrom?: readonly (Snapshot | undefined)[] } = {},
  ): Packed {
    const nodes: Node[] = [];
    const chunks: Uint8Array[] = [];
    const all = [...objects];
    const indexes = new Map(all.map((object, index) => [object, index]));
    let length = 0;
    const add = (bytes: Uint8Array): Range => {
      const offset = length;
      chunks.push(bytes);
      length += bytes.byteLength;
      return { offset, length: bytes.byteLength };
    };
    const place = (object: object): number => {
      const before = indexes.get(object);
      if (before !== undefined) return before;
      const index = all.push(object) - 1;
      indexes.set(object, index);
      return index;
    };
    const wire = (value: unknown): Wire => {
      if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
      if (value === undefined) return ['u'];
      if (typeof value === 'number') {
        if (Object.is(value, -0)) return ['n', '-0'];
        return Number.isFinite(value) ? value : ['n', String(value)];
      }
      if (typeof value === 'bigint') return ['i', String(value)];
      if (typeof value === 'symbol') return ['y', value.description ?? ''];
      const object = value as object;
      const handle = this.importedAs.get(object);
      if (handle !== undefined && !indexes.has(object)) return ['q', handle];
      return ['r', place(object)];
    };
    const describe = (object: object): Node => this.describe(object, { wire, place, add });
    const sent = values.map(wire);
    const updates = changedFrom.flatMap((before, index): [number, Node][] =>
      before?.changed() ? [[index, describe(objects[index])]] : [],
    );
    // What a described object refers to is appended while this runs.
    for (let index = objects.length; index < all.length; index++) nodes.push(describe(all[index]));
    return { values: sent, nodes, updates, chunks, objects: all };
  }

  private describe(
    object: object,
    {
      wire,
      place,
      add,
    }: {
      wire: (value: unknown) => Wire;
      place: (object: object) => number;
      add: (bytes: Uint8Array) => Range;
    },
  ): Node {
    if (typeof object === 'function') return { is: 'function', handle: this.share(object) };
    if (types.isPromise(object)) return { is: 'promise', handle: this.share(object) };
    if (object instanceof Error)
      return { is: 'error', name: nameOf(object), message: String(object.message) };
    if (isTensor(object)) {
      const parts = tensorParts(object);
      if (!parts) return { is: 'reference', handle: this.share(object) };
      const { dtype, shape, values } = parts;
      return { is: 'tensor', handle: this.share(object), dtype, shape, values: place(values) };
    }
    if (isModel(object)) {
      const { topology, weights } = modelParts(object);
      return { is: 'model', handle: this.share(object), topology, weights: weights.map(place) };
    }
    const prototype = Object.getPrototypeOf(object);
    if (Array.isArray(object) && prototype === Array.prototype) {
      if (object.length >= 32 && isAllNumbers(object))
        return { is: 'numbers', range: add(bytesOf(Float64Array.from(object))) };
      return {
        is: 'array',
        items: Array.from(object, (item, i) => (item === undefined && !(i in object) ? ['h'] : wire(item))),
      };
    }
    if (prototype === Object.prototype || prototype === null) {
      const keys = Object.keys(object);
      const items = keys.map((key) => wire(Reflect.get(object, key)));
      return { is: 'object', plain: prototype !== null, keys, items };
    }
    if (object instanceof Map && prototype === Map.prototype)
      return { is: 'map', items: [...object].flatMap(([key, value]) => [wire(key), wire(value)]) };
    if (object instanceof Set && prototype === Set.prototype)
      return { is: 'set', items: [...object].map(wire) };
    if (object instanceof Date && prototype === Date.prototype)
      return { is: 'date', time: wire(object.getTime()) };
    if (object instanceof ArrayBuffer && prototype === ArrayBuffer.prototype)
      return { is: 'bytes', range: add(new Uint8Array(object)) };
    if (ArrayBuffer.isView(object) && !types.isSharedArrayBuffer(object.buffer)) {
      const type = viewTypeOf(object, prototype);
      if (type) return viewNode(object, type, place);
    }
    return { is: 'reference', handle: this.share(object) };
  }

  /** What a message brings, `objects` being those of the question that it answers. */
  unpack(
    message: Pick<Message, 'values' | 'nodes' | 'updates' | 'data'>,
    objects: readonly object[] = [],
  ): { readonly values: readonly unknown[]; readonly objects: readonly object[] } {
    const { nodes, updates, data } = message;
    const base = objects.length;
    const all: object[] = [...objects];
    const read = (value: Wire): unknown => this.read(value, all);
    const at = (index: number): object => {
      const object = all[index];
      if (!object) throw new ProtocolError('an object refers to one that is not there');
      return object;
    };
    // Those that are made of others come last: views of buffers, tensors and networks of views.
    for (const made of [simple, ['view'], ['tensor', 'model']]) {
      for (const [i, node] of nodes.entries())
        if (made.includes(node.is)) all[base + i] = this.create(node, { at, data, objects });
    }
    for (const [i, node] of nodes.entries()) fill(all[base + i], node, read);
    for (const [index, node] of updates) update(objects[index], node, { read, data });
    return { values: message.values.map(read), objects: all };
  }

  private read(value: Wire, objects: readonly object[]): unknown {
    if (!Array.isArray(value)) return value;
    const [tag, content] = value;
    if (tag === 'r' || tag === 'q') {
      const object = tag === 'r' ? objects[Number(content)] : this.own(Number(content));
      if (!object) throw new ProtocolError('an object refers to one that is not there');
      return object;
    }
    if (tag === 'n') return Number(content);
    if (tag === 'i') return BigInt(content);
    if (tag === 'y') return Symbol(String(content));
    return undefined;
  }

  /** An object still without what it refers to. */
  private create(
    node: Node,
    { at, data, objects }: { at: (index: number) => object; data: Uint8Array; objects: readonly object[] },
  ): object {
    switch (node.is) {
      case 'array':
        return [];
      case 'numbers':
        return Array.from(new Float64Array(copyOf(data, node.range)));
      case 'object':
        return node.plain ? {} : Object.create(null);
      case 'map':
        return new Map();
      case 'set':
        return new Set();
      case 'date':
        return new Date(Number(this.read(node.time, [])));
      case 'error':
        return errorFrom(node);
      case 'bytes':
        return copyOf(data, node.range);
      case 'view':
        return viewFrom(node, at(node.buffer));
      case 'tensor':
        return this.copyOfOther(node.handle, () =>
          tensorFrom({ ...node, values: valuesOf(at(node.values), node.dtype) }),
        );
      case 'model':
        return this.copyOfOther(node.handle, () => {
          const weights = node.weights.map((index) => valuesOf(at(index), 'float32') as Float32Array);
          const model = builtOrError({ topology: node.topology, weights });
          if (model instanceof Error) return model;
          const dispose = model.dispose.bind(model);
          model.dispose = () => {
            if (!this.disposedModels.has(model)) this.dropped.push(node.handle);
            this.disposedModels.add(model);
            this.imported.delete(node.handle);
            return dispose();
          };
          return model;
        });
      case 'promise':
        return this.copyOfOther(node.handle, () => {
          const promise = new Promise((resolve, reject) => {
            this.settling.set(node.handle, { resolve, reject, objects });
          });
          promise.catch(() => undefined); // whoever awaits it sees the error; nobody has to
          return promise;
        });
      case 'function':
      case 'reference':
        return this.copyOfOther(node.handle, () =>
          remoteProxy(node.handle, {
            callable: node.is === 'function',
            ask: this.ask,
            isRemoteObject: (object) => this.importedAs.has(object),
          }),
        );
    }
  }

  /** How a promise of the other process ended; `objects` are those of the question that it was the answer to. */
  settled(handle: number): Settling {
    const settling = this.settling.get(handle);
    if (!settling) throw new ProtocolError('no such promise');
    this.settling.delete(handle);
    return settling;
  }

  /** Fails all promises of the other process that are open. */
  abandon(reason: Error): void {
    for (const { reject } of this.settling.values()) reject(reason);
    this.settling.clear();
  }

  private copyOfOther(handle: number, make: () => object): object {
    const before = this.imported.get(handle);
    if (before && !(isTensor(before) && before.isDisposed)) return before;
    const made = make();
    this.imported.set(handle, made);
    this.importedAs.set(made, handle);
    return made;
  }
}

/** A network; an error in its place where its layers are not of TensorFlow.js itself, or their settings wrong. */
function builtOrError(parts: ModelParts): LayersModel | Error {
  try {
    return modelFrom(parts);
  } catch (error) {
    return new Error(
      `a network that cannot be built again: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** How to end a promise, and the objects of the question that it was the answer to. */
export interface Settling {
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
  readonly objects: readonly object[];
}

const simple: readonly Node['is'][] = [
  'array',
  'numbers',
  'object',
  'map',
  'set',
  'date',
  'error',
  'bytes',
  'promise',
  'function',
  'reference',
];
