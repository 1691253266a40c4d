import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { watched, withinTime } from '../../../lib/data/download/stream';

async function* chunks(lengths: readonly number[], { pauseMs = 0 } = {}) {
  for (const length of lengths) {
    await sleep(pauseMs);
    yield new Uint8Array(length);
  }
}

async function drain(stream: AsyncIterable<Uint8Array>): Promise<number[]> {
  const lengths: number[] = [];
  for await (const chunk of stream) lengths.push(chunk.length);
  return lengths;
}

describe('watched', () => {
  it('hands on every chunk and counts the bytes', async () => {
    const seen: number[] = [];
    const stream = watched(chunks([3, 4, 5]), { onBytes: (bytes) => seen.push(bytes) });
    assert.deepEqual(await drain(stream), [3, 4, 5]);
    assert.deepEqual(seen, [3, 7, 12]);
  });

  it('gives up when nothing comes for too long, but not on a slow stream', async () => {
    assert.deepEqual(
      await drain(watched(chunks([1, 1, 1, 1], { pauseMs: 20 }), { stallMs: 60 })),
      [1, 1, 1, 1],
    );
    await assert.rejects(drain(watched(chunks([1, 1], { pauseMs: 200 }), { stallMs: 60 })), {
      name: 'StallError',
      message: 'no bytes for 0.06 s',
    });
  });

  it('ends with the reason of its signal', async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('enough')), 20);
    async function* stalled() {
      yield new Uint8Array(1);
      await new Promise(() => undefined);
    }
    await assert.rejects(drain(watched(stalled(), { signal: stop.signal })), /enough/);
  });

  it('closes the source when the reader leaves early', async () => {
    let closed = false;
    async function* source() {
      try {
        while (true) yield new Uint8Array(1);
      } finally {
        closed = true;
      }
    }
    for await (const _ of watched(source())) break;
    await sleep(0);
    assert.ok(closed);
  });
});

describe('withinTime', () => {
  it('gives the value in time', async () => {
    assert.equal(await withinTime(Promise.resolve(7), { stallMs: 50 }), 7);
    assert.equal(await withinTime(sleep(5, 8), {}), 8);
  });
});
