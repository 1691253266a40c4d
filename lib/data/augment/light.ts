import { type Augmentation, mapImages, requireWithin } from './augmentation';

/** Makes each image lighter or darker: adds one number of -max to max, in bytes (0 to 255), to all of its values. */
export function brightness({ max }: { max: number }): Augmentation {
  requireWithin('max', max, { least: 0, most: 255 });
  return (batch, random, { into } = {}) =>
    mapImages(
      batch,
      (input, output) => {
        const change = (2 * random.uniform() - 1) * max;
        lookUp(input, output, (byte) => byte + change);
      },
      into,
    );
}

/** Multiplies each image's distance from its mean value by a factor of 1 - range to 1 + range. */
export function contrast({ range }: { range: number }): Augmentation {
  requireWithin('range', range, { least: 0, most: 1 });
  return (batch, random, { into } = {}) =>
    mapImages(
      batch,
      (input, output) => {
        const factor = 1 + (2 * random.uniform() - 1) * range;
        const mean = meanOf(input);
        lookUp(input, output, (byte) => mean + (byte - mean) * factor);
      },
      into,
    );
}

function meanOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i++) sum += bytes[i];
  return sum / bytes.length;
}

/** Changes every byte alike, rounded and clipped to 0 to 255. */
function lookUp(input: Uint8Array, output: Uint8Array, change: (byte: number) => number): void {
  const table = new Uint8ClampedArray(256);
  for (let byte = 0; byte < 256; byte++) table[byte] = change(byte);
  for (let i = 0; i < input.length; i++) output[i] = table[input[i]];
}
