import type { ImageBatch } from '../dataset';
import { type Augmentation, type ImageShape, mapImages, requireWithin } from './augmentation';

/** Mirrors each image, left to right, with the given probability. */
export function horizontalFlip({ probability = 0.5 }: { probability?: number } = {}): Augmentation {
  requireWithin('probability', probability, { least: 0, most: 1 });
  return (batch, random) =>
    mapImages(batch, (input, output) => {
      if (random.uniform() < probability) flipInto(input, output, batch);
      else output.set(input);
    });
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
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = width - 1; x >= 0; x--) {
      const from = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) output[to++] = input[from + c];
    }
  }
}
