import { CourseError } from '../errors';
import { createRandom } from '../random';
import { measure } from '../timing';
import type { Engine, EngineName } from './engine';

export interface ChooseEngineOptions {
  /** Height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  readonly numClasses: number;
  /** Default 1, 8 and 32. */
  readonly batchSizes?: readonly number[];
  /** How often each batch is timed; default 5. */
  readonly repeats?: number;
}

/** What was found of one engine. */
export interface EngineTrial {
  readonly name: EngineName;
  /** Median of each batch size, in their order. */
  readonly medianMs: readonly number[];
  /** Largest difference of a probability from the first engine's. */
  readonly difference: number;
}

/** Of probabilities; rounding in another order stays far below it. */
const tolerance = 1e-4;

/**
 * The engine among `candidates` that answers batches of noise fastest, by the geometric mean over the batch sizes. The
 * first candidate's answers are taken to be right; one that differs by more than 1e-4 is not chosen. Also warms them up.
 * A single candidate is not timed.
 * @throws CourseError when the first one's answers are no probabilities.
 */
export async function chooseEngine<E extends Engine>(
  candidates: readonly [E, ...E[]],
  { inputShape, numClasses, batchSizes = [1, 8, 32], repeats = 5 }: ChooseEngineOptions,
): Promise<{ readonly chosen: E; readonly trials: readonly EngineTrial[] }> {
  const random = createRandom('noise');
  const imageSize = inputShape.reduce((product, size) => product * size, 1);
  const batches = batchSizes.map((count) => ({
    count,
    pixels: Uint8Array.from({ length: count * imageSize }, () => random.integer(256)),
  }));
  const right: Float32Array[] = [];
  for (const { pixels, count } of batches) right.push(await candidates[0].predict(pixels, count));
  requireProbabilities(right, { batchSizes, numClasses });
  if (candidates.length === 1) return { chosen: candidates[0], trials: [] };
  const trials: EngineTrial[] = [];
  for (const engine of candidates) {
    const medianMs: number[] = [];
    let difference = 0;
    for (const [i, { pixels, count }] of batches.entries()) {
      const answer = await engine.predict(pixels, count);
      difference = Math.max(difference, largestDifference(answer, right[i]));
      const timing = await measure(() => engine.predict(pixels, count), { warmup: 1, repeats });
      medianMs.push(timing.medianMs);
    }
    trials.push({ name: engine.name, medianMs, difference });
  }
  const score = ({ medianMs, difference }: EngineTrial) =>
    difference <= tolerance ? medianMs.reduce((product, ms) => product * ms, 1) : Number.POSITIVE_INFINITY;
  const scores = trials.map(score);
  return { chosen: candidates[scores.indexOf(Math.min(...scores))], trials };
}

function requireProbabilities(
  answers: readonly Float32Array[],
  { batchSizes, numClasses }: { readonly batchSizes: readonly number[]; readonly numClasses: number },
): void {
  for (const [i, answer] of answers.entries()) {
    const expected = batchSizes[i] * numClasses;
    if (answer.length === expected && answer.every((value) => value >= 0 && value <= 1.001)) continue;
    throw new CourseError(
      `expected ${numClasses} probabilities an image for noise, got ${answer.length / batchSizes[i]}, such as ${answer[0]}`,
    );
  }
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const differences = a.map((value, i) => Math.abs(value - b[i]));
  return differences.every((value) => value >= 0)
    ? differences.reduce((x, y) => Math.max(x, y), 0)
    : Infinity;
}
