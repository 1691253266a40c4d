import type { ImageDataset } from './dataset';

/** Zeroed bytes over shared memory, so that worker threads read them without a copy. */
export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

/** A dataset of all images in `pixels`, in their order. */
export function makeDataset(
  parts: Omit<ImageDataset, 'count' | 'rows'> & { readonly labels: Uint8Array },
): ImageDataset {
  const { height, width, channels, labels, pixels } = parts;
  const expected = labels.length * height * width * channels;
  if (pixels.length !== expected) {
    throw new RangeError(
      `${parts.name}: expected ${expected} bytes for ${labels.length} images, got ${pixels.length}`,
    );
  }
  return { ...parts, count: labels.length, rows: Uint32Array.from(labels, (_, i) => i) };
}
