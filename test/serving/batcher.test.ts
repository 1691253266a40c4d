import assert from 'node:assert/strict';
import { Batcher, type BatchingOptions, type BatchReport } from '../../lib/serving/batcher';
import { brightness, deferred, fakeClock, imageSize, plain, settle } from './fakes';

/** A batcher whose batches are computed when the test says so. */
function held(options: BatchingOptions = {}) {
  const clock = fakeClock();
  const started: { images: number; finish: () => void; fail: (error: Error) => void }[] = [];
  const reports: BatchReport[] = [];
  const batcher = new Batcher({
    ...options,
    clock,
    onBatch: (report) => reports.push(report),
    compute: (pixels, count) => {
      assert.equal(pixels.length, count * imageSize);
      const { promise, resolve, reject } = deferred<Float32Array>();
      started.push({
        images: count,
        finish: () => void brightness(pixels, count).then(resolve),
        fail: reject,
      });
      return promise;
    },
  });
  return { batcher, clock, started, reports, sizes: () => started.map(({ images }) => images) };
}

describe('Batcher', () => {
  it('computes the first request at once, and joins those that come meanwhile', async () => {
    const { batcher, started, sizes } = held();
    const answers = [51, 102, 153].map((value, i) => batcher.submit(plain(value, i + 1), i + 1));
    assert.deepEqual(sizes(), [1]);
    assert.equal(batcher.queuedImages, 5);
    started[0].finish();
    await settle();
    assert.deepEqual(sizes(), [1, 5]);
    started[1].finish();
    const rows = (await Promise.all(answers)).map((each) => [...each].map((p) => Math.round(p * 10)));
    assert.deepEqual(rows, [
      [8, 2],
      [6, 4, 6, 4],
      [4, 6, 4, 6, 4, 6],
    ]);
  });

  it('fills batches up to their size in the order of the requests', async () => {
    const { batcher, started, sizes } = held({ maxBatchSize: 4 });
    void batcher.submit(plain(0), 1);
    for (const count of [3, 2, 2, 4, 1]) void batcher.submit(plain(0, count), count);
    for (let i = 0; i < 5; i++) {
      started[i]?.finish();
      await settle();
    }
    assert.deepEqual(sizes(), [1, 3, 4, 4, 1]);
    assert.throws(() => batcher.submit(plain(0, 5), 5), /expected 1 to 4, got 5/);
    assert.throws(() => batcher.submit(plain(0), Number.NaN), RangeError);
  });

  it('waits for others as long as the timeout says, unless the batch is full', async () => {
    const { batcher, clock, sizes, reports, started } = held({ maxBatchSize: 4, batchTimeoutMicros: 5000 });
    void batcher.submit(plain(0), 1);
    clock.advance(3);
    void batcher.submit(plain(0), 1);
    clock.advance(1.9);
    assert.deepEqual(sizes(), []);
    clock.advance(0.1); // 5 ms after the first
    assert.deepEqual(sizes(), [2]);
    clock.advance(7);
    started[0].finish();
    await settle();
    assert.deepEqual(reports, [{ images: 2, requests: 2, waitedMs: 5, computeMs: 7 }]);
    void batcher.submit(plain(0, 4), 4);
    assert.deepEqual(sizes(), [2, 4]);
  });

  it('refuses at once what does not fit into the queue', async () => {
    const { batcher, started } = held({ maxBatchSize: 2, maxEnqueuedBatches: 2 });
    const first = batcher.submit(plain(0), 1);
    const waiting = [2, 1, 1].map((count) => batcher.submit(plain(0, count), count));
    const refused = await batcher.submit(plain(0), 1).catch((error) => error);
    assert.equal(refused.statusCode, 503);
    assert.match(refused.message, /too many requests/);
    for (let i = 0; i < 3; i++) {
      started[i].finish();
      await settle();
    }
    await Promise.all([first, ...waiting]); // what was accepted is answered
    const later = batcher.submit(plain(255), 1);
    started[3].finish();
    assert.deepEqual([...(await later)], [0, 1]);
  });

  it('drops the request of a client that is gone, but not one that is computed', async () => {
    const { batcher, started, sizes } = held();
    let reason: Error | undefined;
    const gone = () => reason;
    const early = batcher.submit(plain(0), 1, { gone });
    const dropped = batcher.submit(plain(0, 3), 3, { gone });
    const stays = batcher.submit(plain(255), 1);
    reason = new Error('gone');
    started[0].finish();
    assert.deepEqual([...(await early)], [1, 0]);
    await assert.rejects(dropped, /gone/);
    assert.deepEqual(sizes(), [1, 1]);
    started[1].finish();
    assert.deepEqual([...(await stays)], [0, 1]);
    await assert.rejects(batcher.submit(plain(0), 1, { gone }), /gone/);
    assert.deepEqual(sizes(), [1, 1]);
  });

  it('keeps as many batches under way as there are threads', async () => {
    const { batcher, started, sizes } = held({ numBatchThreads: 2 });
    for (let i = 0; i < 4; i++) void batcher.submit(plain(0), 1);
    assert.deepEqual(sizes(), [1, 1]);
    started[1].finish();
    await settle();
    assert.deepEqual(sizes(), [1, 1, 2]);
  });

  it('tells every request of a batch that failed, and goes on', async () => {
    const { batcher, started } = held();
    void batcher.submit(plain(0), 1);
    const both = [batcher.submit(plain(0), 1), batcher.submit(plain(0), 1)];
    const outcome = Promise.allSettled(both);
    started[0].finish();
    await settle();
    started[1].fail(new Error('no memory'));
    assert.deepEqual(
      (await outcome).map(({ status }) => status),
      ['rejected', 'rejected'],
    );
    const next = batcher.submit(plain(255), 1);
    started[2].finish();
    assert.deepEqual([...(await next)], [0, 1]);
  });
});
