import type { Random } from '../../random';
import type { ImageBatch } from '../dataset';
import { type Augmentation, type ImageShape, mapImages, requireWithin } from './augmentation';
import { type Border, pixelAt } from './border';

/** How far an image may move: in pixels, or as a fraction of its height and width. */
export type ShiftOptions = ({ readonly maxPixels: number } | { readonly fraction: number }) & {
  /** What comes in at the edges; default `zero`. */
  readonly border?: Border;
};

/** Moves each image by whole pixels, up to the limit, sideways and up or down. */
export function shift({ border = 'zero', ...limit }: ShiftOptions): Augmentation {
  const within = 'maxPixels' in limit ? limit.maxPixels : limit.fraction;
  requireWithin('maxPixels' in limit ? 'maxPixels' : 'fraction', within, { least: 0 });
  const most = (size: number): number => Math.round('maxPixels' in limit ? within : within * size);
  return (batch, random) =>
    mapImages(batch, (input, output) => {
      const dx = drawOffset(most(batch.width), random);
      const dy = drawOffset(most(batch.height), random);
      shiftInto(input, output, { ...pickShape(batch), dx, dy, border });
    });
}

/**
 * Pads each image by `padding` pixels all around and cuts a piece of the old size out of it, anywhere (He et al. 2015,
 * section 4.2, pads with zeros). The same as moving it by up to `padding`.
 */
export function randomCrop({
  padding,
  border = 'reflect',
}: {
  padding: number;
  border?: Border;
}): Augmentation {
  requireWithin('padding', padding, { least: 0 });
  return shift({ maxPixels: padding, border });
}

/** Every image moved by `dx` pixels to the right and `dy` down; whole numbers. */
export function shiftBatch(
  batch: ImageBatch,
  { dx = 0, dy = 0, border = 'zero' }: { dx?: number; dy?: number; border?: Border },
): ImageBatch {
  const offset = { ...pickShape(batch), dx, dy, border };
  return mapImages(batch, (input, output) => shiftInto(input, output, offset));
}

/** A whole number from -most to most. */
function drawOffset(most: number, random: Random): number {
  return random.integer(2 * most + 1) - most;
}

function pickShape({ height, width, channels }: ImageShape): ImageShape {
  return { height, width, channels };
}

/** One copy moves the whole image; what it carries over an edge is then replaced by what the border says. */
function shiftInto(
  input: Uint8Array,
  output: Uint8Array,
  { height, width, channels, dx, dy, border }: ImageShape & { dx: number; dy: number; border: Border },
): void {
  const distance = (dy * width + dx) * channels;
  if (distance < 0) output.set(input.subarray(-distance));
  else if (distance < input.length) output.set(input.subarray(0, input.length - distance), distance);
  const start = Math.min(width, Math.max(0, dx)); // columns from here to `end` come from inside
  const end = Math.max(start, Math.min(width, width + dx));
  for (let y = 0; y < height; y++) {
    const row = pixelAt(y - dy, height, border);
    const isInside = y >= dy && y < height + dy;
    for (let x = 0; x < width; x++) {
      if (isInside && x === start) x = end; // those are right already
      if (x === width) break;
      const column = pixelAt(x - dx, width, border);
      const isBlack = row < 0 || column < 0;
      const to = (y * width + x) * channels;
      const from = (row * width + column) * channels;
      for (let c = 0; c < channels; c++) output[to + c] = isBlack ? 0 : input[from + c];
    }
  }
}
