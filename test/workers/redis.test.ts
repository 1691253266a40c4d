import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../lib/random';
import {
  createStudy,
  journalStorage,
  medianPruner,
  noPruner,
  randomSampler,
  type Trial,
} from '../../lib/tuning';
import { coordinate, parseRedisUrl } from '../../lib/workers';
import { closed, dismiss, endsOf, hireWorker, readLines } from './crew';
import { hasRedis, RedisServer } from './redis-server';
import type { SleepJob } from './sleep-worker';

describe('trials at a Redis', function () {
  this.timeout(120_000);
  let folder: string;
  let server: RedisServer;
  let journal: string;
  let log: string;
  let workers: ChildProcess[] = [];

  before(function () {
    if (!hasRedis) this.skip();
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'course-workers-'));
    journal = join(folder, 'study.log');
    log = join(folder, 'workers.log');
    writeFileSync(log, '');
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await dismiss(workers);
    workers = [];
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const hire = (count: number, { lockMs = 1000 } = {}) => {
    for (let i = 0; i < count; i++) {
      workers.push(hireWorker({ url: server.url, queue: 'test', lockMs, log }));
    }
  };
  const hired = async (count: number) => {
    // each of them waits for its first job
    const busy = () => new Set(readLines(log).map((line) => line.split(' ')[0])).size;
    while (busy() < count) await sleep(20);
  };
  const study = (pruner = noPruner()) =>
    createStudy({
      direction: 'maximize',
      storage: journalStorage(journal),
      sampler: randomSampler(),
      pruner,
    });
  const prepare =
    ({ steps, ms }: Omit<SleepJob, 'x'>) =>
    (trial: Trial): SleepJob => ({ x: trial.suggestFloat('x', { low: 0, high: 1 }), steps, ms });

  it('are computed by the workers, and end in the journal of the coordinator', async () => {
    hire(2);
    const address = parseRedisUrl(server.url);
    await coordinate(study(), {
      address,
      queue: 'test',
      prepare: prepare({ steps: 2, ms: 5 }),
      totalTrials: 10,
    });
    const { trials } = study();
    assert.equal(trials.length, 10);
    for (const { state, value, params, intermediateValues } of trials) {
      assert.deepEqual([state, value], ['complete', params.x]);
      assert.deepEqual([...intermediateValues], [[1, params.x]]);
    }
  });

  it('end exactly once each, though workers are killed and Redis forgets everything', async () => {
    const random = createRandom('kill');
    hire(4);
    const run = coordinate(study(), {
      address: parseRedisUrl(server.url),
      queue: 'test',
      prepare: prepare({ steps: 3, ms: 10 }),
      totalTrials: 60,
    });
    await hired(4);
    await sleep(100 * random.uniform());
    workers[0].kill('SIGKILL');
    await sleep(200 * random.uniform());
    await server.restart();
    await sleep(200 * random.uniform());
    workers[1].kill('SIGKILL');
    await run;
    const { trials } = study();
    assert.equal(trials.filter(({ state }) => state === 'complete').length, 60);
    assert.deepEqual(endsOf(journal), Array(trials.length).fill(1));
    for (const { value, params } of trials) assert.equal(value, params.x);
  });

  it('are stopped in the middle where the pruner says so', async () => {
    hire(1);
    const values = [0.9, 0.8, 0.7, 0.1, 0.95];
    const pruned = study(medianPruner({ startupTrials: 2 }));
    for (const x of values) pruned.enqueue({ x });
    const address = parseRedisUrl(server.url);
    await coordinate(pruned, {
      address,
      queue: 'test',
      prepare: prepare({ steps: 4, ms: 300 }),
      totalTrials: 5,
    });
    const { trials } = study();
    assert.deepEqual(
      trials.map(({ state }) => state),
      ['complete', 'complete', 'pruned', 'pruned', 'complete'],
    );
    assert.ok(trials[3].intermediateValues.size < 3);
    assert.equal(trials[3].value, 0.1);
  });

  it('go back to the queue when a worker leaves, and to the study when the coordinator does', async () => {
    hire(1);
    const address = parseRedisUrl(server.url);
    const stop = new AbortController();
    const options = { address, queue: 'test', prepare: prepare({ steps: 1, ms: 400 }), totalTrials: 2 };
    const run = coordinate(study(), { ...options, signal: stop.signal });
    await hired(1);
    workers[0].kill('SIGTERM'); // its trial is not lost
    await closed(workers[0]);
    hire(1);
    await hired(2);
    stop.abort(new Error('enough'));
    await assert.rejects(run, /enough/);
    assert.deepEqual(
      study().trials.map(({ state }) => state),
      ['fail', 'waiting'],
    );
    await coordinate(study(), options);
    const { trials } = study();
    const complete = trials.filter(({ state }) => state === 'complete');
    assert.equal(complete.length, 2);
    assert.equal(complete[0].value, trials[0].params.x); // the same parameters as before
  });

  it('that throw fail, with the reason, and the study goes on', async () => {
    hire(1);
    const address = parseRedisUrl(server.url);
    const bad = (trial: Trial) => (trial.number === 0 ? null : prepare({ steps: 1, ms: 1 })(trial));
    await coordinate(study(), { address, queue: 'test', prepare: bad, totalTrials: 2 });
    const [first, second] = study().trials;
    assert.deepEqual([first.state, second.state], ['fail', 'complete']);
    assert.match(String(first.systemAttrs.fail_reason), /Cannot destructure/);
  });

  it('wait for no worker when time is up', async () => {
    const address = parseRedisUrl(server.url);
    const counts: number[] = [];
    await coordinate(study(), {
      address,
      queue: 'test',
      prepare: prepare({ steps: 1, ms: 1 }),
      timeoutMs: 300,
      onWorkers: (count) => counts.push(count),
    });
    assert.deepEqual(counts, [0]);
    assert.deepEqual(
      study().trials.map(({ state }) => state),
      ['fail', 'waiting'],
    );
  });
});
