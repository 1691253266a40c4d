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
  return (batch, random, { into } = {}) =>
    mapImages(
      batch,
      (input, output) => {
        const dx = drawOffset(most(batch.width), random);
        const dy = drawOffset(most(batch.height), random);
        shiftInto(input, output, batch, { dx, dy, border });
      },
      into,
    );
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
  return mapImages(batch, (input, output) => shiftInto(input, output, batch, { dx, dy, border }));
}

/** A whole number from -most to most. */
function drawOffset(most: number, random: Random): number {
  return random.integer(2 * most + 1) - most;
}

/** One copy moves the whole image; what it carries over an edge is then replaced by what the border says. */
function shiftInto(
  input: Uint8Array,
  output: Uint8Array,
  { height, width, channels }: ImageShape,
  { dx, dy, border }: { readonly dx: number; readonly dy: number; readonly border: Border },
): void {
  const stride = width * channels;
  const distance = dy * stride + dx * channels;
  if (distance < 0) output.set(input.subarray(-distance));
  else if (distance < input.length) output.set(input.subarray(0, input.length - distance), distance);
  const [top, bottom] = inside(dy, height);
  const [left, right] = inside(dx, width);
  /** Of the rows from `first` on, which come from `row` on, what lies beside the image; a column at a time, which is fast. */
  const fillSides = (first: number, end: number, row: number) => {
    for (let x = 0; x < width; x++) {
      if (x === left) x = right; // those between are right already
      if (x >= width) break;
      const column = pixelAt(x - dx, width, border);
      for (let c = 0; c < channels; c++) {
        let to = first * stride + x * channels + c;
        let from = row * stride + column * channels + c;
        for (let y = first; y < end; y++, to += stride, from += stride)
          output[to] = column < 0 ? 0 : input[from];
      }
    }
  };
  fillSides(top, bottom, top - dy);
  for (let y = 0; y < height; y++) {
    if (y === top) y = bottom;
    if (y >= height) break;
    const row = pixelAt(y - dy, height, border);
    const to = y * stride;
    if (row < 0) output.fill(0, to, to + stride);
    else {
      const from = row * stride - dx * channels;
      output.set(input.subarray(from + left * channels, from + right * channels), to + left * channels);
      fillSides(y, y + 1, row);
    }
  }
}

/** The first of `size` places that come from inside after a move by `distance`, and the one after the last. */
function inside(distance: number, size: number): [first: number, end: number] {
  const first = Math.min(size, Math.max(0, distance));
  return [first, Math.max(first, Math.min(size, size + distance))];
}
