/** Images as bytes, 0 to 255: `pixels[((n * height + y) * width + x) * channels + c]`, channels in the order R, G, B. */
export interface ImageBatch {
  /** [count, height, width, channels] */
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * Labelled images. Several datasets may share one store of `pixels`: image `i` of this dataset is row `rows[i]` of the
 * store, so a split or a subset copies no pixel. Read an image with `imageAt`, not from `pixels`.
 */
export interface ImageDataset {
  /** Such as `cifar10`. */
  readonly name: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly classNames: readonly string[];
  readonly count: number;
  /** Class index of each image, [count]. */
  readonly labels: Uint8Array;
  /** Row of each image in the store, [count]. */
  readonly rows: Uint32Array;
  /** The store, [any, height, width, channels], over shared memory so that worker threads can read it too. */
  readonly pixels: Uint8Array;
}

/** The bytes of one image, [height, width, channels]: a view, not a copy. */
export function imageAt(dataset: ImageDataset, index: number): Uint8Array {
  if (!(Number.isInteger(index) && index >= 0 && index < dataset.count)) {
    throw new RangeError(`${dataset.name}: expected an index of 0 to ${dataset.count - 1}, got ${index}`);
  }
  const size = imageSize(dataset);
  return dataset.pixels.subarray(dataset.rows[index] * size, (dataset.rows[index] + 1) * size);
}

/** The images at `indices`, in that order, as a dataset over the same store. */
export function subset(dataset: ImageDataset, indices: ArrayLike<number>): ImageDataset {
  const labels = new Uint8Array(indices.length);
  const rows = new Uint32Array(indices.length);
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(index >= 0 && index < dataset.count)) {
      throw new RangeError(`${dataset.name}: expected indices of 0 to ${dataset.count - 1}, got ${index}`);
    }
    labels[i] = dataset.labels[index];
    rows[i] = dataset.rows[index];
  }
  return { ...dataset, count: indices.length, labels, rows };
}

/** The images at `indices` copied side by side, to `pixels` or by default new ones, ready to be augmented. */
export function gather(
  dataset: ImageDataset,
  indices: ArrayLike<number>,
  pixels: Uint8Array = new Uint8Array(indices.length * imageSize(dataset)),
): ImageBatch {
  const { height, width, channels } = dataset;
  const size = imageSize(dataset);
  for (let i = 0; i < indices.length; i++) pixels.set(imageAt(dataset, indices[i]), i * size);
  return { pixels, count: indices.length, height, width, channels };
}

/** Bytes of one image. */
export function imageSize({
  height,
  width,
  channels,
}: Pick<ImageDataset, 'height' | 'width' | 'channels'>): number {
  return height * width * channels;
}

/** How many images each class has, [numClasses]. */
export function classCounts(dataset: ImageDataset): number[] {
  const counts = new Array<number>(dataset.classNames.length).fill(0);
  for (const label of dataset.labels) counts[label]++;
  return counts;
}
