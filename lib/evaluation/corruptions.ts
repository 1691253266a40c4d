import { type Augmentation, type ImageBatch, shiftBatch } from '../data';
import { mapImages } from '../data/augment/augmentation';
import { pixelAt } from '../data/augment/border';
import type { Random } from '../random';

/** 1, hardly to be seen, to 5. */
export type Severity = 1 | 2 | 3 | 4 | 5;

export const severities: readonly Severity[] = [1, 2, 3, 4, 5];

/** How pictures get worse in the world, and by how much at each severity. */
interface Corruption {
  /** At severities 1 to 5. */
  readonly amounts: readonly [number, number, number, number, number];
  /** What the amount is, such as `pixels`. */
  readonly unit: string;
  /** Writes the image made worse, [height, width, channels], to `output`, which rounds; `random` is the image's own. */
  readonly apply: (image: ImageBatch, output: Uint8ClampedArray, options: ApplyOptions) => void;
}

interface ApplyOptions {
  readonly amount: number;
  readonly random: Random;
}

/**
 * Noise, blur and brightness have the amounts of CIFAR-10-C (Hendrycks and Dietterich, Benchmarking Neural Network
 * Robustness to Common Corruptions and Perturbations, ICLR 2019); brightness is added to each channel here, not to the V
 * of HSV there. It has no shift and nothing darker.
 */
const corruptions = {
  shift: { amounts: [1, 2, 3, 4, 6], unit: 'pixels', apply: shifted },
  noise: {
    amounts: [0.04, 0.06, 0.08, 0.09, 0.1],
    unit: 'standard deviation, of values 0 to 1',
    apply: noisy,
  },
  blur: { amounts: [0.4, 0.6, 0.7, 0.8, 1], unit: 'pixels, standard deviation', apply: blurred },
  brighter: { amounts: [0.05, 0.1, 0.15, 0.2, 0.3], unit: 'added, of values 0 to 1', apply: lighter },
  darker: {
    amounts: [0.05, 0.1, 0.15, 0.2, 0.3],
    unit: 'taken away, of values 0 to 1',
    apply: (image, output, { amount }) => lighter(image, output, { amount: -amount }),
  },
} satisfies Record<string, Corruption>;

export type CorruptionName = keyof typeof corruptions;

export const corruptionNames = Object.keys(corruptions) as readonly CorruptionName[];

/** How much a corruption changes at a severity, and what that number is. */
export function corruptionAmount(
  name: CorruptionName,
  severity: Severity,
): { readonly amount: number; readonly unit: string } {
  const { amounts, unit } = corruptions[name];
  return { amount: amounts[severity - 1], unit };
}

/**
 * An augmentation that makes every image worse by the same amount. What is random (the noise, the direction of a shift)
 * depends on `random` and the image's index alone, neither on the batch nor on the severity: the same noise grows.
 */
export function corrupt(name: CorruptionName, severity: Severity): Augmentation {
  const { apply }: Corruption = corruptions[name];
  const { amount } = corruptionAmount(name, severity);
  return (batch, random, { indices, into } = {}) => {
    const { height, width, channels } = batch;
    const change = (pixels: Uint8Array, output: Uint8Array, n: number) => {
      const clamped = new Uint8ClampedArray(output.buffer, output.byteOffset, output.length);
      const own = random.fork(indices?.[n] ?? n);
      apply({ pixels, count: 1, height, width, channels }, clamped, { amount, random: own });
    };
    return mapImages(batch, change, into);
  };
}

/** Moved left, right, up or down; the image is mirrored at the edge. */
function shifted(image: ImageBatch, output: Uint8ClampedArray, { amount, random }: ApplyOptions): void {
  const [dx, dy] = [
    [amount, 0],
    [-amount, 0],
    [0, amount],
    [0, -amount],
  ][random.integer(4)];
  output.set(shiftBatch(image, { dx, dy, border: 'reflect' }).pixels);
}

function noisy({ pixels }: ImageBatch, output: Uint8ClampedArray, { amount, random }: ApplyOptions): void {
  for (let i = 0; i < pixels.length; i++) output[i] = pixels[i] + 255 * amount * random.normal();
}

function lighter(
  { pixels }: ImageBatch,
  output: Uint8ClampedArray,
  { amount }: Pick<ApplyOptions, 'amount'>,
): void {
  for (let i = 0; i < pixels.length; i++) output[i] = pixels[i] + 255 * amount;
}

/** Gaussian, cut off at four standard deviations, as scikit-image does; first along the rows, then down the columns. */
function blurred(
  { pixels, height, width, channels }: ImageBatch,
  output: Uint8ClampedArray,
  { amount }: ApplyOptions,
): void {
  const taps = gaussian(amount);
  const rows = new Float32Array(pixels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const { offset, weight } of taps) {
        const from = (y * width + pixelAt(x + offset, width, 'reflect')) * channels;
        const to = (y * width + x) * channels;
        for (let c = 0; c < channels; c++) rows[to + c] += weight * pixels[from + c];
      }
    }
  }
  const sums = new Float64Array(channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      sums.fill(0);
      for (const { offset, weight } of taps) {
        const from = (pixelAt(y + offset, height, 'reflect') * width + x) * channels;
        for (let c = 0; c < channels; c++) sums[c] += weight * rows[from + c];
      }
      output.set(sums, (y * width + x) * channels);
    }
  }
}

/** Weights that sum to 1. */
function gaussian(deviation: number): readonly { readonly offset: number; readonly weight: number }[] {
  const reach = Math.ceil(4 * deviation);
  const offsets = Array.from({ length: 2 * reach + 1 }, (_, i) => i - reach);
  const heights = offsets.map((offset) => Math.exp(-(offset ** 2) / (2 * deviation ** 2)));
  const sum = heights.reduce((total, height) => total + height, 0);
  return offsets.map((offset, i) => ({ offset, weight: heights[i] / sum }));
}
