import type { Random } from '../../random';
import type { ImageBatch } from '../dataset';

/**
 * Makes a changed copy of a batch; the batch itself stays as it is. Each image draws its own numbers from `random`, so
 * the same batch and the same stream give the same result.
 */
export type Augmentation = (batch: ImageBatch, random: Random) => ImageBatch;

/** Height, width and channels of one image. */
export type ImageShape = Pick<ImageBatch, 'height' | 'width' | 'channels'>;

/** One augmentation that applies all of these, the first one first, drawing from one stream. */
export function compose(...augmentations: readonly Augmentation[]): Augmentation {
  return (batch, random) => augmentations.reduce((result, augment) => augment(result, random), batch);
}

/** A new batch, of which `change` fills each image: `output` from `input`, both [height, width, channels]. */
export function mapImages(
  batch: ImageBatch,
  change: (input: Uint8Array, output: Uint8Array) => void,
): ImageBatch {
  const { count, height, width, channels } = batch;
  const imageBytes = height * width * channels;
  const pixels = new Uint8Array(batch.pixels.length);
  for (let start = 0; start < count * imageBytes; start += imageBytes) {
    const end = start + imageBytes;
    change(batch.pixels.subarray(start, end), pixels.subarray(start, end));
  }
  return { pixels, count, height, width, channels };
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
