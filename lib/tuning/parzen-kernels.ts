import type { Random } from '../random';
import type { CategoricalDistribution, Distribution, NumericalDistribution } from './distributions';
import { fromScale, stretchedRange, toScale } from './random-sampler';
import { normalBetween, truncatedQuantile } from './truncated-normal';

/** One parameter's kernels: one for each trial, then the prior. */
export interface Kernels {
  /** Draws an inner value from one kernel. */
  sample(kernel: number, random: Random): number;
  /** Adds to each kernel's term the part of its log density that no value changes. */
  addConstants(terms: Float64Array): void;
  /** Adds to each kernel's term the rest of its log density at the value. */
  addLogDensity(value: number, terms: Float64Array): void;
}

/** The kernels around the observed inner values, oldest first; `order` are their indices from the lowest to the highest. */
export function makeKernels(distribution: Distribution, observed: Float64Array, order: Uint32Array): Kernels {
  if (distribution.kind === 'categorical') return categoricalKernels(distribution, observed);
  const normals = placeNormals(distribution, observed, order);
  return distribution.step === null
    ? continuousKernels(normals)
    : steppedKernels(normals, distribution.step, order);
}

/** A trial's kernel gives its choice one vote and each choice the prior's share of one vote. */
function categoricalKernels({ choices }: CategoricalDistribution, observed: Float64Array): Kernels {
  const share = 1 / (observed.length + 1);
  const total = 1 + share * choices.length;
  const [hit, miss, uniform] = [(1 + share) / total, share / total, 1 / choices.length];
  const [logHit, logMiss, logUniform] = [hit, miss, uniform].map(Math.log);
  return {
    sample: (kernel, random) => {
      let rest = random.uniform();
      for (let choice = 0; choice < choices.length - 1; choice++) {
        rest -= kernel === observed.length ? uniform : choice === observed[kernel] ? hit : miss;
        if (rest < 0) return choice;
      }
      return choices.length - 1;
    },
    addConstants: () => undefined,
    addLogDensity: (value, terms) => {
      for (let k = 0; k < observed.length; k++) terms[k] += observed[k] === value ? logHit : logMiss;
      terms[observed.length] += logUniform;
    },
  };
}

/** Normal distributions cut off at the range's ends, on the scale that is searched. */
interface Normals {
  readonly distribution: NumericalDistribution;
  readonly low: number;
  readonly high: number;
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

/**
 * A normal around each value, as wide as the larger gap to its neighbours; the outermost values have one neighbour, a
 * single one has the ends of the range. None is narrower than the range divided by its count + 2, or by 100.
 */
function placeNormals(
  distribution: NumericalDistribution,
  observed: Float64Array,
  order: Uint32Array,
): Normals {
  const [low, high] = stretchedRange(distribution);
  const count = observed.length;
  const means = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) means[i] = toScale(distribution, observed[i]);
  means[count] = (low + high) / 2;
  const deviations = new Float64Array(count + 1).fill(high - low);
  const narrowest = (high - low) / Math.min(100, count + 2);
  for (let i = 0; i < count; i++) {
    const mean = means[order[i]];
    const below = i > 0 ? mean - means[order[i - 1]] : count > 1 ? 0 : mean - low;
    const above = i < count - 1 ? means[order[i + 1]] - mean : count > 1 ? 0 : high - mean;
    deviations[order[i]] = Math.min(high - low, Math.max(narrowest, below, above));
  }
  return { distribution, low, high, means, deviations };
}

function sampler({ distribution, low, high, means, deviations }: Normals): Kernels['sample'] {
  return (k, random) => {
    const [a, b] = [(low - means[k]) / deviations[k], (high - means[k]) / deviations[k]];
    return fromScale(distribution, means[k] + deviations[k] * truncatedQuantile(random.uniform(), a, b));
  };
}

/** How much of the kernel lies in the range, as a logarithm. */
function logInside({ low, high, means, deviations }: Normals, k: number): number {
  const [a, b] = [(low - means[k]) / deviations[k], (high - means[k]) / deviations[k]];
  if (a < -9 && b > 9) return 0;
  return Math.log(Math.max(normalBetween(a, b), Number.MIN_VALUE)); // 0 only for values of another, wider range
}

function continuousKernels(normals: Normals): Kernels {
  const { distribution, means, deviations } = normals;
  const inverse = deviations.map((deviation) => Math.SQRT1_2 / deviation);
  return {
    sample: sampler(normals),
    addConstants: (terms) => {
      for (let k = 0; k < means.length; k++) {
        terms[k] -= Math.log(deviations[k] * Math.sqrt(2 * Math.PI)) + logInside(normals, k);
      }
    },
    addLogDensity: (value, terms) => {
      const x = toScale(distribution, value);
      for (let k = 0; k < means.length; k++) {
        const distance = (x - means[k]) * inverse[k];
        terms[k] -= distance * distance;
      }
    },
  };
}

/** The density of a step is the chance of all that is nearer to it than to its neighbours. Equal kernels are computed once. */
function steppedKernels(normals: Normals, step: number, order: Uint32Array): Kernels {
  const { distribution, means, deviations } = normals;
  const { firsts, alike } = findEqual(normals, order);
  const inside = Float64Array.from(firsts, (k) => logInside(normals, k));
  const known = new Map<number, Float64Array>();
  const logDensities = (value: number): Float64Array => {
    const [from, to] = [toScale(distribution, value - step / 2), toScale(distribution, value + step / 2)];
    return Float64Array.from(firsts, (k) => {
      const [a, b] = [(from - means[k]) / deviations[k], (to - means[k]) / deviations[k]];
      return Math.log(normalBetween(a, b));
    });
  };
  return {
    sample: sampler(normals),
    addConstants: (terms) => {
      for (let k = 0; k < means.length; k++) terms[k] -= inside[alike[k]];
    },
    addLogDensity: (value, terms) => {
      const densities = known.get(value) ?? logDensities(value);
      known.set(value, densities);
      for (let k = 0; k < means.length; k++) terms[k] += densities[alike[k]];
    },
  };
}

/** `firsts`: one kernel of each group of equal ones; `alike`: the group of each kernel. */
function findEqual(
  { means, deviations }: Normals,
  order: Uint32Array,
): { readonly firsts: readonly number[]; readonly alike: Uint32Array } {
  const firsts: number[] = [];
  const alike = new Uint32Array(means.length);
  for (const k of [...order, means.length - 1]) {
    let group = firsts.length - 1; // those with this mean are the last ones
    while (group >= 0 && means[firsts[group]] === means[k] && deviations[firsts[group]] !== deviations[k])
      group--;
    if (group < 0 || means[firsts[group]] !== means[k]) group = firsts.push(k) - 1;
    alike[k] = group;
  }
  return { firsts, alike };
}
