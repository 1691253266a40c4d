import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { measure } from '../lib/timing';

describe('measure', () => {
  it('counts the repeats, not the warm-up, and waits for asynchronous work', async () => {
    let calls = 0;
    const timing = await measure(
      async () => {
        calls++;
        await setTimeout(5);
      },
      { warmup: 2, repeats: 4 },
    );
    assert.equal(calls, 6);
    assert.equal(timing.n, 4);
    assert.ok(timing.minMs > 3, `${timing.minMs} ms`);
    assert.ok(timing.minMs <= timing.medianMs && timing.medianMs <= timing.maxMs);
  });
});
