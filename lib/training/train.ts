import { setImmediate } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs';
import { type Augmentation, batches, type ImageDataset, type Normalization, numBatches } from '../data';
import { CourseError } from '../errors';
import { createRandom } from '../random';
import { evaluate } from './evaluate';
import type { EpochRecord, History, StepRecord } from './history';
import { onKernelInterrupt } from './interrupt';

export interface TrainOptions {
  /** Fitted on the training images only. */
  readonly normalization: Normalization;
  readonly epochs: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Fixes the order of the images and every augmentation; default 1. */
  readonly seed?: number;
  /** Applied to training batches, never to validation. */
  readonly augment?: Augmentation;
  /** Measured after every epoch; learns nothing. */
  readonly validation?: ImageDataset;
  readonly onStep?: (record: StepRecord) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Stops after the present step; the promise then rejects with the signal's reason. */
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
    onStep,
    onEpoch,
    signal,
  }: TrainOptions,
): Promise<History> {
  const random = createRandom(seed);
  const steps = numBatches(dataset, batchSize);
  const history: EpochRecord[] = [];
  const interrupted = new AbortController();
  const stopListening = onKernelInterrupt(() => interrupted.abort(new Error('training interrupted')));
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const start = performance.now();
      const imagesPerSecond = () => (seen / (performance.now() - start)) * 1000;
      const epochRandom = random.fork(`epoch ${epoch}`);
      let step = 0;
      let seen = 0;
      let lossSum = 0;
      let correct = 0;
      for await (const batch of batches(dataset, {
        normalization,
        batchSize,
        augment,
        random: epochRandom,
      })) {
        const { loss, accuracy } = await trainStep(model, batch, { numClasses: dataset.classNames.length });
        step++;
        seen += batch.count;
        lossSum += loss * batch.count;
        correct += accuracy * batch.count;
        if (!Number.isFinite(loss)) {
          throw new CourseError(
            `training diverged: the loss is ${loss} in epoch ${epoch}, step ${step}; try a smaller learning rate`,
          );
        }
        onStep?.({
          epoch,
          epochs,
          step,
          steps,
          loss: lossSum / seen,
          accuracy: correct / seen,
          imagesPerSecond: imagesPerSecond(),
        });
        await setImmediate();
        signal?.throwIfAborted();
        interrupted.signal.throwIfAborted();
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
    stopListening();
  }
  return history;
}

/** One step of gradient descent on a batch, which it disposes: the batch's mean loss and its accuracy. */
async function trainStep(
  model: tf.LayersModel,
  batch: { readonly xs: tf.Tensor4D; readonly labels: tf.Tensor1D },
  { numClasses }: { readonly numClasses: number },
): Promise<{ loss: number; accuracy: number }> {
  const targets = tf.oneHot(batch.labels, numClasses);
  try {
    const [loss, accuracy] = (await model.trainOnBatch(batch.xs, targets)) as number[];
    return { loss, accuracy };
  } finally {
    tf.dispose([batch.xs, batch.labels, targets]);
  }
}

async function validate(model: tf.LayersModel, validation: ImageDataset, normalization: Normalization) {
  const { loss, accuracy } = await evaluate(model, validation, { normalization });
  return { validationLoss: loss, validationAccuracy: accuracy };
}
