import { CourseError } from '../errors';

/** A search space that cannot be: every trial would fail of it, so it ends the study's `optimize`. */
export class SearchSpaceError extends CourseError {
  override name = 'SearchSpaceError';
}

/** A value of a categorical parameter. */
export type Choice = string | number | boolean | null;

/** Numbers of a range, both ends included; `step` cuts it into low, low + step, ..., high. */
export interface FloatDistribution {
  readonly kind: 'float';
  readonly low: number;
  readonly high: number;
  /** Whether equal ratios, not equal differences, are equally likely. */
  readonly log: boolean;
  readonly step: number | null;
}

/** Whole numbers of a range, both ends included. */
export interface IntDistribution {
  readonly kind: 'int';
  readonly low: number;
  readonly high: number;
  readonly log: boolean;
  readonly step: number;
}

/** One of some values without an order. */
export interface CategoricalDistribution {
  readonly kind: 'categorical';
  readonly choices: readonly Choice[];
}

export type NumericalDistribution = FloatDistribution | IntDistribution;

/** What values a parameter may take. Inside the tuner a value is a number: itself, or the index of a choice. */
export type Distribution = NumericalDistribution | CategoricalDistribution;

export interface RangeOptions {
  readonly low: number;
  readonly high: number;
  /** Default false; not together with `step`. */
  readonly log?: boolean;
  /** Default none for floats, 1 for whole numbers; must lead from low to high. */
  readonly step?: number;
}

/** The distribution of the numbers of a range. Throws a SearchSpaceError that names the parameter for a range that cannot be. */
export function floatDistribution(
  name: string,
  { low, high, log = false, step }: RangeOptions,
): FloatDistribution {
  checkRange(name, { low, high, log, step });
  if (log && low <= 0)
    throw new SearchSpaceError(`${name}: expected low above 0 with log, got ${low}; raise it`);
  return { kind: 'float', low, high, log, step: step ?? null };
}

/** The distribution of the whole numbers of a range. Throws a SearchSpaceError for a range that cannot be. */
export function intDistribution(
  name: string,
  { low, high, log = false, step = 1 }: RangeOptions,
): IntDistribution {
  for (const [option, value] of Object.entries({ low, high, step })) {
    if (!Number.isSafeInteger(value)) {
      throw new SearchSpaceError(
        `${name}: expected a whole number as ${option}, got ${value}; use suggestFloat`,
      );
    }
  }
  checkRange(name, { low, high, log, step: log && step === 1 ? undefined : step });
  if (log && low < 1)
    throw new SearchSpaceError(`${name}: expected low of at least 1 with log, got ${low}; raise it`);
  return { kind: 'int', low, high, log, step };
}

/** The distribution of some values without an order. Throws a SearchSpaceError for none, or for the same one twice. */
export function categoricalDistribution(name: string, choices: readonly Choice[]): CategoricalDistribution {
  if (choices.length === 0)
    throw new SearchSpaceError(`${name}: expected at least one choice, got none; add one`);
  for (const [i, choice] of choices.entries()) {
    const fits = choice === null || ['string', 'boolean'].includes(typeof choice) || Number.isFinite(choice);
    if (!fits) {
      throw new SearchSpaceError(
        `${name}: expected choices of text, numbers, true, false or null, got ${typeof choice === 'number' ? choice : `a ${typeof choice}`}; name it by a text`,
      );
    }
    if (choices.indexOf(choice) !== i) {
      throw new SearchSpaceError(`${name}: expected different choices, got ${choice} twice; remove one`);
    }
  }
  return { kind: 'categorical', choices: [...choices] };
}

function checkRange(name: string, { low, high, log, step }: RangeOptions): void {
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high)) {
    throw new SearchSpaceError(
      `${name}: expected numbers with low up to high, got ${low} to ${high}; swap or correct them`,
    );
  }
  if (step === undefined) return;
  if (log) throw new SearchSpaceError(`${name}: expected a step or log, got both; leave one out`);
  if (!(step > 0 && Number.isFinite(step))) {
    throw new SearchSpaceError(`${name}: expected a step above 0, got ${step}; leave it out or correct it`);
  }
  const steps = (high - low) / step;
  if (Math.abs(steps - Math.round(steps)) > 1e-8 * Math.max(1, steps)) {
    const last = Number((low + Math.floor(steps) * step).toPrecision(12));
    throw new SearchSpaceError(
      `${name}: expected a step that leads from ${low} to ${high}, got ${step}; use high ${last} or another step`,
    );
  }
}

/** Whether only one value is possible. */
export function isSingle(distribution: Distribution): boolean {
  if (distribution.kind === 'categorical') return distribution.choices.length === 1;
  return distribution.high - distribution.low < (distribution.step ?? Number.MIN_VALUE);
}

/** Whether the inner value lies in the distribution. */
export function contains(distribution: Distribution, value: number): boolean {
  if (distribution.kind === 'categorical') {
    return Number.isInteger(value) && value >= 0 && value < distribution.choices.length;
  }
  const { low, high, step } = distribution;
  if (!(value >= low && value <= high)) return false;
  const steps = step === null ? 0 : (value - low) / step;
  return Math.abs(steps - Math.round(steps)) < 1e-8;
}

/** The value that the objective gets for an inner one. */
export function toExternal(distribution: Distribution, value: number): Choice {
  if (distribution.kind === 'categorical') return distribution.choices[Math.trunc(value)];
  return distribution.kind === 'int' ? Math.trunc(value) : value;
}

/** The inner value of what the objective gets; NaN where the distribution has no such value. */
export function toInternal(distribution: Distribution, value: Choice): number {
  if (distribution.kind !== 'categorical') return typeof value === 'number' ? value : Number.NaN;
  const index = distribution.choices.indexOf(value);
  return index === -1 ? Number.NaN : index;
}

/** Whether both allow the same values in the same way. */
export function sameDistribution(a: Distribution, b: Distribution): boolean {
  if (a === b) return true;
  if (a.kind === 'categorical' || b.kind === 'categorical') return isCompatible(a, b);
  return a.kind === b.kind && a.low === b.low && a.high === b.high && a.log === b.log && a.step === b.step;
}

/** Whether one study may use both for the same parameter: ranges may change, the kind, log and choices may not. */
export function isCompatible(a: Distribution, b: Distribution): boolean {
  if (a.kind === 'categorical' || b.kind === 'categorical') {
    if (a.kind !== 'categorical' || b.kind !== 'categorical') return false;
    return a.choices.length === b.choices.length && a.choices.every((choice, i) => choice === b.choices[i]);
  }
  return a.kind === b.kind && a.log === b.log;
}
