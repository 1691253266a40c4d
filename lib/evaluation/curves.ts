import { checkFinite, checkSameLength, checkScores, type Numbers } from './checks';

/** Whether each example is of the class asked for: true or 1, false or 0. */
export type Positives = ArrayLike<boolean | number>;

/** Points from (0, 0), where the threshold is infinity and nothing is called positive, to (1, 1). */
export interface RocCurve {
  /** Share of the negatives that score at least the threshold; NaN without negatives. */
  readonly falsePositiveRates: readonly number[];
  /** Share of the positives that score at least the threshold; NaN without positives. */
  readonly truePositiveRates: readonly number[];
  /** Falling. */
  readonly thresholds: readonly number[];
}

/**
 * The receiver operating characteristic: one point for each different score, as scikit-learn's roc_curve. Throws a
 * RangeError for no examples, different lengths or a score that is not finite. Source: Fawcett, An introduction to ROC
 * analysis, Pattern Recognition Letters 27(8), 2006.
 *
 * @param options.dropIntermediate Leaves out points between two others on a straight line, which changes neither picture
 * nor area; default false (scikit-learn: true).
 */
export function rocCurve(
  isPositive: Positives,
  scores: Numbers,
  { dropIntermediate = false }: { readonly dropIntermediate?: boolean } = {},
): RocCurve {
  const all = countsByThreshold(isPositive, scores);
  const { positives, negatives } = all[all.length - 1];
  const bends = (i: number) =>
    i === 0 ||
    i === all.length - 1 ||
    all[i + 1].positives - all[i].positives !== all[i].positives - all[i - 1].positives ||
    all[i + 1].negatives - all[i].negatives !== all[i].negatives - all[i - 1].negatives;
  const start = { threshold: Number.POSITIVE_INFINITY, positives: 0, negatives: 0 };
  const points = [start, ...(dropIntermediate ? all.filter((_, i) => bends(i)) : all)];
  return {
    falsePositiveRates: points.map((point) => point.negatives / negatives),
    truePositiveRates: points.map((point) => point.positives / positives),
    thresholds: points.map(({ threshold }) => threshold),
  };
}

/** Points by rising threshold, then (precision 1, recall 0), which has no threshold. */
export interface PrecisionRecallCurve {
  /** Share of positives among the examples that score at least the threshold, [thresholds + 1]. */
  readonly precisions: readonly number[];
  /** Share of the positives that score at least the threshold, [thresholds + 1]; 1 without positives. */
  readonly recalls: readonly number[];
  readonly thresholds: readonly number[];
}

/** Precision and recall for each different score, as scikit-learn's precision_recall_curve; throws as `rocCurve`. */
export function precisionRecallCurve(isPositive: Positives, scores: Numbers): PrecisionRecallCurve {
  const points = countsByThreshold(isPositive, scores).reverse();
  const total = points[0].positives;
  return {
    precisions: [...points.map(({ positives, negatives }) => positives / (positives + negatives)), 1],
    recalls: [...points.map(({ positives }) => (total === 0 ? 1 : positives / total)), 0],
    thresholds: points.map(({ threshold }) => threshold),
  };
}

/**
 * The area under the straight lines between points. Throws a RangeError for fewer than two points, different lengths, or
 * xs that rise and fall.
 */
export function areaUnder(xs: Numbers, ys: Numbers): number {
  if (xs.length !== ys.length || xs.length < 2) {
    throw new RangeError(`expected as many xs as ys, at least two, got ${xs.length} and ${ys.length}`);
  }
  let [area, rises, falls] = [0, false, false];
  for (let i = 1; i < xs.length; i++) {
    const width = xs[i] - xs[i - 1];
    rises ||= width > 0;
    falls ||= width < 0;
    area += (width * (ys[i] + ys[i - 1])) / 2;
  }
  if (rises && falls) throw new RangeError('xs: expected all rising or all falling, got both');
  return falls ? -area : area;
}

/**
 * The precision at each threshold weighted by the recall gained there, 0 to 1: the area under the precision-recall curve
 * as steps, since straight lines between its points promise too much (Davis and Goadrich, The relationship between
 * precision-recall and ROC curves, ICML 2006). 0 without positives.
 */
export function averagePrecision(isPositive: Positives, scores: Numbers): number {
  const { precisions, recalls } = precisionRecallCurve(isPositive, scores);
  return recalls.slice(1).reduce((sum, recall, i) => sum + (recalls[i] - recall) * precisions[i], 0);
}

export interface RocAuc {
  /** [numClasses]; NaN for a class that no image or every image belongs to. */
  readonly perClass: readonly number[];
  /** Each class counts alike; NaN where one is NaN. */
  readonly macro: number;
  /** Each class counts by its images; classes without images do not. */
  readonly weighted: number;
}

/**
 * Area under the ROC curve of each class against all others together: the chance that an image of the class scores
 * higher for it than an image of another class, ties counted half.
 *
 * @param probabilities Or any scores, row-major [count, numClasses]; rows need not sum to 1.
 */
export function oneVsRestRocAuc(
  labels: Numbers,
  probabilities: Numbers,
  { numClasses }: { readonly numClasses: number },
): RocAuc {
  checkScores(labels, probabilities, numClasses, 'probabilities');
  const classes = Array.from({ length: numClasses }, (_, c) => {
    const isPositive = Array.from(labels, (label) => label === c);
    const curve = rocCurve(isPositive, column(probabilities, { index: c, width: numClasses }));
    return {
      support: isPositive.filter(Boolean).length,
      area: areaUnder(curve.falsePositiveRates, curve.truePositiveRates),
    };
  });
  return {
    perClass: classes.map(({ area }) => area),
    macro: classes.reduce((sum, { area }) => sum + area, 0) / numClasses,
    weighted:
      classes.reduce((sum, { support, area }) => sum + (support && support * area), 0) / labels.length,
  };
}

/** One column of a row-major table, copied. */
export function column(
  values: Numbers,
  { index, width }: { readonly index: number; readonly width: number },
): Float64Array {
  return Float64Array.from({ length: values.length / width }, (_, row) => values[row * width + index]);
}

interface Counts {
  readonly threshold: number;
  /** Examples that score at least the threshold. */
  readonly positives: number;
  readonly negatives: number;
}

/** By falling threshold; equal scores come together as one. */
function countsByThreshold(isPositive: Positives, scores: Numbers): Counts[] {
  checkSameLength(isPositive, scores, 'scores');
  checkFinite(scores, 'scores');
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i).sort(
    (a, b) => scores[b] - scores[a],
  );
  const counts: Counts[] = [];
  let [positives, negatives] = [0, 0];
  for (let i = 0; i < order.length; i++) {
    if (isPositive[order[i]]) positives++;
    else negatives++;
    const threshold = scores[order[i]];
    if (i === order.length - 1 || scores[order[i + 1]] !== threshold) {
      counts.push({ threshold, positives, negatives });
    }
  }
  return counts;
}
