import { checkScores, type Numbers } from './checks';

/**
 * Softmax of logits / temperature, row-major [count, numClasses]: a temperature above 1 makes a model less sure, below 1
 * surer, and never changes which class is the most probable.
 */
export function softmax(
  logits: Numbers,
  { numClasses, temperature = 1 }: { readonly numClasses: number; readonly temperature?: number },
): Float64Array {
  const probabilities = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += numClasses) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + numClasses; i++) largest = Math.max(largest, logits[i]);
    let sum = 0;
    for (let i = start; i < start + numClasses; i++) {
      probabilities[i] = Math.exp((logits[i] - largest) / temperature); // at most 1: no overflow
      sum += probabilities[i];
    }
    for (let i = start; i < start + numClasses; i++) probabilities[i] /= sum;
  }
  return probabilities;
}

/**
 * The temperature of 0.01 to 100 with the smallest cross-entropy: fit it on validation images, never on those it is
 * judged by. Source: Guo, Pleiss, Sun and Weinberger, On Calibration of Modern Neural Networks, ICML 2017. The loss is
 * convex in 1 / temperature, so its slope there is 0 at one place, which halving finds to about 12 digits.
 *
 * @param logits Finite, row-major [count, numClasses]; logarithms of probabilities above 0 do as well.
 */
export function fitTemperature(
  labels: Numbers,
  logits: Numbers,
  { numClasses }: { readonly numClasses: number },
): number {
  checkScores(labels, logits, numClasses, 'logits');
  let [low, high] = [1 / 100, 100]; // of 1 / temperature
  for (let step = 0; step < 60; step++) {
    const middle = Math.sqrt(low * high);
    if (slope(labels, logits, { numClasses, inverse: middle }) > 0) high = middle;
    else low = middle;
  }
  return 1 / Math.sqrt(low * high);
}

/** How the summed cross-entropy grows with `inverse` = 1 / temperature: expected logit less the label's. */
function slope(
  labels: Numbers,
  logits: Numbers,
  { numClasses, inverse }: { readonly numClasses: number; readonly inverse: number },
): number {
  const probabilities = softmax(logits, { numClasses, temperature: 1 / inverse });
  let sum = 0;
  for (let i = 0; i < labels.length; i++) {
    const own = logits[i * numClasses + labels[i]];
    for (let c = 0; c < numClasses; c++) {
      sum += probabilities[i * numClasses + c] * (logits[i * numClasses + c] - own);
    }
  }
  return sum;
}
