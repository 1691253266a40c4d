import type { Random } from '../../random';
import type { ImageBatch } from '../dataset';

/** What an augmentation may know besides the pixels, as `imageBatches` tells it. */
export interface AugmentationContext {
  /** Index of each image in the dataset, [count]. */
  readonly indices?: Uint32Array;
  /** Counted from 1. */
  readonly epoch?: number;
  /** Memory of the batch's length for the changed pixels; one that does not know how to use it makes its own. */
  readonly into?: Uint8Array;
}

/**
 * Makes a changed copy of a batch; the batch itself stays as it is. Each image draws its own numbers from `random`, so
 * the same batch and the same stream give the same result.
 */
export type Augmentation = (batch: ImageBatch, random: Random, context?: AugmentationContext) => ImageBatch;

/** Height, width and channels of one image. */
export type ImageShape = Pick<ImageBatch, 'height' | 'width' | 'channels'>;

/** One augmentation that applies all of these, the first one first, drawing from one stream. */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  const between: Uint8Array[] = []; // memory for the results that only the next augmentation sees
  return (batch, random, context = {}) =>
    augmentations.reduce((result, augment, i) => {
      if (i === augmentations.length - 1) return augment(result, random, context);
      if (between[i]?.length !== batch.pixels.length) between[i] = new Uint8Array(batch.pixels.length);
      return augment(result, random, { ...context, into: between[i] });
    }, batch);
}

/**
 * A batch of which `change` fills each image: `output` from `input`, both [height, width, channels]; `n` is its place in
 * the batch. The pixels are written to `into`, by default new memory.
 */
export function mapImages(
  batch: ImageBatch,
  change: (input: Uint8Array, output: Uint8Array, n: number) => void,
  into: Uint8Array = new Uint8Array(batch.pixels.length),
): ImageBatch {
  const { count, height, width, channels } = batch;
  const imageBytes = height * width * channels;
  for (let n = 0; n < count; n++) {
    const [start, end] = [n * imageBytes, (n + 1) * imageBytes];
    change(batch.pixels.subarray(start, end), into.subarray(start, end), n);
  }
  return { pixels: into, count, height, width, channels };
}

/** `value`, if it lies in [least, most]; a RangeError that names the option otherwise. */
export function requireWithin(
  name: string,
  value: number,
  { least, most = Number.POSITIVE_INFINITY }: { least: number; most?: number },
): number {
  if (value >= least && value <= most) return value;
  const limits = Number.isFinite(most) ? `${least} to ${most}` : `${least} or more`;
  throw new RangeError(`${name}: expected a number of ${limits}, got ${value}`);
}
