import { checkScores, type Numbers } from './checks';
import { mostProbableOf, squaredDistanceOf } from './rows';

/** The images whose confidence, the largest probability, lies in one range. */
export interface ReliabilityBin {
  /** Exclusive, except for 0. */
  readonly lower: number;
  /** Inclusive. */
  readonly upper: number;
  /** Images. */
  readonly count: number;
  /** Share of them that are classified right; NaN without images. */
  readonly accuracy: number;
  /** Mean of their confidence; NaN without images. */
  readonly confidence: number;
}

/**
 * Sorts images into bins of equal width by confidence. A model is calibrated where accuracy equals confidence in each.
 * Source: Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017. Of equal largest
 * probabilities the prediction is the first, as in `predict`.
 *
 * @param probabilities 0 to 1, row-major [count, numClasses].
 * @param options.numBins Default 15, as in the paper.
 */
export function reliabilityBins(
  labels: Numbers,
  probabilities: Numbers,
  { numClasses, numBins = 15 }: { readonly numClasses: number; readonly numBins?: number },
): readonly ReliabilityBin[] {
  return new ReliabilityCounter({ numClasses, numBins }).add(labels, probabilities).bins;
}

/** Reliability bins that fill batch by batch: their memory depends on the number of bins alone. */
export class ReliabilityCounter {
  readonly #numClasses: number;
  readonly #sums: { count: number; correct: number; confidence: number }[];

  constructor({ numClasses, numBins = 15 }: { readonly numClasses: number; readonly numBins?: number }) {
    if (!(Number.isInteger(numBins) && numBins > 0)) {
      throw new RangeError(`numBins: expected a whole number above 0, got ${numBins}`);
    }
    this.#numClasses = numClasses;
    this.#sums = Array.from({ length: numBins }, () => ({ count: 0, correct: 0, confidence: 0 }));
  }

  /** Adds one batch; takes what `reliabilityBins` takes, and counts nothing of a batch it refuses. */
  add(labels: Numbers, probabilities: Numbers): this {
    const numClasses = this.#numClasses;
    checkScores(labels, probabilities, numClasses, 'probabilities');
    for (let i = 0; i < labels.length; i++) {
      const { prediction, confidence } = mostProbableOf(probabilities, { row: i, numClasses });
      const bin = this.#sums[binOf(confidence, this.#sums.length)];
      bin.count++;
      bin.confidence += confidence;
      if (prediction === labels[i]) bin.correct++;
    }
    return this;
  }

  /** The bins so far. */
  get bins(): readonly ReliabilityBin[] {
    return this.#sums.map(({ count, correct, confidence }, b) => ({
      lower: b / this.#sums.length,
      upper: (b + 1) / this.#sums.length,
      count,
      accuracy: correct / count,
      confidence: confidence / count,
    }));
  }
}

/** ECE, 0 to 1: the gap between accuracy and confidence, averaged over the images; NaN without images. */
export function expectedCalibrationError(bins: readonly ReliabilityBin[]): number {
  const total = bins.reduce((sum, { count }) => sum + count, 0);
  return filled(bins).reduce((sum, bin) => sum + bin.count * gap(bin), 0) / total;
}

/** MCE, 0 to 1: the largest gap of a bin that has images. Bins of few images make it large by chance. */
export function maximumCalibrationError(bins: readonly ReliabilityBin[]): number {
  return Math.max(0, ...filled(bins).map(gap));
}

/**
 * Mean over the images of the squared distance between the probabilities and the right answer (1 for the label, 0 for
 * the others), 0 to 2. Source: Brier, Verification of forecasts expressed in terms of probability, Monthly Weather
 * Review 78(1), 1950. scikit-learn halves it for two classes unless told `scale_by_half=False`; this does not.
 *
 * @param probabilities 0 to 1, row-major [count, numClasses].
 */
export function brierScore(
  labels: Numbers,
  probabilities: Numbers,
  { numClasses }: { readonly numClasses: number },
): number {
  checkScores(labels, probabilities, numClasses, 'probabilities');
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    sum += squaredDistanceOf(probabilities, { row, numClasses, label: labels[row] });
  }
  return sum / labels.length;
}

function filled(bins: readonly ReliabilityBin[]): readonly ReliabilityBin[] {
  return bins.filter(({ count }) => count > 0);
}

function gap({ accuracy, confidence }: ReliabilityBin): number {
  return Math.abs(accuracy - confidence);
}

/** The bin b with b / numBins < confidence <= (b + 1) / numBins; compared, since a product would round across an edge. */
function binOf(confidence: number, numBins: number): number {
  let bin = 0;
  while (bin < numBins - 1 && confidence > (bin + 1) / numBins) bin++;
  return bin;
}
