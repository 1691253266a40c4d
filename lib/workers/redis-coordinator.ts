import { randomUUID } from 'node:crypto';
import type { Job, Queue, QueueEvents } from 'bullmq';
import type Redis from 'ioredis';
import type { FrozenTrial, Study, Trial } from '../tuning';
import { connectRedis, type RedisAddress, type RedisConnectionOptions } from './redis-connection';
import {
  bullmqConnection,
  defaultQueue,
  keys,
  type Report,
  sessionSeconds,
  type TrialJob,
  type TrialProgress,
  type TrialResult,
  workerSilenceSeconds,
} from './redis-protocol';
import { reasonOf } from './work';

export interface CoordinateOptions extends RedisConnectionOptions {
  readonly address: RedisAddress;
  readonly queue?: string;
  /** Asks the trial for its parameters and gives the job, plain JSON, that a worker computes. */
  readonly prepare: (trial: Trial) => unknown;
  /** Ends when the study has so many trials, earlier ones included. */
  readonly totalTrials?: number;
  /** Begins no trial after so many milliseconds. */
  readonly timeoutMs?: number;
  /** Ends at once; trials that run are queued again in the study. */
  readonly signal?: AbortSignal;
  readonly onTrial?: (trial: FrozenTrial) => void;
  /** Told how many workers there are, when that changes. */
  readonly onWorkers?: (count: number) => void;
}

/** A trial that was sent away. */
interface Sent {
  readonly trial: Trial;
  readonly jobId: string;
  readonly data: TrialJob;
  readonly reported: Set<number>;
}

/** How long nothing is heard before Redis is asked again, in case an event was lost. */
const pollMs = 500;

/**
 * Has the trials of a study computed by the workers at a Redis, as many at once as there are workers. The study stays
 * here: this process asks, decides what to prune and tells each end, and Redis may forget everything at any time; what it
 * forgot is sent again. Throws a CourseError where Redis cannot be reached in the beginning; later it waits for it.
 */
export async function coordinate(study: Study, options: CoordinateOptions): Promise<void> {
  const redis = await connectRedis(options.address, options);
  const coordinator = new Coordinator(study, redis, options, await import('bullmq')); // slow to load
  try {
    await raceAbort(coordinator.run(), options.signal);
  } finally {
    await Promise.race([coordinator.close(), new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
    redis.disconnect();
  }
}

class Coordinator {
  readonly #session = randomUUID();
  readonly #sent = new Map<number, Sent>();
  readonly #queue: Queue<TrialJob, TrialResult>;
  readonly #events: QueueEvents;
  readonly #name: string;
  readonly #began = performance.now();
  #wake: () => void = () => undefined;
  #heard = false;
  #workers = -1;
  #closing = false;

  constructor(
    private readonly study: Study,
    private readonly redis: Redis,
    private readonly options: CoordinateOptions,
    bullmq: typeof import('bullmq'),
  ) {
    this.#name = options.queue ?? defaultQueue;
    const connection = bullmqConnection(options.address);
    this.#queue = new bullmq.Queue(this.#name, { connection });
    this.#events = new bullmq.QueueEvents(this.#name, { connection });
    this.#queue.on('error', () => undefined); // `onState` tells
    this.#events.on('error', () => undefined);
    const hear = () => this.#hear();
    this.#events.on('progress', hear).on('completed', hear).on('failed', hear);
  }

  async run(): Promise<void> {
    while (!this.#closing) {
      this.#heard = false;
      await this.#claim();
      const workers = await this.#countWorkers();
      for (const sent of [...this.#sent.values()]) await this.#look(sent);
      // one is there for the first worker to come
      while (this.#sent.size < Math.max(1, workers) && this.#timeLeft() && !this.#closing) {
        const trial = this.study.ask({ totalTrials: this.options.totalTrials });
        if (!trial) break;
        await this.#send(trial);
      }
      if (this.#sent.size === 0) return; // there is nothing left to ask for, or no time
      await this.#sleep();
    }
  }

  /** Takes back what is under way, and lets go of Redis. */
  async close(): Promise<void> {
    this.#closing = true;
    const sent = [...this.#sent.values()];
    for (const { trial } of sent) {
      this.#end(trial, { state: 'fail', reason: 'the coordinator was stopped', retry: true });
    }
    await this.redis.del(keys.session(this.#name, this.#session));
    for (const { jobId } of sent) {
      await this.#stop(jobId);
      await this.#queue.remove(jobId).catch(() => undefined); // a worker is at it
    }
    await Promise.all([this.#queue.close(), this.#events.close()]);
  }

  #timeLeft(): boolean {
    return performance.now() - this.#began < (this.options.timeoutMs ?? Number.POSITIVE_INFINITY);
  }

  async #claim(): Promise<void> {
    await this.redis.set(keys.session(this.#name, this.#session), 1, 'EX', sessionSeconds);
  }

  async #countWorkers(): Promise<number> {
    const [seconds] = await this.redis.time();
    const since = Number(seconds) - workerSilenceSeconds;
    const count = await this.redis.zcount(keys.workers(this.#name), since, '+inf');
    if (count !== this.#workers) this.options.onWorkers?.(count);
    this.#workers = count;
    return count;
  }

  async #send(trial: Trial): Promise<void> {
    let job: unknown;
    try {
      job = this.options.prepare(trial);
    } catch (error) {
      this.#end(trial, { state: 'fail', reason: reasonOf(error) });
      throw error;
    }
    const sent: Sent = {
      trial,
      jobId: `${this.#session}-${trial.number}`,
      data: { format: 'course-trial 1', session: this.#session, job },
      reported: new Set(),
    };
    this.#sent.set(trial.number, sent);
    await this.#add(sent);
  }

  /** Adding a job that is there already changes nothing. */
  async #add({ jobId, data }: Sent): Promise<void> {
    await this.#claim();
    const aDay = { age: 86_400 };
    await this.#queue.add('train', data, {
      jobId,
      attempts: 100, // a worker that lost its lock says so by failing
      removeOnComplete: aDay,
      removeOnFail: aDay,
    });
  }

  /** Takes over what Redis knows of a job. */
  async #look(sent: Sent): Promise<void> {
    const job: Job<TrialJob, TrialResult> | undefined = await this.#queue.getJob(sent.jobId);
    if (this.#closing) return;
    if (!job) return this.#add(sent); // Redis was restarted, and forgot it
    const result = job.finishedOn ? job.returnvalue : undefined;
    if (result?.end === 'unclaimed') {
      await job.remove().catch(() => undefined); // Redis had forgotten that this coordinator is there
      return this.#add(sent);
    }
    const { reports = [] } = result ?? (job.progress as Partial<TrialProgress>);
    const prune = takeReports(sent, reports);
    if (job.finishedOn) {
      this.#sent.delete(sent.trial.number);
      this.#end(sent.trial, endOf(result, job.failedReason));
      await this.redis.del(keys.stop(this.#name, sent.jobId));
      await job.remove().catch(() => undefined);
    } else if (prune) {
      await this.#stop(sent.jobId);
    } else if (!this.#timeLeft() && !job.processedOn) {
      this.#sent.delete(sent.trial.number);
      this.#end(sent.trial, { state: 'fail', reason: 'time was up before a worker came', retry: true });
      await job.remove().catch(() => undefined);
    }
  }

  async #stop(jobId: string): Promise<void> {
    await this.redis.set(keys.stop(this.#name, jobId), 1, 'EX', 86_400);
  }

  #end(trial: Trial, end: Parameters<Study['tell']>[1]): void {
    const ended = this.study.tell(trial, end);
    this.options.onTrial?.(ended);
  }

  #hear(): void {
    this.#heard = true;
    this.#wake();
  }

  async #sleep(): Promise<void> {
    if (this.#heard) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pollMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Reports what is new to the study; whether its pruner would stop the trial there. */
function takeReports({ trial, reported }: Sent, reports: readonly Report[]): boolean {
  let prune = false;
  for (const [step, value] of reports) {
    if (reported.has(step)) continue; // a worker was killed, and another one began again
    reported.add(step);
    trial.report(value ?? Number.NaN, { step });
    prune = trial.shouldPrune() || prune;
  }
  return prune;
}

function endOf(
  result: TrialResult | undefined | null,
  failedReason: string | undefined,
): Parameters<Study['tell']>[1] {
  if (!result) return { state: 'fail', reason: failedReason ?? 'the worker gave no result' };
  if (result.end === 'value') return result.value ?? Number.NaN;
  return result.end === 'fail' ? { state: 'fail', reason: result.reason } : { state: 'pruned' };
}

/** Rejects with the signal's reason as soon as it aborts, whatever `work` still waits for. */
function raceAbort(work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal?.reason);
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal?.removeEventListener('abort', abort));
  });
}
