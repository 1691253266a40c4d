import { createRandom } from '../random';
import type { ConfusionMatrix } from './confusion';
import { type BootstrapInterval, type BootstrapOptions, quantile } from './intervals';

/**
 * The interval of any metric of a confusion matrix, such as macro F1: `bootstrapInterval` without the images, since
 * drawing images with replacement draws cells of the matrix by their counts. Takes a draw for each image and resample.
 * Throws a RangeError for a matrix without images or where the metric gives NaN.
 */
export function confusionInterval(
  matrix: ConfusionMatrix,
  {
    metric,
    resamples = 1000,
    level = 0.95,
    seed = 1,
  }: Omit<BootstrapOptions, 'metric'> & { readonly metric: (matrix: ConfusionMatrix) => number },
): BootstrapInterval {
  const numClasses = matrix.length;
  const cells = matrix.flat();
  const ends = new Float64Array(cells.length); // images up to and with each cell
  let total = 0;
  for (let cell = 0; cell < cells.length; cell++) {
    total += cells[cell];
    ends[cell] = total;
  }
  if (total === 0) throw new RangeError('matrix: expected at least one image, got none');
  const random = createRandom(seed);
  const counts = new Float64Array(cells.length);
  const values = Float64Array.from({ length: resamples }, () => {
    counts.fill(0);
    for (let i = 0; i < total; i++) counts[firstAbove(ends, random.integer(total))]++;
    return metric(
      matrix.map((_, label) => Array.from(counts.subarray(label * numClasses, (label + 1) * numClasses))),
    );
  }).sort();
  if (values.some(Number.isNaN)) throw new RangeError('metric: expected a number for every draw, got NaN');
  return {
    estimate: metric(matrix),
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
  };
}

/** The first place whose value is above `value`, by halving. */
function firstAbove(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
