// A worker process for the tests: `node -r ts-node/register sleep-worker.ts URL QUEUE LOCK_MS LOG`
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseRedisUrl, runRedisWorker } from '../../lib/workers';

/** Sleeps `steps` times `ms` milliseconds and comes to `x`; reports `x` after each. */
export interface SleepJob {
  readonly x: number;
  readonly steps: number;
  readonly ms: number;
}

const [url, queue, lockMs, log] = process.argv.slice(2);
const controller = new AbortController();
process.on('SIGTERM', () => controller.abort(new Error('stopped')));

runRedisWorker<SleepJob>({
  address: parseRedisUrl(url),
  queue,
  lockMs: Number(lockMs),
  signal: controller.signal,
  parse: (job) => job as SleepJob,
  compute: async ({ x, steps, ms }, { report, signal }) => {
    appendFileSync(log, `${process.pid} begins ${x}\n`);
    for (let step = 1; step <= steps; step++) {
      await sleep(ms, undefined, { signal });
      if (step < steps) report(x, { step });
    }
    return x;
  },
}).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
