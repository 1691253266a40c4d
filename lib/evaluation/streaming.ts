import { type ReliabilityBin, ReliabilityCounter } from './calibration';
import { checkScores, type Numbers } from './checks';
import {
  type ConfusedPair,
  ConfusionCounter,
  type ConfusionMatrix,
  marginsOf,
  mostConfusedPairs,
} from './confusion';
import type { PrecisionRecallCurve, RocCurve } from './curves';
import type { Interval } from './intervals';
import { normalReach } from './normal';
import { crossEntropyOf, predictedClasses, rankOf, squaredDistanceOf } from './rows';
import { type BinnedArea, ScoreHistogram } from './score-histogram';
import { Top } from './top';

/** One image that a model got wrong; fits `predictionGridFigure`. */
export interface Mistake {
  /** Of the image, in the order they were added or as told. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Of the predicted class, 0 to 1. */
  readonly probability: number;
}

/** A frequent mistake with its surest examples. */
export interface ConfusedPairExamples extends ConfusedPair {
  readonly examples: readonly Mistake[];
}

/** One class against all others. */
export interface ClassCurves {
  readonly rocCurve: RocCurve;
  readonly rocAuc: BinnedArea;
  readonly precisionRecallCurve: PrecisionRecallCurve;
  readonly averagePrecision: BinnedArea;
}

/** All that `StreamingMetrics` measured; plain data. */
export interface MetricsResult {
  readonly count: number;
  readonly correct: number;
  /** 0 to 1. */
  readonly accuracy: number;
  /** Mean cross-entropy in nats, as `logLoss`. */
  readonly loss: number;
  /** Of the loss, at 95 %: by its spread over the images. */
  readonly lossInterval: Interval;
  readonly topK: { readonly k: number; readonly correct: number; readonly accuracy: number };
  readonly brierScore: number;
  readonly matrix: ConfusionMatrix;
  readonly reliability: readonly ReliabilityBin[];
  /** [numClasses] */
  readonly curves: readonly ClassCurves[];
  /** The most confident ones, the most confident first. */
  readonly mistakes: readonly Mistake[];
  /** The most frequent ones, the most frequent first. */
  readonly confusedPairs: readonly ConfusedPairExamples[];
}

export interface StreamingMetricsOptions {
  readonly numClasses: number;
  /** Of top-k accuracy; default 5, or the number of classes where that is less. */
  readonly k?: number;
  /** Of the reliability diagram; default 15. */
  readonly numBins?: number;
  /** Of each class's ROC and precision-recall curve; default 8192. */
  readonly curveBins?: number;
  /** How many of the most confident mistakes are kept; default 20. */
  readonly mistakes?: number;
  /** How many of the most confused pairs are told; default 10. */
  readonly pairs?: number;
  /** How many examples of each pair are kept; default 6. */
  readonly examples?: number;
}

/**
 * Measures a classifier batch by batch: its memory depends on the number of classes and the options, never on the number
 * of images. Counts, loss, top-k accuracy, reliability and mistakes equal those of all images at once; areas under curves
 * come from `ScoreHistogram`, with their bounds.
 *
 *     const metrics = new StreamingMetrics({ numClasses: 10 });
 *     for await (const { labels, probabilities } of predictBatches(model, test, { normalization })) {
 *       metrics.add(labels, probabilities);
 *     }
 */
export class StreamingMetrics {
  readonly #options: Required<StreamingMetricsOptions>;
  readonly #confusion: ConfusionCounter;
  readonly #reliability: ReliabilityCounter;
  readonly #histograms: readonly ScoreHistogram[];
  readonly #mistakes: Top<Mistake>;
  readonly #examples = new Map<string, Top<Mistake>>(); // at most numClasses ** 2
  #count = 0;
  #loss = 0;
  #squaredLoss = 0;
  #brier = 0;
  #topK = 0;

  constructor({
    numClasses,
    k = Math.min(5, numClasses),
    numBins = 15,
    curveBins = 8192,
    mistakes = 20,
    pairs = 10,
    examples = 6,
  }: StreamingMetricsOptions) {
    if (!(Number.isInteger(k) && k > 0)) throw new RangeError(`k: expected a whole number above 0, got ${k}`);
    this.#options = { numClasses, k, numBins, curveBins, mistakes, pairs, examples };
    this.#confusion = new ConfusionCounter({ numClasses });
    this.#reliability = new ReliabilityCounter({ numClasses, numBins });
    this.#histograms = Array.from({ length: numClasses }, () => new ScoreHistogram({ numBins: curveBins }));
    this.#mistakes = new Top(mistakes);
  }

  /**
   * Adds one batch: labels, [count], and probabilities, row-major [count, numClasses]. Throws a RangeError for a label
   * that is no class or a probability that is not finite, and counts nothing of such a batch.
   *
   * @param options.indices Of the images, [count]; by default they are counted.
   */
  add(labels: Numbers, probabilities: Numbers, { indices }: { readonly indices?: Numbers } = {}): this {
    const { numClasses, k } = this.#options;
    checkScores(labels, probabilities, numClasses, 'probabilities');
    const predictions = predictedClasses(probabilities, { numClasses });
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row];
      const place = { row, numClasses, label };
      const predicted = predictions[row];
      const loss = crossEntropyOf(probabilities, place);
      this.#loss += loss;
      this.#squaredLoss += loss ** 2;
      this.#brier += squaredDistanceOf(probabilities, place);
      if (rankOf(probabilities, place) < k) this.#topK++;
      for (let c = 0; c < numClasses; c++) {
        this.#histograms[c].count(c === label, probabilities[row * numClasses + c]);
      }
      if (predicted === label) continue;
      const index = indices?.[row] ?? this.#count + row;
      const mistake = { index, label, predicted, probability: probabilities[row * numClasses + predicted] };
      this.#mistakes.add(mistake, mistake.probability);
      this.#examplesOf(mistake).add(mistake, mistake.probability);
    }
    this.#confusion.add(labels, predictions);
    this.#reliability.add(labels, probabilities);
    this.#count += labels.length;
    return this;
  }

  /** Of all batches so far; the means are NaN before the first. */
  get result(): MetricsResult {
    const { k, pairs } = this.#options;
    const count = this.#count;
    const { matrix } = this.#confusion;
    const { correct } = marginsOf(matrix);
    const loss = this.#loss / count;
    const variance = Math.max(0, this.#squaredLoss / count - loss ** 2);
    const reach = normalReach(0.95) * Math.sqrt(variance / count);
    return {
      count,
      correct,
      accuracy: correct / count,
      loss,
      lossInterval: { low: Math.max(0, loss - reach), high: loss + reach },
      topK: { k, correct: this.#topK, accuracy: this.#topK / count },
      brierScore: this.#brier / count,
      matrix,
      reliability: this.#reliability.bins,
      curves: this.#histograms.map(({ rocCurve, rocAuc, precisionRecallCurve, averagePrecision }) => ({
        rocCurve,
        rocAuc,
        precisionRecallCurve,
        averagePrecision,
      })),
      mistakes: this.#mistakes.values,
      confusedPairs: mostConfusedPairs(matrix, { count: pairs }).map((pair) => ({
        ...pair,
        examples: this.#examplesOf({ label: pair.label, predicted: pair.prediction }).values,
      })),
    };
  }

  #examplesOf({ label, predicted }: Pick<Mistake, 'label' | 'predicted'>): Top<Mistake> {
    const key = `${label} ${predicted}`;
    const known = this.#examples.get(key);
    if (known) return known;
    const made = new Top<Mistake>(this.#options.examples);
    this.#examples.set(key, made);
    return made;
  }
}
