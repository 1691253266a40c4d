import type { ImageBatch } from '../dataset';
import { type Augmentation, type ImageShape, mapImages, requireWithin } from './augmentation';
import { type Border, pixelAt } from './border';

/**
 * Where the colour of a pixel comes from, as a linear map about the centre of the image:
 * source x = xx * x + xy * y, source y = yx * x + yy * y.
 */
interface Matrix {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

/** Turns each image about its centre by up to `maxDegrees` either way. Bilinear; `border` fills the corners. */
export function rotate({
  maxDegrees,
  border = 'reflect',
}: {
  maxDegrees: number;
  border?: Border;
}): Augmentation {
  requireWithin('maxDegrees', maxDegrees, { least: 0 });
  return (batch, random, { into } = {}) =>
    mapImages(
      batch,
      (input, output) => {
        const degrees = (2 * random.uniform() - 1) * maxDegrees;
        warpInto(input, output, batch, { matrix: rotation(degrees), border });
      },
      into,
    );
}

/**
 * Enlarges or shrinks each image about its centre by a factor of 1 - range to 1 + range. Bilinear; `border` fills what
 * a smaller image leaves open.
 */
export function zoom({ range, border = 'reflect' }: { range: number; border?: Border }): Augmentation {
  requireWithin('range', range, { least: 0, most: 0.9 });
  return (batch, random, { into } = {}) =>
    mapImages(
      batch,
      (input, output) => {
        const factor = 1 + (2 * random.uniform() - 1) * range;
        warpInto(input, output, batch, { matrix: magnification(factor), border });
      },
      into,
    );
}

/** Every image turned counterclockwise by `degrees`; exact for multiples of 90 where height equals width. */
export function rotateBatch(
  batch: ImageBatch,
  { degrees, border = 'reflect' }: { degrees: number; border?: Border },
): ImageBatch {
  const matrix = rotation(degrees);
  return mapImages(batch, (input, output) => warpInto(input, output, batch, { matrix, border }));
}

/** Every image magnified by `factor` about its centre: 2 shows the middle at double size. */
export function zoomBatch(
  batch: ImageBatch,
  { factor, border = 'reflect' }: { factor: number; border?: Border },
): ImageBatch {
  const matrix = magnification(factor);
  return mapImages(batch, (input, output) => warpInto(input, output, batch, { matrix, border }));
}

function rotation(degrees: number): Matrix {
  const radians = (degrees * Math.PI) / 180;
  const cos = Math.cos(radians);
  const sin = Math.sin(radians);
  return { xx: cos, xy: -sin, yx: sin, yy: cos }; // y points down
}

function magnification(factor: number): Matrix {
  return { xx: 1 / factor, xy: 0, yx: 0, yy: 1 / factor };
}

function warpInto(
  input: Uint8Array,
  output: Uint8Array,
  { height, width, channels }: ImageShape,
  { matrix, border }: { matrix: Matrix; border: Border },
): void {
  const centreX = (width - 1) / 2;
  const centreY = (height - 1) / 2;
  const offset = (x: number, y: number): number => (x < 0 || y < 0 ? -1 : (y * width + x) * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = matrix.xx * (x - centreX) + matrix.xy * (y - centreY) + centreX;
      const sourceY = matrix.yx * (x - centreX) + matrix.yy * (y - centreY) + centreY;
      const left = Math.floor(sourceX);
      const top = Math.floor(sourceY);
      const x0 = pixelAt(left, width, border);
      const x1 = pixelAt(left + 1, width, border);
      const y0 = pixelAt(top, height, border);
      const y1 = pixelAt(top + 1, height, border);
      const topLeft = offset(x0, y0);
      const topRight = offset(x1, y0);
      const bottomLeft = offset(x0, y1);
      const bottomRight = offset(x1, y1);
      // Bilinear: each of the four neighbours by how near it is.
      const right = sourceX - left;
      const below = sourceY - top;
      for (let c = 0; c < channels; c++) {
        const a = topLeft < 0 ? 0 : input[topLeft + c];
        const b = topRight < 0 ? 0 : input[topRight + c];
        const d = bottomLeft < 0 ? 0 : input[bottomLeft + c];
        const e = bottomRight < 0 ? 0 : input[bottomRight + c];
        const upper = a + (b - a) * right;
        const lower = d + (e - d) * right;
        output[to++] = upper + (lower - upper) * below + 0.5; // stored rounded down
      }
    }
  }
}
