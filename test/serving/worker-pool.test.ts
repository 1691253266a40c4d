import assert from 'node:assert/strict';
import { WorkerPool } from '../../lib/serving/worker-pool';
import { brightness, deferred, fakeWorker, plain, settle } from './fakes';

const hang = () => new Promise<Float32Array>(() => undefined);

describe('WorkerPool', () => {
  it('gives each worker one batch at a time', async () => {
    const asked: number[] = [];
    const gates = [deferred<void>(), deferred<void>()];
    const workers = gates.map(({ promise }, i) =>
      fakeWorker(i, async (pixels, count) => {
        asked.push(i);
        await promise;
        return brightness(pixels, count);
      }),
    );
    const pool = new WorkerPool(workers, { start: async () => assert.fail() });
    const answers = [0, 0, 255].map((value) => pool.predict(plain(value), 1));
    assert.deepEqual(asked, [0, 1]);
    gates[1].resolve();
    await settle();
    assert.deepEqual(asked, [0, 1, 1]);
    gates[0].resolve();
    assert.deepEqual([...(await answers[2])], [0, 1]);
    await Promise.all(answers);
    await pool.close();
  });

  it('computes the batch of a worker that died on another one, and replaces it', async () => {
    const problems: string[] = [];
    const first = fakeWorker(1, hang);
    const pool = new WorkerPool([first], {
      start: async () => fakeWorker(2),
      backoffMs: 1,
      onProblem: (reason) => problems.push(reason),
    });
    const answers = [pool.predict(plain(255), 1), pool.predict(plain(0), 1)];
    first.die('the worker ended with SIGKILL');
    assert.deepEqual([...(await answers[0])], [0, 1]);
    assert.deepEqual([...(await answers[1])], [1, 0]);
    assert.deepEqual([problems, pool.pids], [['the worker ended with SIGKILL'], [2]]);
    await pool.close();
  });

  it('replaces a worker that died between batches', async () => {
    const first = fakeWorker(1);
    const pool = new WorkerPool([first], { start: async () => fakeWorker(2), backoffMs: 1 });
    first.die('out of memory');
    assert.deepEqual([...(await pool.predict(plain(255), 1))], [0, 1]);
    await pool.close();
  });

  it('gives up a batch that ends two workers, not the pool', async () => {
    let started = 0;
    const deadly = () => {
      const worker = fakeWorker(++started, async (pixels, count) => {
        if (pixels[0] !== 66) return brightness(pixels, count);
        worker.die('SIGSEGV');
        return hang();
      });
      return worker;
    };
    const pool = new WorkerPool([deadly()], { start: async () => deadly(), backoffMs: 1 });
    await assert.rejects(pool.predict(plain(66), 1), { statusCode: 500, message: /2 workers ended/ });
    assert.deepEqual([...(await pool.predict(plain(255), 1))], [0, 1]);
    assert.equal(started, 3);
    await pool.close();
  });

  it('passes on an error of the computation, without another try', async () => {
    let tries = 0;
    const failing = fakeWorker(1, async () => {
      tries++;
      throw new Error('bad shape');
    });
    const pool = new WorkerPool([failing], { start: async () => assert.fail() });
    await assert.rejects(pool.predict(plain(0), 1), /bad shape/);
    assert.equal(tries, 1);
    await pool.close();
  });

  it('refuses what waits when no worker can be started, and recovers when one can', async () => {
    const first = fakeWorker(1);
    let broken = true;
    const pool = new WorkerPool([first], {
      start: async () => {
        if (broken) throw new Error('no memory');
        return fakeWorker(2);
      },
      backoffMs: 1,
    });
    first.die('killed');
    await settle();
    await assert.rejects(pool.predict(plain(0), 1), { statusCode: 503 });
    broken = false;
    assert.deepEqual([...(await pool.predict(plain(255), 1))], [0, 1]);
    await pool.close();
    await assert.rejects(pool.predict(plain(0), 1), /closed/);
  });
});
