import type { ImageBatch, ImageDataset } from '../../lib/data';

/** A batch of grey images written as rows of numbers: [image][row][column]. */
export function grey(images: readonly (readonly (readonly number[])[])[]): ImageBatch {
  const [first] = images;
  return {
    pixels: Uint8Array.from(images.flat(2)),
    count: images.length,
    height: first.length,
    width: first[0].length,
    channels: 1,
  };
}

/** The rows of numbers of a grey batch, for comparing at a glance. */
export function rowsOf({ pixels, count, height, width }: ImageBatch): number[][][] {
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length: height }, (_, y) => [
      ...pixels.subarray((n * height + y) * width, (n * height + y + 1) * width),
    ]),
  );
}

/** A batch whose bytes all differ from their neighbours. */
export function pattern({ count = 4, height = 8, width = 8, channels = 3 } = {}): ImageBatch {
  const pixels = Uint8Array.from(
    { length: count * height * width * channels },
    (_, i) => (i * 37 + 11) % 251,
  );
  return { pixels, count, height, width, channels };
}

/** Grey images of 1 x 1 pixel: image i is the byte i, with the label `labels[i]`. */
export function labelled(
  labels: readonly number[],
  { numClasses = Math.max(...labels) + 1 } = {},
): ImageDataset {
  return {
    name: 'labelled',
    height: 1,
    width: 1,
    channels: 1,
    classNames: Array.from({ length: numClasses }, (_, i) => `class ${i}`),
    count: labels.length,
    labels: Uint8Array.from(labels),
    rows: Uint32Array.from(labels, (_, i) => i),
    pixels: Uint8Array.from(labels, (_, i) => i),
  };
}
