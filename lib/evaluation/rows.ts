import type { Numbers } from './checks';

/** Where one image's scores are: row `row` of a row-major [count, numClasses]. */
export interface RowPlace {
  readonly row: number;
  readonly numClasses: number;
}

/** The most probable class of one image, the first of equal ones, and its probability. */
export function mostProbableOf(
  probabilities: Numbers,
  { row, numClasses }: RowPlace,
): { readonly prediction: number; readonly confidence: number } {
  let best = 0;
  for (let c = 1; c < numClasses; c++) {
    if (probabilities[row * numClasses + c] > probabilities[row * numClasses + best]) best = c;
  }
  return { prediction: best, confidence: probabilities[row * numClasses + best] };
}

/** The most probable class of each image, [count], from probabilities, row-major [count, numClasses]. */
export function predictedClasses(
  probabilities: Numbers,
  { numClasses }: { readonly numClasses: number },
): Uint32Array {
  return Uint32Array.from(
    { length: probabilities.length / numClasses },
    (_, row) => mostProbableOf(probabilities, { row, numClasses }).prediction,
  );
}

/** How many classes come before the label, 0 where it is the most probable; of equal ones the higher class comes first. */
export function rankOf(
  probabilities: Numbers,
  { row, numClasses, label }: RowPlace & { readonly label: number },
): number {
  const own = probabilities[row * numClasses + label];
  let before = 0;
  for (let c = 0; c < numClasses; c++) {
    const other = probabilities[row * numClasses + c];
    if (other > own || (other === own && c > label)) before++;
  }
  return before;
}

/** -ln(probability of the label), clipped as `logLoss` says. */
export function crossEntropyOf(
  probabilities: Numbers,
  { row, numClasses, label }: RowPlace & { readonly label: number },
): number {
  const eps = probabilities instanceof Float32Array ? 2 ** -23 : 2 ** -52;
  return -Math.log(Math.min(1 - eps, Math.max(eps, probabilities[row * numClasses + label])));
}

/** Squared distance between the probabilities and the right answer: 1 for the label, 0 for the others. */
export function squaredDistanceOf(
  probabilities: Numbers,
  { row, numClasses, label }: RowPlace & { readonly label: number },
): number {
  let sum = 0;
  for (let c = 0; c < numClasses; c++) {
    sum += (probabilities[row * numClasses + c] - (c === label ? 1 : 0)) ** 2;
  }
  return sum;
}
