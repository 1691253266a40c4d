import { createRandom } from '../../random';
import type { ImageBatch } from '../dataset';
import { type Augmentation, type ImageShape, mapImages, requireWithin } from './augmentation';

/** Mirrors each image, left to right, with the given probability. */
export function horizontalFlip({ probability = 0.5 }: { probability?: number } = {}): Augmentation {
  requireWithin('probability', probability, { least: 0, most: 1 });
  return (batch, random, { into } = {}) =>
    mapImages(
      batch,
      (input, output) => {
        if (random.uniform() < probability) flipInto(input, output, batch);
        else output.set(input);
      },
      into,
    );
}

/**
 * Mirrors a random half of the images in the first epoch, then every image that was not mirrored the epoch before: an
 * image is never shown the same way twice in a row (Jordan 2024, https://arxiv.org/abs/2404.00498, section 3.6). Which half
 * depends on `seed` alone, so batches must come with their images' indices and the epoch.
 */
export function alternatingFlip({ seed = 1 }: { seed?: number } = {}): Augmentation {
  const mirroredFirst: boolean[] = []; // of each image in the dataset
  const random = createRandom(`${seed}/alternating flip`);
  return (batch, _, { indices, epoch, into } = {}) => {
    if (!indices || !epoch) throw new RangeError('alternatingFlip: expected `indices` and `epoch`, got none');
    for (let last = Math.max(...indices); mirroredFirst.length <= last; )
      mirroredFirst.push(random.uniform() < 0.5);
    return mapImages(
      batch,
      (input, output, n) => {
        if (mirroredFirst[indices[n]] === (epoch % 2 === 1)) flipInto(input, output, batch);
        else output.set(input);
      },
      into,
    );
  };
}

/** Every image mirrored; twice gives the batch back. */
export function flipBatch(batch: ImageBatch): ImageBatch {
  return mapImages(batch, (input, output) => flipInto(input, output, batch));
}

/** One image, [height, width, channels], mirrored. */
export function flipImage(pixels: Uint8Array, shape: ImageShape): Uint8Array {
  return flipBatch({ ...shape, pixels, count: 1 }).pixels;
}

function flipInto(input: Uint8Array, output: Uint8Array, { height, width, channels }: ImageShape): void {
  const row = width * channels;
  const bytes = height * row;
  for (let start = 0; start < bytes; start += row) {
    let to = start;
    let from = start + row - channels;
    // Colours without a loop of their own take half the time.
    if (channels === 3) {
      for (; from >= start; from -= 3, to += 3) {
        output[to] = input[from];
        output[to + 1] = input[from + 1];
        output[to + 2] = input[from + 2];
      }
    } else {
      for (; from >= start; from -= channels, to += channels)
        for (let c = 0; c < channels; c++) output[to + c] = input[from + c];
    }
  }
}
