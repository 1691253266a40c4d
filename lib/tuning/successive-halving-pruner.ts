import { type FrozenTrial, lastReport } from './frozen-trial';
import { checkWhole, type Pruner } from './pruner';
import type { Direction, TrialRecord } from './records';

export interface SuccessiveHalvingOptions {
  /** The step of the first rung; default a hundredth of the last step of the first complete trials, at least 1. */
  readonly minResource?: number;
  /** The best one of so many goes on at a rung, and the next rung is so many times as far; default 4. */
  readonly reductionFactor?: number;
  /** Leaves out so many of the first rungs; default 0. */
  readonly minEarlyStoppingRate?: number;
  /** Stops everyone at a rung until more than so many have reached it; default 0. Needs `minResource`. */
  readonly bootstrapCount?: number;
}

/**
 * Stops a trial that is not among the best 1 / reductionFactor of those that have reached the same rung, at steps
 * minResource * reductionFactor^(minEarlyStoppingRate + rung), waiting for nobody (ASHA). Source: Li et al., A System for
 * Massively Parallel Hyperparameter Tuning, MLSys 2020; decides as Optuna's SuccessiveHalvingPruner, and notes the rungs
 * under its names.
 */
export function successiveHalvingPruner({
  minResource,
  reductionFactor = 4,
  minEarlyStoppingRate = 0,
  bootstrapCount = 0,
}: SuccessiveHalvingOptions = {}): Pruner {
  if (minResource !== undefined) checkWhole({ minResource }, 1);
  checkWhole({ reductionFactor }, 2);
  checkWhole({ minEarlyStoppingRate, bootstrapCount }, 0);
  if (bootstrapCount > 0 && minResource === undefined) {
    throw new RangeError('bootstrapCount: expected minResource beside it, got none');
  }
  let resource = minResource;
  return {
    name: 'successive halving',
    decide: (study, trial) => {
      const last = lastReport(trial);
      if (!last) return { prune: false };
      resource ??= estimateResource(study.finished);
      if (resource === undefined) return { prune: false };
      const systemAttrs: Record<string, number> = {};
      for (let rung = currentRung(trial); ; rung++) {
        if (last.step < resource * reductionFactor ** (minEarlyStoppingRate + rung)) {
          return { prune: false, systemAttrs };
        }
        if (Number.isNaN(last.value)) return { prune: true, systemAttrs };
        systemAttrs[rungKey(rung)] = last.value;
        const rivals = study.trials.flatMap((other) =>
          other === trial ? [] : (rungValue(other, rung) ?? []),
        );
        const all = [...rivals, last.value];
        if (
          all.length <= bootstrapCount ||
          !goesOn(last.value, all, { reductionFactor, direction: study.direction })
        ) {
          return { prune: true, systemAttrs };
        }
      }
    },
  };
}

function estimateResource(finished: readonly TrialRecord[]): number | undefined {
  const steps = finished.flatMap((trial) =>
    trial.state === 'complete' ? (lastReport(trial)?.step ?? []) : [],
  );
  if (steps.length === 0) return undefined;
  return Math.max(1, Math.floor(steps.reduce((a, b) => Math.max(a, b)) / 100));
}

function currentRung(trial: FrozenTrial): number {
  let rung = 0;
  while (rungKey(rung) in trial.systemAttrs) rung++;
  return rung;
}

function rungKey(rung: number): string {
  return `completed_rung_${rung}`;
}

function rungValue(trial: FrozenTrial, rung: number): number | undefined {
  const value = trial.systemAttrs[rungKey(rung)];
  return typeof value === 'number' ? value : undefined;
}

/** Where too few have come to keep any, the best one goes on. */
function goesOn(
  value: number,
  all: readonly number[],
  { reductionFactor, direction }: { readonly reductionFactor: number; readonly direction: Direction },
): boolean {
  const sorted = Float64Array.from(all).sort();
  const last = Math.max(Math.floor(all.length / reductionFactor) - 1, 0);
  return direction === 'maximize' ? value >= sorted[sorted.length - 1 - last] : value <= sorted[last];
}
