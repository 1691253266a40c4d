import * as tf from '@tensorflow/tfjs';
import type { ImageBatch, ImageDataset } from './dataset';

/** How bytes become the numbers a network computes with: (byte / 255 - mean) / std, channel by channel. Plain JSON. */
export interface Normalization {
  /** `scale` only maps to [0, 1]; `standardize` gives the training images mean 0 and standard deviation 1. */
  readonly kind: 'scale' | 'standardize';
  /** [channels], of values in [0, 1] */
  readonly mean: readonly number[];
  /** [channels], above 0 */
  readonly std: readonly number[];
}

/** Values in [0, 1]: mean 0, standard deviation 1. */
export function scaleOnly(channels: number): Normalization {
  return {
    kind: 'scale',
    mean: new Array<number>(channels).fill(0),
    std: new Array<number>(channels).fill(1),
  };
}

/**
 * Mean and standard deviation of each channel over all pixels of `train`, exact but for the last division: bytes are
 * counted, not summed as fractions. Give it training images only; a channel that never varies gets std 1.
 */
export function fitStandardization(train: ImageDataset): Normalization {
  if (train.count === 0)
    throw new RangeError(`${train.name}: expected images to compute a mean of, got none`);
  const { channels, pixels } = train;
  const imageBytes = train.height * train.width * channels;
  const counts = new Uint32Array(channels * 256); // how often each byte occurs in each channel
  for (const row of train.rows) {
    for (let i = row * imageBytes; i < (row + 1) * imageBytes; i += channels) {
      for (let c = 0; c < channels; c++) counts[c * 256 + pixels[i + c]]++;
    }
  }
  const n = train.count * train.height * train.width;
  const mean: number[] = [];
  const std: number[] = [];
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    let sumOfSquares = 0; // whole numbers below 2^53, so exact
    for (let byte = 0; byte < 256; byte++) {
      sum += byte * counts[c * 256 + byte];
      sumOfSquares += byte * byte * counts[c * 256 + byte];
    }
    const variance = sumOfSquares / n - (sum / n) ** 2;
    mean.push(sum / n / 255);
    std.push(variance > 0 ? Math.sqrt(variance) / 255 : 1);
  }
  return { kind: 'standardize', mean, std };
}

/** The batch as float32, [count, height, width, channels]; the caller disposes it. */
export function normalize(batch: ImageBatch, normalization: Normalization): tf.Tensor4D {
  const { count, height, width, channels } = batch;
  return tf.tensor4d(normalizePixels(batch, normalization), [count, height, width, channels], 'float32');
}

/** The same numbers without a tensor, [count * height * width * channels]. */
export function normalizePixels(batch: ImageBatch, normalization: Normalization): Float32Array {
  const { pixels, channels } = batch;
  requireChannels(channels, normalization);
  // There are only 256 answers for each channel; look them up.
  const table = new Float32Array(256 * channels);
  for (let c = 0; c < channels; c++) {
    for (let byte = 0; byte < 256; byte++) {
      table[c * 256 + byte] = (byte / 255 - normalization.mean[c]) / normalization.std[c];
    }
  }
  const xs = new Float32Array(pixels.length);
  for (let i = 0; i < xs.length; i += channels) {
    for (let c = 0; c < channels; c++) xs[i + c] = table[c * 256 + pixels[i + c]];
  }
  return xs;
}

/**
 * The same numbers, up to rounding, from a float32 tensor of bytes, [..., channels]: for a graph that is given the
 * bytes, which are a quarter of the memory.
 */
export function normalizeBytes(bytes: tf.Tensor, { mean, std }: Normalization): tf.Tensor {
  const factor = std.map((each) => 1 / (255 * each));
  const offset = mean.map((each, c) => -each / std[c]);
  return tf.tidy(() => tf.add(tf.mul(bytes, tf.tensor1d(factor)), tf.tensor1d(offset)));
}

/** Back to bytes, rounded and clipped to 0 to 255; reads the tensor's values at once and keeps it. */
export function denormalize(xs: tf.Tensor4D, normalization: Normalization): ImageBatch {
  const [count, height, width, channels] = xs.shape;
  requireChannels(channels, normalization);
  const values = xs.dataSync();
  const pixels = new Uint8ClampedArray(values.length); // rounds and clips
  for (let i = 0; i < values.length; i += channels) {
    for (let c = 0; c < channels; c++) {
      pixels[i + c] = (values[i + c] * normalization.std[c] + normalization.mean[c]) * 255;
    }
  }
  return { pixels: new Uint8Array(pixels.buffer), count, height, width, channels };
}

/** `value` as a Normalization, such as one read from a model's JSON; throws a TypeError that says what is wrong. */
export function parseNormalization(value: unknown): Normalization {
  const { kind, mean, std } = (value ?? {}) as Record<string, unknown>;
  if (kind !== 'scale' && kind !== 'standardize') {
    throw new TypeError(`normalization.kind: expected scale or standardize, got ${JSON.stringify(kind)}`);
  }
  const means = parseNumbers('mean', mean);
  const stds = parseNumbers('std', std);
  if (means.length !== stds.length || means.length === 0 || !stds.every((number) => number > 0)) {
    throw new TypeError('normalization.std: expected one number above 0 for each number of mean');
  }
  return { kind, mean: means, std: stds };
}

function parseNumbers(key: string, value: unknown): number[] {
  if (Array.isArray(value) && value.every((number) => Number.isFinite(number))) return [...value];
  throw new TypeError(`normalization.${key}: expected a list of numbers, got ${JSON.stringify(value)}`);
}

function requireChannels(channels: number, { mean, std }: Normalization): void {
  if (mean.length === channels && std.length === channels) return;
  throw new RangeError(
    `expected images of ${mean.length} channels, as the normalization has, got ${channels}`,
  );
}
