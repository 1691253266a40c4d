/**
 * The layers of a network in plain JavaScript and double precision, written for reading, not for speed; and derivatives
 * by central differences. What tests hold the gradients of 32-bit backends against.
 */

/** Numbers with a shape, row-major. */
export interface Array64 {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface Windows {
  readonly size: number;
  readonly stride: number;
  readonly padding: 'same' | 'valid';
}

/**
 * The derivative of `f` by every number of every input, from two values of f near by. In double precision with the
 * default step the result is good to about 1e-9, unless f has a kink nearer than the step.
 */
export function centralDifferences(
  f: (...inputs: Array64[]) => number,
  inputs: readonly Array64[],
  { step = 1e-5 } = {},
): Float64Array[] {
  const copies = inputs.map(({ shape, data }) => ({ shape, data: data.slice() }));
  return copies.map(({ data }) =>
    Float64Array.from(data, (value, i) => {
      data[i] = value + step;
      const above = f(...copies);
      data[i] = value - step;
      const below = f(...copies);
      data[i] = value;
      return (above - below) / (2 * step);
    }),
  );
}

export function map64(f: (value: number) => number): (x: Array64) => Array64 {
  return ({ shape, data }) => ({ shape, data: data.map(f) });
}

export const square = map64((x) => x * x);
export const relu = map64((x) => Math.max(x, 0));
export const relu6 = map64((x) => Math.min(Math.max(x, 0), 6));
export const sigmoid = map64((x) => 1 / (1 + Math.exp(-x)));
export const tanh = map64(Math.tanh);
export const elu = map64((x) => (x > 0 ? x : Math.expm1(x)));
export const leakyRelu = (alpha: number) => map64((x) => (x > 0 ? x : alpha * x));
/** Klambauer et al., https://arxiv.org/abs/1706.02515 */
export const selu = map64((x) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)));
/** Hendrycks and Gimpel, https://arxiv.org/abs/1606.08415 */
export const gelu = map64((x) => (x * (1 + erf(x / Math.SQRT2))) / 2);
export const geluNew = map64(
  (x) => (x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))) / 2,
);

/** A series whose terms have one sign, so that nothing cancels: https://dlmf.nist.gov/7.6.E2 */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** Mean and variance of each channel, the last axis; the variance is that of the numbers themselves, divided by n. */
export function moments(x: Array64): { mean: Float64Array; variance: Float64Array } {
  const channels = lastOf(x.shape);
  const mean = new Float64Array(channels);
  const variance = new Float64Array(channels);
  const share = channels / x.data.length;
  x.data.forEach((value, i) => {
    mean[i % channels] += value * share;
  });
  x.data.forEach((value, i) => {
    variance[i % channels] += (value - mean[i % channels]) ** 2 * share;
  });
  return { mean, variance };
}

/** By the statistics of the batch itself, as in training; `gamma` and `beta`, [channels], scale and shift the result. */
export function batchNormalization(
  x: Array64,
  { gamma, beta, epsilon = 1e-3 }: { gamma?: Array64; beta?: Array64; epsilon?: number } = {},
): Array64 {
  const channels = lastOf(x.shape);
  const { mean, variance } = moments(x);
  const data = x.data.map((value, i) => {
    const c = i % channels;
    const normalized = (value - mean[c]) / Math.sqrt(variance[c] + epsilon);
    return normalized * (gamma?.data[c] ?? 1) + (beta?.data[c] ?? 0);
  });
  return { shape: x.shape, data };
}

/** In nats, of each row: [batch, classes] -> [batch] */
export function softmaxCrossEntropy(logits: Array64, labels: Array64): Array64 {
  const [batch, classes] = logits.shape;
  const data = Float64Array.from({ length: batch }, (_, row) => {
    const scores = logits.data.subarray(row * classes, (row + 1) * classes);
    const largest = Math.max(...scores);
    const logSum = largest + Math.log(scores.reduce((sum, score) => sum + Math.exp(score - largest), 0));
    return scores.reduce((sum, score, c) => sum + labels.data[row * classes + c] * (logSum - score), 0);
  });
  return { shape: [batch], data };
}

/** [batch, inputs] times [inputs, units] plus [units] */
export function dense(x: Array64, kernel: Array64, bias: Array64): Array64 {
  const [batch, inputs] = x.shape;
  const [units] = bias.shape;
  const data = Float64Array.from({ length: batch * units }, (_, i) => {
    const [row, unit] = [Math.floor(i / units), i % units];
    let sum = bias.data[unit];
    for (let k = 0; k < inputs; k++) sum += x.data[row * inputs + k] * kernel.data[k * units + unit];
    return sum;
  });
  return { shape: [batch, units], data };
}

/** x: [batch, height, width, channels]; kernel: [size, size, channels, filters]; bias: [filters] */
export function conv2d(x: Array64, kernel: Array64, bias: Array64, windows: Windows): Array64 {
  const channels = lastOf(x.shape);
  const [filters] = bias.shape;
  return overWindows(x, { ...windows, channels: filters }, (covered, filter) => {
    let sum = bias.data[filter];
    for (const { pixel, tap } of covered) {
      for (let c = 0; c < channels; c++) {
        sum += x.data[pixel * channels + c] * kernel.data[(tap * channels + c) * filters + filter];
      }
    }
    return sum;
  });
}

/** What lies outside the image is never the largest. */
export function maxPool(x: Array64, windows: Windows): Array64 {
  const channels = lastOf(x.shape);
  return overWindows(x, { ...windows, channels }, (covered, c) =>
    covered.reduce((largest, { pixel }) => Math.max(largest, x.data[pixel * channels + c]), -Infinity),
  );
}

/** A pixel, counted through the batch, and the place in the window, counted row by row, where it lies. */
interface Covered {
  readonly pixel: number;
  readonly tap: number;
}

function overWindows(
  { shape: [batch, height, width] }: Array64,
  { channels, ...windows }: Windows & { readonly channels: number },
  compute: (covered: readonly Covered[], channel: number) => number,
): Array64 {
  const rows = windowsAlong(height, windows);
  const columns = windowsAlong(width, windows);
  const data: number[] = [];
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      for (const column of columns) {
        const covered = row.flatMap((y) =>
          column.map((x) => ({
            pixel: (n * height + y.place) * width + x.place,
            tap: y.tap * windows.size + x.tap,
          })),
        );
        for (let c = 0; c < channels; c++) data.push(compute(covered, c));
      }
    }
  }
  return { shape: [batch, rows.length, columns.length, channels], data: Float64Array.from(data) };
}

/**
 * The places of an axis that each window covers. With `same` as many lie outside at both ends, one more at the end:
 * https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
 */
function windowsAlong(length: number, { size, stride, padding }: Windows) {
  const count = Math.ceil((padding === 'same' ? length : length - size + 1) / stride);
  const outside = padding === 'same' ? Math.max((count - 1) * stride + size - length, 0) : 0;
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: size }, (_, tap) => ({
      place: i * stride + tap - Math.floor(outside / 2),
      tap,
    })).filter(({ place }) => place >= 0 && place < length),
  );
}

function lastOf(shape: readonly number[]): number {
  return shape[shape.length - 1];
}
