import { type Augmentation, mapImages, requireWithin } from './augmentation';

/**
 * Covers a square of each image, its middle anywhere in the image, so that part of it may lie outside (DeVries and
 * Taylor 2017, https://arxiv.org/abs/1708.04552). `size` is its side in pixels, `fill` the byte it is filled with.
 */
export function cutout({ size, fill = 0 }: { size: number; fill?: number }): Augmentation {
  requireWithin('size', size, { least: 0 });
  requireWithin('fill', fill, { least: 0, most: 255 });
  return (batch, random, { into } = {}) => {
    const { height, width, channels } = batch;
    return mapImages(
      batch,
      (input, output) => {
        output.set(input);
        const top = random.integer(height) - (size >> 1);
        const left = random.integer(width) - (size >> 1);
        const start = Math.max(0, left);
        const end = Math.min(width, left + size);
        for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
          output.fill(fill, (y * width + start) * channels, (y * width + end) * channels);
        }
      },
      into,
    );
  };
}
