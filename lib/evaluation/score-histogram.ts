import { checkFinite, checkSameLength, type Numbers } from './checks';
import type { Positives, PrecisionRecallCurve, RocCurve } from './curves';

/** An area computed from bins, and how far the area of the scores themselves can lie from it. */
export interface BinnedArea {
  /** With the scores of a bin taken for equal; NaN where the area is. */
  readonly value: number;
  /** No order of the scores inside the bins gives less. */
  readonly low: number;
  /** Nor more. */
  readonly high: number;
}

/**
 * How many examples of a class, and how many others, got each probability: ROC and precision-recall curves of any number
 * of examples from memory that depends on the number of bins alone, 64 KB a class.
 *
 * Bins are equally wide in log-odds, ln(p / (1 - p)), of -20 to 20: a trained network's probabilities crowd near 0 and 1,
 * where bins of equal probability would throw them together.
 */
export class ScoreHistogram {
  readonly #positives: Uint32Array;
  readonly #negatives: Uint32Array;

  /** @param options.numBins Default 8192, 0.005 wide each. */
  constructor({ numBins = 8192 }: { readonly numBins?: number } = {}) {
    if (!(Number.isInteger(numBins) && numBins > 1)) {
      throw new RangeError(`numBins: expected a whole number above 1, got ${numBins}`);
    }
    this.#positives = new Uint32Array(numBins);
    this.#negatives = new Uint32Array(numBins);
  }

  /** Adds one batch: whether each example is of the class, and its probability, 0 to 1. */
  add(isPositive: Positives, probabilities: Numbers): this {
    checkSameLength(isPositive, probabilities, 'probabilities');
    checkFinite(probabilities, 'probabilities');
    for (let i = 0; i < probabilities.length; i++) this.count(Boolean(isPositive[i]), probabilities[i]);
    return this;
  }

  /** Adds one example, unchecked. */
  count(isPositive: boolean, probability: number): void {
    const bins = isPositive ? this.#positives : this.#negatives;
    bins[binOf(probability, bins.length)]++;
  }

  /** The points of `rocCurve`, as many as there are bins with examples; thresholds are the bins' lower edges. */
  get rocCurve(): RocCurve {
    const { positives, negatives, points } = this.#cumulated();
    const all = [{ threshold: Number.POSITIVE_INFINITY, positives: 0, negatives: 0 }, ...points];
    return {
      falsePositiveRates: all.map((point) => point.negatives / negatives),
      truePositiveRates: all.map((point) => point.positives / positives),
      thresholds: all.map(({ threshold }) => threshold),
    };
  }

  /** The points of `precisionRecallCurve`, by rising threshold, then precision 1 and recall 0. */
  get precisionRecallCurve(): PrecisionRecallCurve {
    const { positives: total, points } = this.#cumulated();
    const rising = [...points].reverse();
    return {
      precisions: [...rising.map(({ positives, negatives }) => positives / (positives + negatives)), 1],
      recalls: [...rising.map(({ positives }) => (total === 0 ? 1 : positives / total)), 0],
      thresholds: rising.map(({ threshold }) => threshold),
    };
  }

  /**
   * The area under the ROC curve. A positive and a negative example of one bin count half, and could count 0 or 1, so
   * the error is at most half the share of such pairs among all pairs.
   */
  get rocAuc(): BinnedArea {
    const { positives, negatives, points } = this.#cumulated();
    const pairs = positives * negatives;
    let [value, unsure] = [0, 0];
    for (const { inBin, negatives: upToHere } of points) {
      const below = negatives - upToHere; // negatives that score less than this bin
      value += inBin.positives * (below + inBin.negatives / 2);
      unsure += (inBin.positives * inBin.negatives) / 2;
    }
    return { value: value / pairs, low: (value - unsure) / pairs, high: (value + unsure) / pairs };
  }

  /** The area under the precision-recall curve as steps, as `averagePrecision`; 0 without positives. */
  get averagePrecision(): BinnedArea {
    const { positives: total, points } = this.#cumulated();
    if (total === 0) return { value: 0, low: 0, high: 0 };
    let [value, low, high] = [0, 0, 0];
    for (const { inBin, positives, negatives } of points) {
      const [before, wrongBefore] = [positives - inBin.positives, negatives - inBin.negatives];
      value += (inBin.positives * positives) / (positives + negatives);
      high += (inBin.positives * positives) / (positives + wrongBefore); // all of them tie, before the bin's negatives
      for (let i = 1; i <= inBin.positives; i++) low += (before + i) / (before + i + negatives); // after them
    }
    return { value: value / total, low: low / total, high: high / total };
  }

  /** By falling threshold, without empty bins: how many examples score at least so much. */
  #cumulated(): { positives: number; negatives: number; points: Point[] } {
    const points: Point[] = [];
    let [positives, negatives] = [0, 0];
    for (let b = this.#positives.length - 1; b >= 0; b--) {
      const inBin = { positives: this.#positives[b], negatives: this.#negatives[b] };
      if (inBin.positives + inBin.negatives === 0) continue;
      positives += inBin.positives;
      negatives += inBin.negatives;
      points.push({ threshold: lowerEdge(b, this.#positives.length), positives, negatives, inBin });
    }
    return { positives, negatives, points };
  }
}

interface Point {
  readonly threshold: number;
  readonly positives: number;
  readonly negatives: number;
  readonly inBin: { readonly positives: number; readonly negatives: number };
}

/** Of the log-odds; float32's largest number below 1 has 16.6. */
const reach = 20;

function binOf(probability: number, numBins: number): number {
  const logOdds = Math.log(probability / (1 - probability)); // -Infinity for 0, Infinity for 1
  const bin = Math.floor(((logOdds + reach) / (2 * reach)) * numBins);
  return Math.max(0, Math.min(numBins - 1, bin));
}

function lowerEdge(bin: number, numBins: number): number {
  return bin === 0 ? 0 : 1 / (1 + Math.exp(reach - (bin / numBins) * 2 * reach));
}
