import { type Trial, TrialPruned } from '../tuning';

/** What a computation is given besides its job. */
export interface Reporting {
  /**
   * Reports the value of a step, such as the validation accuracy of an epoch. Where the trial is to end, it throws a
   * `TrialPruned`, or `signal` aborts with one soon after.
   */
  readonly report: (value: number, options: { readonly step: number }) => void;
  readonly signal: AbortSignal;
}

/** Computes the value of a job, which is plain JSON, so that another process or machine can do it. */
export type Compute<Job> = (job: Job, reporting: Reporting) => Promise<number>;

/** A study's objective in two halves: what to compute is settled where the study is, and computed anywhere. */
export interface Work<Job> {
  /** Asks the trial for its parameters. */
  readonly prepare: (trial: Trial) => Job;
  readonly compute: Compute<Job>;
}

/** Both halves in one process: an objective for `study.optimize`. */
export function objectiveOf<Job>({
  prepare,
  compute,
}: Work<Job>): (trial: Trial, options: { readonly signal?: AbortSignal }) => Promise<number> {
  return (trial, { signal = new AbortController().signal }) =>
    compute(prepare(trial), {
      signal,
      report: (value, { step }) => {
        trial.report(value, { step });
        if (trial.shouldPrune()) throw new TrialPruned();
      },
    });
}

/** Why something failed, short enough for a journal. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
