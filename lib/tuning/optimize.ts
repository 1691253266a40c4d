import { SearchSpaceError } from './distributions';
import type { FrozenTrial } from './frozen-trial';
import type { Study, TrialEnd } from './study';
import { type Trial, TrialPruned } from './trial';

/**
 * Computes the value of a trial's parameters; throws a `TrialPruned` to stop early. `signal` is that of the options.
 */
export type Objective = (
  trial: Trial,
  options: { readonly signal?: AbortSignal },
) => number | Promise<number>;

export interface OptimizeOptions {
  /** So many trials in this call; default no end but the others'. */
  readonly trials?: number;
  /** Ends when the study has so many, of all workers and of earlier calls together. */
  readonly totalTrials?: number;
  /** Begins no trial after so many milliseconds. */
  readonly timeoutMs?: number;
  /** Gets every trial that ended here, and what the objective threw if it failed. */
  readonly onTrial?: (trial: FrozenTrial, error?: unknown) => void;
  /** Ends the loop after the present trial; a trial that throws because of it is queued again. */
  readonly signal?: AbortSignal;
  /** How often a running trial gives a sign of life for workers on other machines; default every minute. */
  readonly heartbeatMs?: number;
}

/**
 * Asks, computes and tells until one of the limits is reached or the sampler is finished. An objective that throws fails
 * its trial, not the study; only a search space that cannot be, a storage that refuses, and an aborted signal reject.
 */
export async function optimize(
  study: Study,
  objective: Objective,
  { trials, totalTrials, timeoutMs, onTrial, signal, heartbeatMs = 60_000 }: OptimizeOptions,
): Promise<void> {
  if (trials === undefined && totalTrials === undefined && timeoutMs === undefined && !signal) {
    throw new RangeError('expected trials, totalTrials, timeoutMs or signal, got none: it would never end');
  }
  const began = performance.now();
  for (let count = 0; count < (trials ?? Number.POSITIVE_INFINITY); count++) {
    signal?.throwIfAborted();
    if (performance.now() - began >= (timeoutMs ?? Number.POSITIVE_INFINITY)) return;
    const trial = study.ask({ totalTrials });
    if (!trial) return;
    const heart = setInterval(() => study.noteAlive(trial), heartbeatMs);
    const { end, error } = await run(trial, objective, signal).finally(() => clearInterval(heart));
    const ended = study.tell(trial, end);
    onTrial?.(ended, error);
    if (error instanceof SearchSpaceError) throw error;
  }
  signal?.throwIfAborted();
}

async function run(
  trial: Trial,
  objective: Objective,
  signal: AbortSignal | undefined,
): Promise<{ readonly end: TrialEnd; readonly error?: unknown }> {
  try {
    return { end: await objective(trial, { signal }) };
  } catch (error) {
    if (error instanceof TrialPruned) return { end: { state: 'pruned' } };
    const reason = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    return { end: { state: 'fail', reason, retry: signal?.aborted ?? false }, error };
  }
}
