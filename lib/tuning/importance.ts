import { createRandom } from '../random';
import { type Distribution, isSingle, sameDistribution } from './distributions';
import { type Axis, makeAxes, shareOfVariance } from './fanova';
import { growForest } from './forest';
import type { StudyRecord, TrialRecord } from './records';

export interface ImportanceOptions {
  /** Default 64. */
  readonly trees?: number;
  /** Default 1. */
  readonly seed?: number | string;
}

export interface Importance {
  readonly name: string;
  /** The share of the objective's variance that this parameter alone explains; all shares sum to 1. */
  readonly importance: number;
}

/**
 * How much each parameter that all complete trials have matters, most important first: a random forest learns the
 * objective, and of its variance over the whole search space each parameter explains a share (fANOVA). Source: Hutter,
 * Hoos and Leyton-Brown, An Efficient Approach for Assessing Hyperparameter Importance, ICML 2014. As in Optuna the space
 * is measured in the parameters' own numbers, with log too; unlike there, choices are the values of one parameter, not a
 * yes or no each. Empty where fewer than two trials are complete; equal shares where nothing matters.
 */
export function parameterImportances(
  { record }: { readonly record: StudyRecord },
  { trees = 64, seed = 1 }: ImportanceOptions = {},
): Importance[] {
  const trials = record.trials.filter(({ state, value }) => state === 'complete' && Number.isFinite(value));
  const space = trials.length < 2 ? [] : commonSpace(trials);
  const free = space.filter(([, distribution]) => !isSingle(distribution));
  const axes = makeAxes(free.map(([, distribution]) => distribution));
  const columns = free.flatMap(([name], i) =>
    encode(
      axes[i],
      trials.map(({ inner }) => inner.get(name) ?? 0),
    ),
  );
  const values = Float64Array.from(trials, ({ value }) => value ?? Number.NaN);
  const bounds = axes.flatMap((axis) => axis.bounds);
  const forest = growForest(values, { columns, bounds, trees, random: createRandom(seed) });
  const shares = space.map(([name]) => {
    const axis = axes[free.findIndex(([other]) => other === name)];
    return { name, share: axis ? shareOfVariance(forest, { axis, axes }) : 0 };
  });
  const sum = shares.reduce((total, { share }) => total + share, 0);
  return shares
    .map(({ name, share }) => ({ name, importance: sum > 0 ? share / sum : 1 / shares.length }))
    .sort((a, b) => b.importance - a.importance);
}

/** The parameters that every trial had, with the same distribution. */
function commonSpace([first, ...others]: readonly TrialRecord[]): [string, Distribution][] {
  return Object.entries(first.distributions).filter(([name, distribution]) =>
    others.every(
      ({ distributions }) => name in distributions && sameDistribution(distributions[name], distribution),
    ),
  );
}

/** The columns of a parameter: its numbers, or a 1 in the column of each choice. */
function encode(axis: Axis, inner: readonly number[]): Float64Array[] {
  if (axis.kind === 'range') return [Float64Array.from(inner)];
  return axis.bounds.map((_, choice) => Float64Array.from(inner, (value) => Number(value === choice)));
}
