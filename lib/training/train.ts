import type * as tf from '@tensorflow/tfjs';
import { type Augmentation, type ImageDataset, imageBatches, type Normalization, numBatches } from '../data';
import { CourseError } from '../errors';
import { createRandom } from '../random';
import { evaluate } from './evaluate';
import type { EpochRecord, History, StepRecord } from './history';
import { listenForStop } from './interrupt';
import { overlapped } from './overlap';
import { type StepEngine, Stepper, trainingBatch } from './step';

export interface TrainOptions {
  /** Fitted on the training images only. */
  readonly normalization: Normalization;
  readonly epochs: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Fixes the order of the images, every augmentation and what dropout drops; default 1. */
  readonly seed?: number;
  /** Applied to training batches, never to validation. */
  readonly augment?: Augmentation;
  /** Measured after every epoch; learns nothing. */
  readonly validation?: ImageDataset;
  /** How the steps are computed, known after the first. */
  readonly onEngine?: (engine: StepEngine) => void;
  /** After each step; the next one may have begun. */
  readonly onStep?: (record: StepRecord) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Stops at once: the promise rejects with the signal's reason. A step under way may still change the weights. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a compiled `model` on `dataset` and resolves to its history. The same model, data, options and seed give the
 * same history on one machine and backend. Between steps the event loop runs, so a notebook stays alive and its stop
 * button works. Throws a CourseError when the loss is no longer a number.
 */
export async function train(
  model: tf.LayersModel,
  dataset: ImageDataset,
  {
    normalization,
    epochs,
    batchSize = 64,
    seed = 1,
    augment,
    validation,
    onEngine,
    onStep,
    onEpoch,
    signal,
  }: TrainOptions,
): Promise<History> {
  const random = createRandom(seed);
  const steps = numBatches(dataset, batchSize);
  const stepper = new Stepper(model, normalization, { seed });
  const history: EpochRecord[] = [];
  const stop = listenForStop(signal);
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const start = performance.now();
      const imagesPerSecond = () => (seen / (performance.now() - start)) * 1000;
      let step = 0;
      let seen = 0;
      let lossSum = 0;
      let correct = 0;
      const epochRandom = random.fork(`epoch ${epoch}`);
      const coming = imageBatches(dataset, { batchSize, augment, random: epochRandom, reuseMemory: true });
      const numClasses = dataset.classNames.length;
      for await (const { loss, accuracy, count } of overlapped(coming, {
        prepare: (images) => trainingBatch(images, { numClasses }),
        compute: (batch) => stop.race(stepper.step(batch)),
        ahead: () => (stepper.engine.compiled ? 1 : 0), // a compiled step waits for the one before it by itself
      })) {
        step++;
        seen += count;
        lossSum += loss * count;
        correct += accuracy * count;
        if (!Number.isFinite(loss)) {
          throw new CourseError(
            `training diverged: the loss is ${loss} in epoch ${epoch}, step ${step}; try a smaller learning rate`,
          );
        }
        if (epoch === 1 && step === 1) onEngine?.(stepper.engine);
        onStep?.({
          epoch,
          epochs,
          step,
          steps,
          loss: lossSum / seen,
          accuracy: correct / seen,
          imagesPerSecond: imagesPerSecond(),
        });
        stop.throwIfStopped();
      }
      const measured = {
        epoch,
        loss: lossSum / seen,
        accuracy: correct / seen,
        durationMs: performance.now() - start,
        imagesPerSecond: imagesPerSecond(),
      };
      history.push(
        validation ? { ...measured, ...(await validate(model, validation, normalization)) } : measured,
      );
      onEpoch?.(history[history.length - 1]);
    }
  } finally {
    stop.dispose();
  }
  return history;
}

async function validate(model: tf.LayersModel, validation: ImageDataset, normalization: Normalization) {
  const { loss, accuracy } = await evaluate(model, validation, { normalization });
  return { validationLoss: loss, validationAccuracy: accuracy };
}
