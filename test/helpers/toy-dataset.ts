import type { ImageDataset } from '../../lib/data';
import { createRandom } from '../../lib/random';

/**
 * Small images that a network can learn: class 0 is bright at the top, class 1 at the bottom, class 2 at the left, and
 * so on up to 4 classes, with noise.
 */
export function toyDataset({
  count = 32,
  size = 12,
  channels = 3,
  numClasses = 4,
  seed = 1,
} = {}): ImageDataset {
  const random = createRandom(seed);
  const pixels = new Uint8Array(count * size * size * channels);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % numClasses);
  for (let n = 0; n < count; n++) {
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) {
        const bright = [y < size / 2, y >= size / 2, x < size / 2, x >= size / 2][labels[n]];
        for (let c = 0; c < channels; c++) {
          pixels[((n * size + y) * size + x) * channels + c] = (bright ? 150 : 30) + random.integer(60);
        }
      }
    }
  }
  return {
    name: 'toy',
    height: size,
    width: size,
    channels,
    classNames: ['top', 'bottom', 'left', 'right'].slice(0, numClasses),
    count,
    labels,
    rows: Uint32Array.from({ length: count }, (_, i) => i),
    pixels,
  };
}
