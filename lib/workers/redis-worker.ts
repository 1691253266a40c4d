import { randomUUID } from 'node:crypto';
import type { Job } from 'bullmq';
import type Redis from 'ioredis';
import { TrialPruned } from '../tuning';
import { connectRedis, type RedisAddress, type RedisConnectionOptions } from './redis-connection';
import { bullmqConnection, defaultQueue, keys, type TrialJob, type TrialResult } from './redis-protocol';
import { type Compute, reasonOf } from './work';

export interface RedisWorkerOptions<Work> extends RedisConnectionOptions {
  readonly address: RedisAddress;
  readonly queue?: string;
  /** Throws a CourseError for a job that this worker does not know how to do. */
  readonly parse: (job: unknown) => Work;
  readonly compute: Compute<Work>;
  /** Ends the worker; the trial that it is at goes back to the queue. */
  readonly signal: AbortSignal;
  /** A job of a worker that is silent for so long is given to another one; default a minute. */
  readonly lockMs?: number;
  readonly onResult?: (result: TrialResult) => void;
}

/**
 * Computes trials for any coordinator that has a study at the same Redis and queue, one at a time, until `signal`
 * aborts. Throws a CourseError where Redis cannot be reached in the beginning; later it waits for it.
 */
export async function runRedisWorker<Work>({
  address,
  queue = defaultQueue,
  parse,
  compute,
  signal,
  lockMs = 60_000,
  onResult,
  onState,
}: RedisWorkerOptions<Work>): Promise<void> {
  const { WaitingError, Worker } = await import('bullmq'); // slow to load
  const redis = await connectRedis(address, { onState });
  const id = randomUUID();
  const process = async (job: Job<TrialJob>, token: string | undefined, lost: AbortSignal | undefined) => {
    const signals = [signal, ...(lost ? [lost] : [])];
    const result = await computeJob(job, { redis, queue, parse, compute, signal: AbortSignal.any(signals) });
    if (signal.aborted && result.end !== 'value') {
      await job.moveToWait(token); // for another worker, at once
      throw new WaitingError();
    }
    lost?.throwIfAborted();
    onResult?.(result);
    return result;
  };
  const worker = new Worker<TrialJob, TrialResult>(queue, process, {
    connection: bullmqConnection(address),
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    maxStalledCount: 3,
    runRetryDelay: 1000,
  });
  worker.on('error', () => undefined); // Redis is away: `onState` tells
  worker.on('lockRenewalFailed', (jobs) => {
    for (const job of jobs) worker.cancelJob(job); // somebody else has it by now
  });
  const alive = async () => {
    const [seconds] = await redis.time();
    await redis.zadd(keys.workers(queue), seconds, id);
  };
  const heart = setInterval(() => void alive().catch(() => undefined), 3000);
  await alive();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  clearInterval(heart);
  await Promise.race([
    worker.close().then(() => redis.zrem(keys.workers(queue), id)),
    new Promise((resolve) => setTimeout(resolve, 5000).unref()), // Redis is away
  ]);
  redis.disconnect();
}

async function computeJob<Work>(
  job: Job<TrialJob>,
  {
    redis,
    queue,
    parse,
    compute,
    signal,
  }: Pick<RedisWorkerOptions<Work>, 'parse' | 'compute' | 'signal'> & {
    readonly redis: Redis;
    readonly queue: string;
  },
): Promise<TrialResult> {
  const reports: [number, number | null][] = [];
  if (!(await redis.exists(keys.session(queue, job.data.session)))) {
    return { end: 'unclaimed', reports };
  }
  const stopped = new AbortController();
  const watch = setInterval(async () => {
    const stop = await redis.exists(keys.stop(queue, `${job.id}`)).catch(() => 0);
    if (stop) stopped.abort(new TrialPruned());
  }, 200);
  try {
    const value = await compute(parse(job.data.job), {
      signal: AbortSignal.any([signal, stopped.signal]),
      report: (reported, { step }) => {
        reports.push([step, finite(reported)]);
        // the next one, or the result, tells all of them again
        void job.updateProgress({ reports: [...reports] }).catch(() => undefined);
      },
    });
    return { end: 'value', value: finite(value), reports };
  } catch (error) {
    if (stopped.signal.aborted) return { end: 'pruned', reports };
    return { end: 'fail', reason: reasonOf(error), reports };
  } finally {
    clearInterval(watch);
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
