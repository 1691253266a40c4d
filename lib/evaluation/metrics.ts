import { checkSameLength, checkScores, type Numbers } from './checks';
import { type ConfusionMatrix, marginsOf } from './confusion';
import { crossEntropyOf, rankOf } from './rows';

/** Share of predictions that equal the label, 0 to 1. Throws a RangeError for none or for different lengths. */
export function accuracy(labels: Numbers, predictions: Numbers): number {
  checkSameLength(labels, predictions, 'predictions');
  let correct = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) correct++;
  return correct / labels.length;
}

/**
 * Share of images whose label is among the k most probable classes, 0 to 1. Among equal probabilities the higher class
 * comes first, as in scikit-learn; `predict` takes the lower, so with ties k = 1 can differ from its accuracy.
 *
 * @param probabilities Or any scores, row-major [count, numClasses].
 */
export function topKAccuracy(
  labels: Numbers,
  probabilities: Numbers,
  { k, numClasses }: { readonly k: number; readonly numClasses: number },
): number {
  checkScores(labels, probabilities, numClasses, 'probabilities');
  if (!(Number.isInteger(k) && k > 0)) throw new RangeError(`k: expected a whole number above 0, got ${k}`);
  let hits = 0;
  for (let row = 0; row < labels.length; row++) {
    if (rankOf(probabilities, { row, numClasses, label: labels[row] }) < k) hits++;
  }
  return hits / labels.length;
}

/**
 * Mean of -ln(probability of the label): the cross-entropy in nats, 0 or more. Probabilities are clipped to eps and
 * 1 - eps, where eps is 2^-23 for a Float32Array and 2^-52 otherwise, so that a sure mistake costs 16 or 36, not infinity.
 *
 * @param probabilities 0 to 1, row-major [count, numClasses]; taken as they are, even if a row does not sum to 1.
 */
export function logLoss(
  labels: Numbers,
  probabilities: Numbers,
  { numClasses }: { readonly numClasses: number },
): number {
  checkScores(labels, probabilities, numClasses, 'probabilities');
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    sum += crossEntropyOf(probabilities, { row, numClasses, label: labels[row] });
  }
  return sum / labels.length;
}

/**
 * What 0 / 0 gives: precision of a class never predicted, recall of a class without images, F1 of a class with neither.
 * `nan` gives NaN and leaves it out of the averages, as in scikit-learn since 1.3.
 */
export type ZeroDivision = 0 | 1 | 'nan';

export interface ZeroDivisionOptions {
  /** Default 0. */
  readonly zeroDivision?: ZeroDivision;
}

/** Each 0 to 1, or NaN with `zeroDivision: 'nan'`. */
export interface PrecisionRecallF1 {
  /** Share of right ones among the images predicted to be of the class. */
  readonly precision: number;
  /** Share of right ones among the images of the class. */
  readonly recall: number;
  /** Harmonic mean of the two. */
  readonly f1: number;
}

export interface ClassMetrics extends PrecisionRecallF1 {
  /** Images of the class. */
  readonly support: number;
}

export interface AveragedMetrics {
  /** [numClasses] */
  readonly perClass: readonly ClassMetrics[];
  /** From the counts of all classes together; with one label an image all three equal the accuracy. */
  readonly micro: PrecisionRecallF1;
  /** Each class counts alike. */
  readonly macro: PrecisionRecallF1;
  /** Each class counts by its support. */
  readonly weighted: PrecisionRecallF1;
}

/** Precision, recall and F1 of every class, and their averages, as scikit-learn's precision_recall_fscore_support. */
export function precisionRecallF1(
  matrix: ConfusionMatrix,
  { zeroDivision = 0 }: ZeroDivisionOptions = {},
): AveragedMetrics {
  const { support, predicted, correct, total } = marginsOf(matrix);
  const undefinedAs = zeroDivision === 'nan' ? Number.NaN : zeroDivision;
  const divide = (a: number, b: number) => (b === 0 ? undefinedAs : a / b);
  const perClass = matrix.map((row, c) => ({
    precision: divide(row[c], predicted[c]),
    recall: divide(row[c], support[c]),
    f1: divide(2 * row[c], support[c] + predicted[c]),
    support: support[c],
  }));
  const averaged = (average: (values: number[]) => number): PrecisionRecallF1 => ({
    precision: average(perClass.map(({ precision }) => precision)),
    recall: average(perClass.map(({ recall }) => recall)),
    f1: average(perClass.map(({ f1 }) => f1)),
  });
  const micro = divide(correct, total);
  return {
    perClass,
    micro: { precision: micro, recall: micro, f1: micro },
    macro: averaged((values) => nanAverage(values)),
    weighted: averaged((values) => nanAverage(values, support)),
  };
}

/** Mean recall of the classes that have images, 0 to 1; NaN for an empty matrix. */
export function balancedAccuracy(matrix: ConfusionMatrix): number {
  return precisionRecallF1(matrix, { zeroDivision: 'nan' }).macro.recall;
}

/**
 * Agreement beyond chance: 1 where every prediction is right, 0 where as many are as by chance, below 0 where fewer; NaN
 * where labels and predictions are all one class. Cohen, A coefficient of agreement for nominal scales, Educational and
 * Psychological Measurement 20(1), 1960.
 */
export function cohenKappa(matrix: ConfusionMatrix): number {
  const { support, predicted, correct, total } = marginsOf(matrix);
  const [mistakes, byChance] = [total * (total - correct), total ** 2 - dot(support, predicted)]; // times total ** 2
  return byChance === 0 ? Number.NaN : 1 - mistakes / byChance;
}

/**
 * Correlation of labels and predictions, -1 to 1; 0 where all labels or all predictions are one class. For two classes
 * Matthews, Biochimica et Biophysica Acta 405(2), 1975; for more Gorodkin, Computational Biology and Chemistry 28, 2004.
 */
export function matthewsCorrelation(matrix: ConfusionMatrix): number {
  const { support, predicted, correct, total } = marginsOf(matrix);
  const covariance = correct * total - dot(support, predicted);
  const variances = (total ** 2 - dot(predicted, predicted)) * (total ** 2 - dot(support, support));
  return variances === 0 ? 0 : covariance / Math.sqrt(variances);
}

/** The mean of the values that are not NaN, weighted unless the weights of those sum to 0; NaN where all are NaN. */
function nanAverage(values: readonly number[], weights: readonly number[] = values.map(() => 1)): number {
  const defined = values
    .map((value, i) => ({ value, weight: weights[i] }))
    .filter(({ value }) => !Number.isNaN(value));
  const total = defined.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return defined.reduce((sum, { value }) => sum + value, 0) / defined.length;
  return defined.reduce((sum, { value, weight }) => sum + value * weight, 0) / total;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i], 0);
}
