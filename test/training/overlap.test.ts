import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { overlapped } from '../../lib/training/overlap';

describe('overlapped', () => {
  it('makes the next batch while one is computed, and gives the results in order', async () => {
    const events: string[] = [];
    const results = overlapped([1, 2, 3], {
      prepare: (id) => {
        events.push(`make ${id}`);
        return { count: id * 10 };
      },
      compute: async ({ count }) => {
        events.push(`start ${count}`);
        await setTimeout(5);
        events.push(`end ${count}`);
        return { loss: -count };
      },
    });
    const found: object[] = [];
    for await (const result of results) {
      found.push(result);
      events.push(`use ${result.count}`);
    }
    assert.deepEqual(found, [
      { loss: -10, count: 10 },
      { loss: -20, count: 20 },
      { loss: -30, count: 30 },
    ]);
    assert.deepEqual(events, [
      ...['make 1', 'start 10', 'make 2', 'end 10', 'use 10'],
      ...['start 20', 'make 3', 'end 20', 'use 20', 'start 30', 'end 30', 'use 30'],
    ]);
  });

  it('starts one ahead where it is told to', async () => {
    const events: string[] = [];
    const results = overlapped([1, 2, 3], {
      prepare: (count) => ({ count }),
      compute: async ({ count }) => {
        events.push(`start ${count}`);
        await setTimeout(5);
        return { loss: count };
      },
      ahead: () => 1,
    });
    for await (const { loss } of results) events.push(`use ${loss}`);
    assert.deepEqual(events, ['start 1', 'start 2', 'use 1', 'start 3', 'use 2', 'use 3']);
  });

  it('passes on what goes wrong, and starts nothing after it', async () => {
    let started = 0;
    const results = overlapped([1, 2, 3], {
      prepare: () => ({ count: 1 }),
      compute: async () => {
        started++;
        throw new Error('out of memory');
      },
    });
    await assert.rejects(results.next(), /out of memory/);
    assert.equal(started, 1);
  });
});
