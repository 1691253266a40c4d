/*
 * Trials at a Redis: 200 of them with 4 workers, two of which are killed at random moments while Redis is restarted once;
 * then how long 1, 2 and 4 workers take for objectives that sleep. Writes data/benchmarks/tuning-distributed.json.
 * Two minutes; needs redis-server.
 *
 *     npm run record:tuning
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Redis from 'ioredis';
import { writeFileAtomically } from '../../lib/atomic-file';
import { courseRoot } from '../../lib/paths';
import { createRandom } from '../../lib/random';
import {
  createStudy,
  journalStorage,
  noPruner,
  randomSampler,
  type Study,
  type Trial,
} from '../../lib/tuning';
import { coordinate, parseRedisUrl } from '../../lib/workers';
import { machine } from '../tuning/optuna';
import { dismiss, endsOf, hireWorker } from './crew';
import { hasRedis, RedisServer } from './redis-server';
import type { SleepJob } from './sleep-worker';

const queue = 'record';
const rounds = 3;

/** A Redis, workers at it that are ready, and a folder for a journal; all gone afterwards. */
async function withCrew<T>(
  count: number,
  work: (crew: {
    readonly server: RedisServer;
    readonly workers: readonly ReturnType<typeof hireWorker>[];
    readonly journal: string;
  }) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'distributed-'));
  const server = await RedisServer.start();
  const log = join(folder, 'workers.log');
  writeFileSync(log, '');
  const workers = Array.from({ length: count }, () =>
    hireWorker({ url: server.url, queue, lockMs: 1000, log }),
  );
  try {
    const redis = new Redis(server.url);
    while ((await redis.zcard(`${queue}:workers`)) < count) await sleep(20);
    redis.disconnect();
    return await work({ server, workers, journal: join(folder, 'study.log') });
  } finally {
    await dismiss(workers);
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function studyIn(journal: string): Study {
  const storage = journalStorage(journal);
  return createStudy({ direction: 'maximize', storage, sampler: randomSampler(), pruner: noPruner() });
}

function sleeping({ steps, ms }: Omit<SleepJob, 'x'>): (trial: Trial) => SleepJob {
  return (trial) => ({ x: trial.suggestFloat('x', { low: 0, high: 1 }), steps, ms });
}

/** What became of 200 trials with two workers killed and Redis restarted, empty, in between. */
function endure({
  trials,
  steps,
  ms,
}: {
  readonly trials: number;
  readonly steps: number;
  readonly ms: number;
}) {
  return withCrew(4, async ({ server, workers, journal }) => {
    const seed = Date.now();
    const random = createRandom(seed);
    const events: { readonly event: string; readonly seconds: number }[] = [];
    const began = performance.now();
    const note = (event: string) => events.push({ event, seconds: seconds(began) });
    const study = studyIn(journal);
    const run = coordinate(study, {
      address: parseRedisUrl(server.url),
      queue,
      prepare: sleeping({ steps, ms }),
      totalTrials: trials,
    });
    const disturb = [
      async () => note(`worker 1 killed: ${workers[0].kill('SIGKILL')}`),
      async () => {
        note('Redis killed');
        await server.restart();
        note('Redis is back, empty');
      },
      async () => note(`worker 2 killed: ${workers[1].kill('SIGKILL')}`),
    ];
    for (const happen of disturb) {
      await sleep(200 + 1300 * random.uniform());
      await happen();
    }
    note(`then ended: ${study.record.finished.length} trials`);
    await run;
    const all = studyIn(journal).trials;
    const ends = endsOf(journal);
    return {
      seed,
      workers: 4,
      killed: 2,
      redisRestarts: 1,
      trials: all.length,
      complete: all.filter(({ state }) => state === 'complete').length,
      failed: all.filter(({ state }) => state === 'fail').length,
      endedExactlyOnce: ends.filter((count) => count === 1).length,
      valuesThatAreTheirParameter: all.filter(({ value, params }) => value === params.x).length,
      seconds: seconds(began),
      events,
    };
  });
}

/** Seconds for trials that sleep, with so many workers that are ready. */
function scale(
  count: number,
  { trials, ms }: { readonly trials: number; readonly ms: number },
): Promise<number> {
  return withCrew(count, async ({ server, journal }) => {
    const began = performance.now();
    await coordinate(studyIn(journal), {
      address: parseRedisUrl(server.url),
      queue,
      prepare: sleeping({ steps: 1, ms }),
      totalTrials: trials,
    });
    return seconds(began);
  });
}

async function main(): Promise<void> {
  if (!hasRedis) throw new Error('no redis-server; install it, as with: apt install redis-server');
  const date = new Date().toISOString();
  const load = loadavg()[0];
  const kills = await endure({ trials: 200, steps: 3, ms: 25 });
  console.log(kills);
  const sleeps = { trials: 24, ms: 500 };
  const times: Record<number, number[]> = { 1: [], 2: [], 4: [] };
  for (let round = 0; round < rounds; round++) {
    for (const count of [1, 2, 4]) times[count].push(await scale(count, sleeps));
  }
  const scaling = [1, 2, 4].map((workers) => {
    const sorted = [...times[workers]].sort((a, b) => a - b);
    const ideal = (sleeps.trials * sleeps.ms) / 1000 / workers;
    return { workers, seconds: { median: sorted[1], min: sorted[0], max: sorted[2] }, asleep: ideal };
  });
  console.table(scaling.map(({ workers, seconds: { median }, asleep }) => ({ workers, median, asleep })));
  const version = (name: string): string => createRequire(__filename)(`${name}/package.json`).version;
  const result = {
    format: 'course-tuning-distributed 1',
    date,
    command: 'npm run record:tuning',
    machine: machine(),
    loadAverage: load,
    versions: {
      redis: /v=([\d.]+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))?.[1],
      bullmq: version('bullmq'),
      ioredis: version('ioredis'),
    },
    kills: { what: '200 trials of 3 x 25 ms; workers on this machine, loopback', ...kills },
    scaling: {
      what: `wall seconds for ${sleeps.trials} trials that sleep ${sleeps.ms} ms each; ${rounds} rounds, interleaved`,
      rounds,
      rows: scaling,
    },
  };
  const file = join(courseRoot(), 'data', 'benchmarks', 'tuning-distributed.json');
  await writeFileAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
}

function seconds(began: number): number {
  return Number(((performance.now() - began) / 1000).toFixed(3));
}

void main();
