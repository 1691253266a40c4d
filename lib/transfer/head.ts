import type { Features } from './features';
import { minimize } from './lbfgs';
import type { Head } from './network';

export interface HeadOptions {
  readonly numClasses: number;
  /**
   * What half the squares of all kernel weights are multiplied by, before they are added to the mean loss; the features
   * have been standardized for that. Default 0.01.
   */
  readonly l2?: number;
}

/**
 * The dense layer that classifies `features` best: logistic regression, the mean cross-entropy plus an L2 penalty on the
 * kernel. There is one best answer, so neither seed nor learning rate has a say. It takes features as they come:
 * the standardization is multiplied into the kernel. `labels` has a class index for each row.
 */
export function fitHead(features: Features, labels: Uint8Array, options: HeadOptions): Head {
  const scaling = standardization(features);
  return withoutScaling(solve(features, labels, { ...options, scaling }), scaling, options.numClasses);
}

/** One strength of the penalty, and how the head that it led to did on validation images. */
export interface HeadTrial {
  readonly l2: number;
  readonly validationAccuracy: number;
}

/** From a head that hardly knows the features to one that knows each image by heart. */
export const l2Grid: readonly number[] = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001];

/** The head of the grid's strength that does best on the validation features; of equal ones the simplest. */
export function chooseHead(
  training: { readonly features: Features; readonly labels: Uint8Array },
  validation: { readonly features: Features; readonly labels: Uint8Array },
  { numClasses, l2s = l2Grid }: { readonly numClasses: number; readonly l2s?: readonly number[] },
): { head: Head; l2: number; trials: readonly HeadTrial[] } {
  const { features, labels } = training;
  const scaling = standardization(features);
  const trials: HeadTrial[] = [];
  let best: { head: Head; trial: HeadTrial } | undefined;
  let start: Float64Array | undefined;
  for (const l2 of [...l2s].sort((a, b) => b - a)) {
    start = solve(features, labels, { numClasses, l2, scaling, start });
    const head = withoutScaling(start, scaling, numClasses);
    const trial = { l2, validationAccuracy: headAccuracy(head, validation.features, validation.labels) };
    trials.push(trial);
    if (!best || trial.validationAccuracy > best.trial.validationAccuracy) best = { head, trial };
  }
  if (!best) throw new RangeError('l2s: expected at least one strength of the penalty, got none');
  return { head: best.head, l2: best.trial.l2, trials };
}

/** Share of the rows that the head gives their label, 0 to 1. */
export function headAccuracy(head: Head, features: Features, labels: Uint8Array): number {
  const numClasses = head.bias.length;
  const logits = new Float64Array(numClasses);
  let correct = 0;
  for (let n = 0; n < features.count; n++) {
    logits.set(head.bias);
    addProducts(logits, features, n, head.kernel);
    let predicted = 0;
    for (let k = 1; k < numClasses; k++) if (logits[k] > logits[predicted]) predicted = k;
    if (predicted === labels[n]) correct++;
  }
  return correct / features.count;
}

/** Mean of each feature, and 1 by its standard deviation; 0 for one that never varies. */
interface Scaling {
  readonly mean: Float64Array;
  readonly factor: Float64Array;
}

function standardization({ data, count, size }: Features): Scaling {
  const mean = new Float64Array(size);
  const variance = new Float64Array(size);
  for (let i = 0; i < data.length; i++) mean[i % size] += data[i] / count;
  for (let i = 0; i < data.length; i++) variance[i % size] += (data[i] - mean[i % size]) ** 2 / count;
  return { mean, factor: variance.map((each) => (each > 1e-12 ? 1 / Math.sqrt(each) : 0)) };
}

/** Kernel, row-major [size, numClasses], then bias, for standardized features. */
function solve(
  features: Features,
  labels: Uint8Array,
  {
    numClasses,
    l2 = 0.01,
    scaling: { mean, factor },
    start = new Float64Array((features.size + 1) * numClasses),
  }: HeadOptions & { readonly scaling: Scaling; readonly start?: Float64Array },
): Float64Array {
  const { count, size } = features;
  const data = features.data.map((value, i) => (value - mean[i % size]) * factor[i % size]);
  const standardized = { ...features, data };
  const ends = size * numClasses; // of the kernel
  const probabilities = new Float64Array(numClasses);
  const { x } = minimize((weights, gradient) => {
    gradient.fill(0);
    let loss = 0;
    for (let n = 0; n < count; n++) {
      probabilities.set(weights.subarray(ends));
      addProducts(probabilities, standardized, n, weights);
      loss -= logSoftmax(probabilities, labels[n]) / count;
      probabilities[labels[n]] -= 1; // the gradient of the loss by the logits
      for (let d = 0; d < size; d++) {
        const value = data[n * size + d] / count;
        for (let k = 0; k < numClasses; k++) gradient[d * numClasses + k] += value * probabilities[k];
      }
      for (let k = 0; k < numClasses; k++) gradient[ends + k] += probabilities[k] / count;
    }
    for (let i = 0; i < ends; i++) {
      loss += (l2 / 2) * weights[i] ** 2;
      gradient[i] += l2 * weights[i];
    }
    return loss;
  }, start);
  return x;
}

/** Adds to `logits` the n-th row of the features times the kernel. */
function addProducts(
  logits: Float64Array,
  { data, size }: Features,
  n: number,
  kernel: Float64Array | Float32Array,
): void {
  const numClasses = logits.length;
  for (let d = 0; d < size; d++) {
    const value = data[n * size + d];
    for (let k = 0; k < numClasses; k++) logits[k] += value * kernel[d * numClasses + k];
  }
}

/** Turns logits into probabilities, and answers the logarithm of one of them. */
function logSoftmax(logits: Float64Array, label: number): number {
  const most = Math.max(...logits);
  const log = logits[label] - most;
  let sum = 0;
  for (let k = 0; k < logits.length; k++) sum += logits[k] = Math.exp(logits[k] - most);
  for (let k = 0; k < logits.length; k++) logits[k] /= sum;
  return log - Math.log(sum);
}

/** The same head for features as they come. */
function withoutScaling(solved: Float64Array, { mean, factor }: Scaling, numClasses: number): Head {
  const size = mean.length;
  const kernel = new Float32Array(size * numClasses);
  const bias = Float64Array.from(solved.subarray(size * numClasses));
  for (let i = 0; i < kernel.length; i++) {
    const weight = solved[i] * factor[Math.floor(i / numClasses)];
    kernel[i] = weight;
    bias[i % numClasses] -= weight * mean[Math.floor(i / numClasses)];
  }
  return { kernel, bias: Float32Array.from(bias) };
}
