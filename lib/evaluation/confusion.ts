import { checkClasses, checkSameLength, type Numbers } from './checks';

/** How often each class was taken for each: `matrix[label][prediction]` counts images, [numClasses, numClasses]. */
export type ConfusionMatrix = readonly (readonly number[])[];

/**
 * Counts labels, [count], against predictions, [count], both classes of 0 to numClasses - 1. A class that occurs in
 * neither keeps its row and column of zeros, as in scikit-learn with `labels=range(numClasses)`.
 *
 * Throws a RangeError where the lengths differ, are 0, or a value is no class.
 */
export function confusionMatrix(
  labels: Numbers,
  predictions: Numbers,
  { numClasses }: { readonly numClasses: number },
): ConfusionMatrix {
  return new ConfusionCounter({ numClasses }).add(labels, predictions).matrix;
}

/** A confusion matrix that grows batch by batch: its memory depends on the number of classes alone. */
export class ConfusionCounter {
  readonly #counts: number[][];

  constructor({ numClasses }: { readonly numClasses: number }) {
    if (!(Number.isInteger(numClasses) && numClasses > 0)) {
      throw new RangeError(`numClasses: expected a whole number above 0, got ${numClasses}`);
    }
    this.#counts = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  }

  /** Adds one batch; checks as `confusionMatrix` does, and counts nothing of a batch it refuses. */
  add(labels: Numbers, predictions: Numbers): this {
    checkSameLength(labels, predictions, 'predictions');
    checkClasses(labels, this.#counts.length, 'labels');
    checkClasses(predictions, this.#counts.length, 'predictions');
    for (let i = 0; i < labels.length; i++) this.#counts[labels[i]][predictions[i]]++;
    return this;
  }

  /** The counts so far, a copy. */
  get matrix(): ConfusionMatrix {
    return this.#counts.map((row) => [...row]);
  }
}

/**
 * The counts as shares, 0 to 1: of the images that have the label (each row sums to 1; the diagonal is recall), of those
 * that got the prediction (each column; precision), or of all. Where there is nothing to share out, 0.
 */
export function normalizeConfusion(
  matrix: ConfusionMatrix,
  over: 'true' | 'predicted' | 'all',
): readonly (readonly number[])[] {
  const { support, predicted, total } = marginsOf(matrix);
  return matrix.map((row, label) =>
    row.map((count, prediction) => {
      const whole = over === 'true' ? support[label] : over === 'predicted' ? predicted[prediction] : total;
      return whole === 0 ? 0 : count / whole;
    }),
  );
}

/** A mistake and how often it was made. */
export interface ConfusedPair {
  readonly label: number;
  readonly prediction: number;
  /** Images. */
  readonly count: number;
  /** Of the images with this label, 0 to 1. */
  readonly share: number;
}

/**
 * The most frequent mistakes, most frequent first, equal ones in the order of label and prediction.
 *
 * @param options.count At most so many, default 10; pairs that never occurred are left out.
 */
export function mostConfusedPairs(
  matrix: ConfusionMatrix,
  { count: limit = 10 }: { readonly count?: number } = {},
): ConfusedPair[] {
  const shares = normalizeConfusion(matrix, 'true');
  return matrix
    .flatMap((row, label) =>
      row.map((count, prediction) => ({ label, prediction, count, share: shares[label][prediction] })),
    )
    .filter(({ label, prediction, count }) => label !== prediction && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, limit);
}

/** The sums that most metrics need. */
export interface ConfusionMargins {
  /** Images of each class, [numClasses]. */
  readonly support: readonly number[];
  /** How many images each class was predicted for, [numClasses]. */
  readonly predicted: readonly number[];
  /** Images on the diagonal. */
  readonly correct: number;
  readonly total: number;
}

export function marginsOf(matrix: ConfusionMatrix): ConfusionMargins {
  return {
    support: matrix.map(sum),
    predicted: matrix.map((_, prediction) => sum(matrix.map((row) => row[prediction]))),
    correct: sum(matrix.map((row, label) => row[label])),
    total: sum(matrix.map(sum)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
