import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { decodeFrame, encodeFrame, type Message, ProtocolError } from '../../../lib/grading/sandbox/codec';
import type { Ask } from '../../../lib/grading/sandbox/remote-proxy';
import { type Packed, RemoteValues } from '../../../lib/grading/sandbox/remote-values';
import { snapshot } from '../../../lib/grading/sandbox/restore';

function side(ask: Ask = () => assert.fail('nobody is asked')): RemoteValues {
  return new RemoteValues({ ask, onPromise: () => undefined });
}

/** Through the bytes of a frame. */
function sent({ values, nodes, updates, chunks }: Packed): Message {
  const empty = { kind: 'call', id: 1, target: 0, key: '', disposed: [], tensors: 0 } as const;
  const frame = encodeFrame({ ...empty, values, nodes, updates }, chunks);
  const length = frame.readUInt32LE(0);
  return decodeFrame(frame.subarray(8, 8 + length), frame.subarray(8 + length));
}

function through(value: unknown): unknown {
  return side().unpack(sent(side().pack([value]))).values[0];
}

/** Calls a function with a copy of the arguments, as the other process does; gives what comes back. */
function call(
  work: (...values: never[]) => unknown,
  values: readonly unknown[],
): { result: unknown; updates: number } {
  const [here, there] = [side(), side()];
  const asked = here.pack(values);
  const arrived = there.unpack(sent(asked));
  const changedFrom = arrived.objects.map(snapshot);
  const result = work(...(arrived.values as never[]));
  const reply = sent(there.pack([result], { objects: arrived.objects, changedFrom }));
  return { result: here.unpack(reply, asked.objects).values[0], updates: reply.updates.length };
}

describe('remote values', () => {
  it('hands over data as it is', () => {
    const values = [
      ...[undefined, null, true, 0, -0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY, 12n, 'a\ud800\u0000'],
      ...[[], [1, [2, undefined]], new Array(100).fill(-0.5), { a: 1, 'b c': [{}] }, Object.create(null)],
      ...[new Date(5), new Map<unknown, unknown>([[{ a: 1 }, 2]]), new Set([1, 'x'])],
      ...[Float32Array.of(1, Number.NaN), BigInt64Array.of(-1n), new Uint8Array(0), Buffer.from('abc')],
      ...[new ArrayBuffer(3), new DataView(new ArrayBuffer(4), 1, 2)],
    ];
    for (const value of values) assert.deepEqual(through(value), value);
  });

  it('keeps the holes of an array', () => {
    const sparse: number[] = [];
    sparse[2] = 7;
    const read = through(sparse) as number[];
    assert.deepEqual([read.length, 0 in read, 2 in read], [3, false, true]);
  });

  it('keeps cycles, and what is one object', () => {
    const inner = [1];
    const outer: Record<string, unknown> = { first: inner, second: inner };
    outer.self = outer;
    const read = through(outer) as typeof outer;
    assert.equal(read.first, read.second);
    assert.equal(read.self, read);
  });

  it('hands over a part of a memory with what lies around it, but of a Buffer only the part', () => {
    const part = Uint8Array.of(9, 9, 1, 2).subarray(2);
    const read = through(part) as Uint8Array;
    assert.deepEqual([read.byteOffset, read.buffer.byteLength, ...read], [2, 4, 1, 2]);
    const text = through(Buffer.from('ab')) as Buffer;
    assert.equal(text.buffer.byteLength, 2);
  });

  it('makes errors of JavaScript’s own kinds', () => {
    const here = side();
    const error = here.unpack(sent(side().pack([new RangeError('too large')]))).values[0];
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, 'too large');
    class Own extends TypeError {}
    assert.ok(through(new Own('x')) instanceof TypeError);
  });

  it('takes __proto__ for a key like any other', () => {
    const read = through(JSON.parse('{"__proto__": {"polluted": 1}}')) as object;
    assert.deepEqual(Object.keys(read), ['__proto__']);
    assert.equal(Reflect.get(read, 'polluted'), undefined);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('leaves out what turns an object into a number', () => {
    const read = through({ valueOf: () => 5, size: 1 });
    assert.deepEqual(read, { size: 1 });
  });

  it('reads getters once', () => {
    let reads = 0;
    const read = through({
      get size() {
        return ++reads;
      },
    }) as { size: number };
    assert.deepEqual([read.size, read.size], [1, 1]);
  });

  it('gives a function back to whom it belongs', () => {
    const [here, there] = [side(), side()];
    const work = () => 1;
    const remote = there.unpack(sent(here.pack([work]))).values[0];
    assert.equal(typeof remote, 'function');
    assert.equal(here.unpack(sent(there.pack([remote]))).values[0], work);
  });

  it('asks the other process about functions and instances', () => {
    const asked: unknown[] = [];
    const here = side((access, handle, { key, values }) => {
      asked.push([access, handle, key, values]);
      return 3;
    });
    class Counter {}
    const [count, counter] = here.unpack(sent(side().pack([() => 1, new Counter()]))).values as [
      (by: number) => number,
      { total: number },
    ];
    assert.equal(count(2), 3);
    assert.equal(counter.total, 3);
    assert.deepEqual(asked, [
      ['call', 0, undefined, [undefined, 2]],
      ['get', 1, 'total', undefined],
    ]);
    assert.notDeepEqual(counter, {});
    assert.equal(Reflect.get(counter, 'then'), undefined);
  });

  it('hands back what a function changed in its arguments, and that alone', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    const lists = { kept: [1], changed: [3, 1, 2], gone: 1 };
    const { result, updates } = call(
      (given: Uint8Array, { changed, ...rest }: typeof lists) => {
        given[1] = 9;
        changed.sort();
        return rest.kept;
      },
      [bytes, lists],
    );
    assert.deepEqual([[...bytes], lists.changed, updates], [[1, 9, 3], [1, 2, 3], 2]);
    assert.equal(result, lists.kept); // the very object
  });

  it('changes nothing that is frozen', () => {
    const frozen = Object.freeze([2, 1]);
    call((list: number[]) => list.sort(), [frozen]);
    assert.deepEqual(frozen, [2, 1]);
  });

  it('hands over tensors, and disposes them on both sides together', () => {
    const before = tf.memory().numTensors;
    const [here, there] = [side(), side()];
    const own = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
    const copy = here.unpack(sent(there.pack([own]))).values[0] as tf.Tensor;
    assert.deepEqual([copy.dtype, copy.shape, [...copy.dataSync()]], ['int32', [1, 3], [1, 2, 3]]);
    assert.deepEqual([here.sharedTensors(), there.sharedTensors()], [1, 1]);
    copy.dispose();
    there.dispose(here.takeDisposed());
    assert.ok(own.isDisposed);
    assert.equal(tf.memory().numTensors, before);
  });

  it('builds a network anew, and disposes it on both sides together', () => {
    const before = tf.memory().numTensors;
    const [here, there] = [side(), side()];
    const own = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const copy = here.unpack(sent(there.pack([own]))).values[0] as tf.LayersModel;
    assert.ok(copy instanceof tf.LayersModel);
    const [expected, got] = tf.tidy(() =>
      [own, copy].map((model) => [...(model.predict(tf.ones([1, 3])) as tf.Tensor).dataSync()]),
    );
    assert.deepEqual(got, expected);
    assert.equal(here.sharedTensors(), 2);
    copy.dispose();
    there.dispose(here.takeDisposed());
    assert.equal(tf.memory().numTensors, before);
  });

  it('refuses what refers to nothing', () => {
    const empty = { values: [], nodes: [], updates: [], data: new Uint8Array(4) };
    const bytes = { is: 'bytes', range: { offset: 0, length: 4 } } as const;
    const wrong: Partial<Message>[] = [
      { values: [['r', 0]] },
      { values: [['q', 3]] },
      { nodes: [{ is: 'view', type: 'Uint8Array', buffer: 5, offset: 0, length: 1 }] },
      { nodes: [bytes, { is: 'view', type: 'Float64Array', buffer: 0, offset: 0, length: 1 }] },
      { nodes: [bytes, { is: 'view', type: 'Uint8Array', buffer: 0, offset: 3, length: 9 }] },
      {
        nodes: [
          { is: 'array', items: [] },
          { is: 'tensor', handle: 1, dtype: 'int32', shape: [0], values: 0 },
        ],
      },
    ];
    for (const message of wrong) assert.throws(() => side().unpack({ ...empty, ...message }), ProtocolError);
  });
});
