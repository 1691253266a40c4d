import { type FrozenTrial, lastReport } from './frozen-trial';
import { checkWhole, type Pruner } from './pruner';
import type { Direction } from './records';

export interface PercentilePrunerOptions {
  /** So many complete trials come first; default 5. */
  readonly startupTrials?: number;
  /** No trial is stopped before this step; default 0. */
  readonly warmupSteps?: number;
  /** Looks only once in so many steps; default 1. */
  readonly intervalSteps?: number;
  /** Stops nothing at a step that fewer complete trials reported; default 1. */
  readonly minTrials?: number;
}

/**
 * Stops a trial whose best report so far is worse than the median of the complete trials at the same step. Source:
 * Golovin et al., Google Vizier, KDD 2017, section 3.2, with the best report in the place of the mean; decides as
 * Optuna's MedianPruner.
 */
export function medianPruner(options: PercentilePrunerOptions = {}): Pruner {
  return { ...percentilePruner(50, options), name: 'median' };
}

/**
 * Stops a trial whose best report so far is not among the best `percentile` percent of the complete trials at the same
 * step; decides as Optuna's PercentilePruner. A trial that only ever reported NaN is stopped, NaN of others is ignored.
 */
export function percentilePruner(
  percentile: number,
  { startupTrials = 5, warmupSteps = 0, intervalSteps = 1, minTrials = 1 }: PercentilePrunerOptions = {},
): Pruner {
  if (!(percentile >= 0 && percentile <= 100)) {
    throw new RangeError(`percentile: expected 0 to 100, got ${percentile}`);
  }
  checkWhole({ startupTrials, warmupSteps }, 0);
  checkWhole({ intervalSteps, minTrials }, 1);
  return {
    name: 'percentile',
    decide: (study, trial) => {
      const complete = study.finished.filter(({ state }) => state === 'complete');
      const step = lastReport(trial)?.step;
      if (complete.length === 0 || complete.length < startupTrials || step === undefined)
        return { prune: false };
      if (step < warmupSteps || !startsInterval(trial, { step, warmupSteps, intervalSteps }))
        return { prune: false };
      const best = bestReport(trial, study.direction);
      if (best === undefined) return { prune: true };
      const others = complete.flatMap(({ intermediateValues }) => intermediateValues.get(step) ?? []);
      const line = numpyPercentile(others, study.direction === 'maximize' ? 100 - percentile : percentile);
      if (others.length < minTrials || line === undefined) return { prune: false };
      return { prune: study.direction === 'maximize' ? best < line : best > line };
    },
  };
}

/** Whether no earlier report of the trial lies in the interval that the step lies in. */
function startsInterval(
  { intermediateValues }: FrozenTrial,
  { step, warmupSteps, intervalSteps }: { step: number; warmupSteps: number; intervalSteps: number },
): boolean {
  const start = Math.floor((step - warmupSteps) / intervalSteps) * intervalSteps + warmupSteps;
  return ![...intermediateValues.keys()].some((other) => other !== step && other >= start);
}

function bestReport({ intermediateValues }: FrozenTrial, direction: Direction): number | undefined {
  const values = [...intermediateValues.values()].filter((value) => !Number.isNaN(value));
  if (values.length === 0) return undefined;
  return values.reduce((a, b) => (direction === 'maximize' ? Math.max(a, b) : Math.min(a, b)));
}

/** numpy.nanpercentile, to the last bit, so that ties are decided alike; undefined where there is no number. */
function numpyPercentile(values: readonly number[], percentile: number): number | undefined {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  if (sorted.length === 0) return undefined;
  const place = (percentile / 100) * (sorted.length - 1);
  const below = Math.floor(place);
  const share = place - below;
  const [a, b] = [sorted[below], sorted[Math.min(below + 1, sorted.length - 1)]];
  return share >= 0.5 ? b - (b - a) * (1 - share) : a + (b - a) * share;
}
