import type * as tf from '@tensorflow/tfjs';
import { type ImageDataset, imageBatches, type LabelledImages } from '../data';
import type { OnProgress } from '../progress';
import { createRandom } from '../random';
import {
  severities as allSeverities,
  type CorruptionName,
  corrupt,
  corruptionAmount,
  corruptionNames,
  type Severity,
} from './corruptions';
import { type Interval, wilsonInterval } from './intervals';
import { type PredictOptions, predictBatches } from './predictions';
import { predictedClasses } from './rows';

/** How many images a model gets right; the interval is Wilson's, at 95 %. */
export interface MeasuredAccuracy extends Interval {
  readonly accuracy: number;
  readonly correct: number;
  readonly count: number;
}

/** The accuracy on images that were made worse in one way. */
export interface CorruptedAccuracy extends MeasuredAccuracy {
  readonly corruption: CorruptionName;
  readonly severity: Severity;
  /** How much that is, in `unit`. */
  readonly amount: number;
  readonly unit: string;
}

export interface Robustness {
  /** On the images as they are. */
  readonly clean: MeasuredAccuracy;
  /** Corruption by corruption, by rising severity. */
  readonly corrupted: readonly CorruptedAccuracy[];
}

export interface RobustnessOptions extends PredictOptions {
  /** Default all. */
  readonly corruptions?: readonly CorruptionName[];
  /** Default 1 to 5. */
  readonly severities?: readonly Severity[];
  /** Of noise and directions; default 1. */
  readonly seed?: number;
  readonly onProgress?: OnProgress;
}

/**
 * The accuracy of `model` on the images of `dataset`, and on the same images shifted, noisy, blurred, brighter and darker,
 * at each severity. Throws a RangeError for an empty dataset.
 */
export async function measureRobustness(
  model: tf.LayersModel,
  dataset: ImageDataset,
  {
    corruptions = corruptionNames,
    severities = allSeverities,
    seed = 1,
    onProgress,
    batchSize = 256,
    ...options
  }: RobustnessOptions,
): Promise<Robustness> {
  const total = dataset.count * (1 + corruptions.length * severities.length);
  let done = 0;
  const measure = async (label: string, batches: Iterable<LabelledImages>) => {
    let [correct, count] = [0, 0];
    for await (const { labels, probabilities, ...batch } of predictBatches(model, batches, options)) {
      const predictions = predictedClasses(probabilities, { numClasses: dataset.classNames.length });
      correct += predictions.filter((prediction, i) => prediction === labels[i]).length;
      count += batch.count;
      done += batch.count;
      onProgress?.({ label, done, total, unit: 'images' });
    }
    return { accuracy: correct / count, correct, count, ...wilsonInterval(correct, count) };
  };
  const batches = () => imageBatches(dataset, { batchSize, reuseMemory: true });
  const clean = await measure('clean', batches());
  const corrupted: CorruptedAccuracy[] = [];
  for (const corruption of corruptions) {
    for (const severity of severities) {
      const measured = await measure(
        `${corruption} ${severity}`,
        corruptedBatches(batches(), { corruption, severity, seed }),
      );
      corrupted.push({ corruption, severity, ...corruptionAmount(corruption, severity), ...measured });
    }
  }
  return { clean, corrupted };
}

function* corruptedBatches(
  batches: Iterable<LabelledImages>,
  { corruption, severity, seed }: { corruption: CorruptionName; severity: Severity; seed: number },
): Generator<LabelledImages, void, undefined> {
  const change = corrupt(corruption, severity);
  const random = createRandom(seed).fork(corruption);
  for (const batch of batches) {
    const { images, indices } = batch;
    yield { ...batch, images: change(images, random, { indices }) };
  }
}
