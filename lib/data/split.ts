import { createRandom } from '../random';
import { type ImageDataset, subset } from './dataset';

export interface StratifiedSplitOptions {
  /** Size of each part, in images (`counts`) or as a share of all (`fractions`); together at most all images. */
  readonly counts?: readonly number[];
  readonly fractions?: readonly number[];
  /** Fixes who goes where; default 1. */
  readonly seed?: number;
}

/**
 * Splits a dataset at random into parts that share no image and in which each class has its share: exactly where that
 * is a whole number of images, else one more or less. Every part keeps the order of the dataset, and copies no pixel.
 * @throws RangeError when the sizes are not whole numbers above 0 or exceed the dataset.
 */
export function stratifiedSplit(
  dataset: ImageDataset,
  { counts, fractions, seed = 1 }: StratifiedSplitOptions,
): ImageDataset[] {
  const sizes = counts ?? fractions?.map((fraction) => Math.round(fraction * dataset.count)) ?? [];
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (
    sizes.length === 0 ||
    sum > dataset.count ||
    !sizes.every((size) => Number.isInteger(size) && size > 0)
  ) {
    throw new RangeError(
      `${dataset.name}: expected counts above 0 of at most ${dataset.count} in all, got ${sizes.join(' + ')}`,
    );
  }
  const order = stratifiedOrder(dataset, seed);
  let start = 0;
  return sizes.map((size) => {
    const part = order.subarray(start, start + size);
    start += size;
    return subset(dataset, part.slice().sort());
  });
}

/** Sets `validationCount` images apart for validation; the others are for training. */
export function splitTrainValidation(
  dataset: ImageDataset,
  { validationCount = 5000, seed = 1 }: { validationCount?: number; seed?: number } = {},
): { train: ImageDataset; validation: ImageDataset } {
  const counts = [validationCount, dataset.count - validationCount];
  const [validation, train] = stratifiedSplit(dataset, { counts, seed });
  return { train, validation };
}

/** `count` images at random, each class with its share; the dataset itself if it has no more than that. */
export function takeStratified(
  dataset: ImageDataset,
  { count, seed = 1 }: { count: number; seed?: number },
): ImageDataset {
  if (count >= dataset.count) return dataset;
  return stratifiedSplit(dataset, { counts: [count], seed })[0];
}

/**
 * All indices in an order of which any run has each class in proportion: the r-th of the n images of a class (in random
 * order) stands at (r + 1/2) / n of the way.
 */
function stratifiedOrder(dataset: ImageDataset, seed: number): Uint32Array {
  const random = createRandom(seed).fork('split');
  const byClass = dataset.classNames.map((): number[] => []);
  for (const index of random.permutation(dataset.count)) byClass[dataset.labels[index]].push(index);
  const place = new Float64Array(dataset.count);
  for (const indices of byClass) {
    for (const [r, index] of indices.entries()) place[index] = (r + 0.5) / indices.length;
  }
  // Equal places: a random order of classes, so that no class is always the one rounded up.
  const tie = random.permutation(dataset.classNames.length);
  const { labels } = dataset;
  return Uint32Array.from({ length: dataset.count }, (_, i) => i).sort(
    (a, b) => place[a] - place[b] || tie[labels[a]] - tie[labels[b]],
  );
}
