import { createRandom } from '../random';
import { checkSameLength, type Numbers } from './checks';
import { normalReach, normalTail } from './normal';

/** Where the true value lies, at the level asked for. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The interval of a share, such as an accuracy, from `correct` right ones of `total`; it stays within 0 and 1, and says
 * something even where all are right. Source: Wilson, Probable Inference, the Law of Succession, and Statistical
 * Inference, Journal of the American Statistical Association 22(158), 1927. Throws a RangeError for counts that cannot be.
 *
 * @param options.level How often such an interval holds the truth, default 0.95.
 */
export function wilsonInterval(
  correct: number,
  total: number,
  { level = 0.95 }: { readonly level?: number } = {},
): Interval {
  if (!(total > 0 && correct >= 0 && correct <= total)) {
    throw new RangeError(`expected 0 to ${total} right ones of at least one, got ${correct} of ${total}`);
  }
  const z2 = normalReach(level) ** 2;
  const share = correct / total;
  const centre = (share + z2 / (2 * total)) / (1 + z2 / total);
  const reach = Math.sqrt((z2 * share * (1 - share)) / total + (z2 / (2 * total)) ** 2) / (1 + z2 / total);
  // At the ends the formula gives 0 and 1, up to rounding.
  return { low: correct === 0 ? 0 : centre - reach, high: correct === total ? 1 : centre + reach };
}

export interface BootstrapOptions {
  /** The value for the examples with these indices, [count], some of them several times and some missing. */
  readonly metric: (indices: Uint32Array) => number;
  /** How many draws; default 1000. */
  readonly resamples?: number;
  /** Default 0.95. */
  readonly level?: number;
  /** Default 1. */
  readonly seed?: number | string;
}

export interface BootstrapInterval extends Interval {
  /** The metric of all examples, each once. */
  readonly estimate: number;
}

/**
 * The interval of any metric of `count` examples: draws as many with replacement, again and again, and cuts off the
 * lowest and highest values (with linear interpolation, as numpy.percentile). The difference of two models' metrics is
 * such a metric too. Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13. Throws a
 * RangeError where the metric gives NaN.
 *
 *     bootstrapInterval(labels.length, { metric: (indices) => accuracy(pick(labels, indices), pick(predictions, indices)) })
 */
export function bootstrapInterval(
  count: number,
  { metric, resamples = 1000, level = 0.95, seed = 1 }: BootstrapOptions,
): BootstrapInterval {
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(resamples) && resamples > 0)) {
    throw new RangeError(`expected whole numbers above 0, got count ${count} and resamples ${resamples}`);
  }
  if (!(level > 0 && level < 1))
    throw new RangeError(`level: expected a share above 0, below 1, got ${level}`);
  const random = createRandom(seed);
  const indices = new Uint32Array(count);
  const estimate = metric(indices.map((_, i) => i));
  const values = Float64Array.from({ length: resamples }, () => {
    for (let i = 0; i < count; i++) indices[i] = random.integer(count);
    return metric(indices);
  }).sort();
  if (values.some(Number.isNaN)) {
    throw new RangeError(
      'metric: expected a number for every draw, got NaN; a draw can miss a class, so give the metric a value there',
    );
  }
  return { estimate, low: quantile(values, (1 - level) / 2), high: quantile(values, (1 + level) / 2) };
}

/** The values at `indices`, in that order. */
export function pick(values: Numbers, indices: Numbers): number[] {
  return Array.from(indices, (index) => values[index]);
}

/** Between the two sorted values around the place; Hyndman and Fan's seventh definition. */
export function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

export interface McNemarResult {
  /** Images that only the first model has right. */
  readonly firstOnly: number;
  /** Images that only the second model has right. */
  readonly secondOnly: number;
  readonly method: 'exact binomial' | 'chi-squared';
  /** Chance of at least so uneven counts if both models were equally good, 0 to 1. */
  readonly pValue: number;
}

/**
 * Whether one of two models is better on the same images, from those that just one of them has right. Up to 25 of these
 * it sums the binomial distribution; above, chi-squared with one degree of freedom and Edwards' continuity correction.
 * Sources: McNemar, Psychometrika 12(2), 1947; Edwards, Psychometrika 13(3), 1948; on classifiers Dietterich, Neural
 * Computation 10(7), 1998. Two-sided.
 *
 * @param options.first The predictions of one model, [count].
 * @param options.second The predictions of the other, [count].
 */
export function mcnemarTest(
  labels: Numbers,
  { first, second }: { readonly first: Numbers; readonly second: Numbers },
): McNemarResult {
  return new McNemarCounter().add(labels, { first, second }).result;
}

/** McNemar's test of two models that predict batch by batch: it keeps two counts. */
export class McNemarCounter {
  #firstOnly = 0;
  #secondOnly = 0;

  /** Adds one batch; takes what `mcnemarTest` takes. */
  add(labels: Numbers, { first, second }: { readonly first: Numbers; readonly second: Numbers }): this {
    checkSameLength(labels, first, 'first');
    checkSameLength(labels, second, 'second');
    for (let i = 0; i < labels.length; i++) {
      const [a, b] = [first[i] === labels[i], second[i] === labels[i]];
      if (a && !b) this.#firstOnly++;
      if (b && !a) this.#secondOnly++;
    }
    return this;
  }

  /** The test on the images so far. */
  get result(): McNemarResult {
    const [firstOnly, secondOnly] = [this.#firstOnly, this.#secondOnly];
    const discordant = firstOnly + secondOnly;
    if (discordant <= 25) {
      const pValue = Math.min(1, 2 * coinTail(Math.min(firstOnly, secondOnly), discordant));
      return { firstOnly, secondOnly, method: 'exact binomial', pValue };
    }
    const difference = Math.max(0, Math.abs(firstOnly - secondOnly) - 1);
    // Chi-squared with one degree of freedom is the square of a normal variable.
    const pValue = 2 * normalTail(difference / Math.sqrt(discordant));
    return { firstOnly, secondOnly, method: 'chi-squared', pValue };
  }
}

/** The chance of at most `heads` heads in so many throws of a fair coin. */
function coinTail(heads: number, throws: number): number {
  let [term, sum] = [1, 1]; // term: ways to throw k heads
  for (let k = 1; k <= heads; k++) {
    term = (term * (throws - k + 1)) / k;
    sum += term;
  }
  return sum / 2 ** throws;
}
