import type { RedisOptions } from 'bullmq';
import type { RedisAddress } from './redis-connection';

/** The queue that coordinators and workers meet in unless told otherwise. */
export const defaultQueue = 'course-tune';

/** The data of a BullMQ job: one trial. */
export interface TrialJob {
  readonly format: 'course-trial 1';
  /** The coordinator's own name, new each time it starts; nobody waits for jobs of one that is gone. */
  readonly session: string;
  /** What to compute. */
  readonly job: unknown;
}

/** Step and value; null stands for what is no finite number, which JSON has no word for. */
export type Report = readonly [step: number, value: number | null];

/** The progress of a job, and part of its result: all reports so far, so that none is missed where one is lost. */
export interface TrialProgress {
  readonly reports: readonly Report[];
}

/** What a job comes to. */
export type TrialResult = TrialProgress &
  (
    | { readonly end: 'value'; readonly value: number | null }
    | { readonly end: 'pruned' }
    | { readonly end: 'fail'; readonly reason: string }
    /** Not computed, since its coordinator is gone. */
    | { readonly end: 'unclaimed' }
  );

/** The keys beside BullMQ's own. */
export const keys = {
  /** A sorted set: each worker's name, with Redis' time of its last sign of life in seconds. */
  workers: (queue: string) => `${queue}:workers`,
  /** There while the coordinator lives. */
  session: (queue: string, session: string) => `${queue}:session:${session}`,
  /** There when a running job is to be stopped. */
  stop: (queue: string, jobId: string) => `${queue}:stop:${jobId}`,
} as const;

/** A worker that gave no sign of life for so long counts as gone. */
export const workerSilenceSeconds = 15;
export const sessionSeconds = 60;

/** How BullMQ connects: for as long as it takes, with commands waiting. */
export function bullmqConnection({ options }: RedisAddress): RedisOptions {
  return {
    ...options,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2000),
  };
}
