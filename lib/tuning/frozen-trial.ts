import type { Choice, Distribution } from './distributions';
import type { Json } from './json';

/** Where a trial stands: queued, being computed, or ended with a value, stopped early, or failed. */
export type TrialState = 'waiting' | 'running' | 'complete' | 'pruned' | 'fail';

/** The parameters of a trial by name. */
export type Params = Readonly<Record<string, Choice>>;

/** What is known of a trial at one moment. */
export interface FrozenTrial {
  /** 0 for the study's first trial. */
  readonly number: number;
  readonly state: TrialState;
  /** What the objective gave; for a pruned trial what it reported last. */
  readonly value: number | undefined;
  readonly params: Params;
  readonly distributions: Readonly<Record<string, Distribution>>;
  /** What the objective reported, by step. */
  readonly intermediateValues: ReadonlyMap<number, number>;
  readonly userAttrs: Readonly<Record<string, Json>>;
  /** What samplers and pruners noted; Optuna's names where it has the same note. */
  readonly systemAttrs: Readonly<Record<string, Json>>;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

export function isFinished(state: TrialState): boolean {
  return state === 'complete' || state === 'pruned' || state === 'fail';
}

/** The last step with a report, and that report; undefined before the first. */
export function lastReport(
  trial: FrozenTrial,
): { readonly step: number; readonly value: number } | undefined {
  let last: { step: number; value: number } | undefined;
  for (const [step, value] of trial.intermediateValues) {
    if (!last || step > last.step) last = { step, value };
  }
  return last;
}
