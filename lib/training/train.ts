import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { type Augmentation, type ImageDataset, imageBatches, type Normalization, numBatches } from '../data';
import { CourseError } from '../errors';
import { createRandom } from '../random';
import type { Callback, CallbackContext } from './callbacks';
import { restoreCheckpoint, writeCheckpoint } from './checkpoint';
import type { Precision } from './compile';
import { evaluate } from './evaluate';
import type { EpochRecord, History, StepRecord } from './history';
import { listenForStop } from './interrupt';
import { overlapped } from './overlap';
import { constant, type Schedule } from './schedules';
import { type StepEngine, Stepper, trainingBatch } from './step';

export interface TrainOptions {
  /** Fitted on the training images only. */
  readonly normalization: Normalization;
  readonly epochs: number;
  /** Default 64. */
  readonly batchSize?: number;
  /** Whether a last batch of fewer images is left out; default false. */
  readonly dropRemainder?: boolean;
  /** Fixes the order of the images, every augmentation and what dropout drops; default 1. */
  readonly seed?: number;
  /** Applied to training batches, never to validation. */
  readonly augment?: Augmentation;
  /** Of the optimizer's learning rate, which is as before afterwards; default `constant()`. */
  readonly schedule?: Schedule;
  /** The most that the length of all gradients, as one vector, may be; longer ones are scaled down to it. Default none. */
  readonly clipNorm?: number;
  /**
   * Default `float32`. `mixed_bfloat16` is faster on processors that have instructions for it (avx512_bf16, AMX), slower
   * on others, and learns as well; only compiled steps have it. What is measured while the training lasts is too.
   */
  readonly precision?: Precision;
  /** Measured after every epoch; learns nothing. */
  readonly validation?: ImageDataset;
  readonly callbacks?: readonly Callback[];
  /** File for all that is needed to go on later, written after every epoch. */
  readonly checkpoint?: string;
  /** Whether to go on from `checkpoint`, where there is one; default false. Callbacks must be new ones. */
  readonly resume?: boolean;
  /** How the steps are computed, known after the first. */
  readonly onEngine?: (engine: StepEngine) => void;
  /** After each step; the next one may have begun. */
  readonly onStep?: (record: StepRecord) => void;
  /** After each epoch, also after each that a resumed training had behind it. */
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Stops at once: the promise rejects with the signal's reason. A step under way may still change the weights. */
  readonly signal?: AbortSignal;
}

/**
 * Trains a compiled `model` on `dataset` and resolves to its history. The same model, data, options and seed give the
 * same history on one machine and backend, also where it was killed and resumed. Between steps the event loop runs, so a
 * notebook stays alive and its stop button works. Throws a CourseError when the loss is no longer a number, and for a
 * checkpoint that is damaged or belongs to another training; a checkpoint from before is kept.
 */
export async function train(
  model: tf.LayersModel,
  dataset: ImageDataset,
  options: TrainOptions,
): Promise<History> {
  const { normalization, epochs, batchSize = 64, seed = 1, dropRemainder = false } = options;
  const { schedule = constant(), clipNorm, precision = 'float32' } = options;
  const { validation, callbacks = [], checkpoint, onEpoch } = options;
  const steps = numBatches(dataset, batchSize, { dropRemainder });
  if (steps === 0)
    throw new RangeError(`${dataset.name}: ${dataset.count} images make no batch of ${batchSize}`);
  const totalSteps = epochs * steps;
  const stepper = new Stepper(model, normalization, { seed, schedule, totalSteps, clipNorm, precision });
  const state = {
    model,
    callbacks,
    options: {
      dataset: dataset.name,
      count: dataset.count,
      epochs,
      batchSize,
      seed,
      dropRemainder,
      clipNorm,
      precision,
    },
  };
  if (checkpoint) await mkdir(dirname(checkpoint), { recursive: true }); // rather now than after the first epoch
  const before = options.resume && checkpoint ? await restoreCheckpoint(checkpoint, state) : undefined;
  const history: EpochRecord[] = [...(before ?? [])];
  for (const record of history) onEpoch?.(record);
  const context = (): CallbackContext => ({ model, step: stepper.step, totalSteps: stepper.totalSteps });
  const stop = listenForStop(options.signal);
  try {
    stepper.step = history.length * steps;
    for (const callback of callbacks) callback.onTrainBegin?.(context());
    while (history.length < epochs) {
      const epoch = history.length + 1;
      const isFirst = epoch === 1 + (before?.length ?? 0);
      const measured = await trainEpoch(dataset, {
        ...options,
        epoch,
        isFirst,
        steps,
        stepper,
        stop,
        context,
      });
      const record = validation
        ? { ...measured, ...(await validate(model, validation, normalization)) }
        : measured;
      history.push(record);
      onEpoch?.(record);
      const isLast =
        callbacks.filter((callback) => callback.onEpochEnd?.(record, context()) === 'stop').length > 0;
      if (checkpoint) await writeCheckpoint(checkpoint, { ...state, history });
      if (isLast) break;
    }
    for (const callback of callbacks) callback.onTrainEnd?.(context());
  } finally {
    stop.dispose();
    stepper.dispose();
  }
  return history;
}

/** One pass over the training images. */
async function trainEpoch(
  dataset: ImageDataset,
  {
    epoch,
    isFirst,
    epochs,
    steps,
    stepper,
    stop,
    context,
    batchSize = 64,
    seed = 1,
    callbacks = [],
    ...options
  }: TrainOptions & {
    readonly epoch: number;
    readonly isFirst: boolean;
    readonly steps: number;
    readonly stepper: Stepper;
    readonly stop: ReturnType<typeof listenForStop>;
    readonly context: () => CallbackContext;
  },
): Promise<EpochRecord> {
  const { augment, dropRemainder, onEngine, onStep } = options;
  const numClasses = dataset.classNames.length;
  const watched = callbacks.some(({ onStepEnd }) => onStepEnd); // then no step may be under way meanwhile
  const random = createRandom(seed).fork(`epoch ${epoch}`);
  const coming = imageBatches(dataset, {
    batchSize,
    augment,
    random,
    epoch,
    dropRemainder,
    reuseMemory: true,
  });
  const start = performance.now();
  const imagesPerSecond = () => (seen / (performance.now() - start)) * 1000;
  let step = 0;
  let seen = 0;
  let lossSum = 0;
  let correct = 0;
  for await (const { loss, accuracy, count } of overlapped(coming, {
    prepare: (images) => trainingBatch(images, { numClasses }),
    compute: (batch) => stop.race(stepper.train(batch)),
    ahead: () => (stepper.engine.compiled && !watched ? 1 : 0), // a compiled step waits for the one before it by itself
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
    if (isFirst && step === 1) onEngine?.(stepper.engine);
    for (const callback of callbacks) callback.onStepEnd?.(context());
    const sofar = { loss: lossSum / seen, accuracy: correct / seen, imagesPerSecond: imagesPerSecond() };
    onStep?.({ epoch, epochs, step, steps, ...sofar });
    stop.throwIfStopped();
  }
  return {
    epoch,
    loss: lossSum / seen,
    accuracy: correct / seen,
    durationMs: performance.now() - start,
    imagesPerSecond: imagesPerSecond(),
  };
}

async function validate(model: tf.LayersModel, validation: ImageDataset, normalization: Normalization) {
  const { loss, accuracy } = await evaluate(model, validation, { normalization });
  return { validationLoss: loss, validationAccuracy: accuracy };
}
