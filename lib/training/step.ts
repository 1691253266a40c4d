import * as tf from '@tensorflow/tfjs';
import { type ImageBatch, type LabelledImages, type Normalization, normalize, normalizeBytes } from '../data';
import { CourseError } from '../errors';
import {
  compileModel,
  giveUpCompiling,
  type Precision,
  type TrainOnBatchOptions,
  UntraceableError,
  type Values,
} from './compile';
import { learningRateOf, setLearningRate, trainable } from './compile/binding';
import { withClippedGradients, withSeededDropout } from './eager';
import { constant, type Schedule } from './schedules';

/** A batch as a step takes it. */
export interface TrainingBatch {
  /** Bytes, [count, height, width, channels]; normalized where the step is computed. */
  readonly images: ImageBatch;
  /** One-hot, float32, [count, numClasses] */
  readonly ys: Values;
  readonly count: number;
}

export interface StepResult {
  /** Mean over the batch, penalties such as L2 included. */
  readonly loss: number;
  /** Share of the batch that was classified correctly, 0 to 1. */
  readonly accuracy: number;
}

/** How steps are computed: as one compiled graph each, or operation by operation. */
export interface StepEngine {
  readonly compiled: boolean;
  /** Why not compiled; undefined where it is. */
  readonly reason?: string;
}

/** Bytes with one-hot labels. */
export function trainingBatch(
  { images, labels, count }: LabelledImages,
  { numClasses }: { numClasses: number },
): TrainingBatch {
  const ys = new Float32Array(count * numClasses);
  labels.forEach((label, i) => {
    ys[i * numClasses + label] = 1;
  });
  return { images, ys: { shape: [count, numClasses], data: ys }, count };
}

/** The bytes of images as input of a graph. */
export function bytesOf({ pixels, count, height, width, channels }: ImageBatch): Values {
  return { shape: [count, height, width, channels], data: pixels };
}

export interface StepperOptions {
  /** Of what dropout drops. */
  readonly seed: number;
  /** Default `constant()`. */
  readonly schedule?: Schedule;
  /** Of the whole training; needed for a schedule. */
  readonly totalSteps?: number;
  readonly clipNorm?: number;
  /** Of compiled steps; default `float32`, which all others compute with. */
  readonly precision?: Precision;
}

/** Computes the steps of one training, compiled where that is possible. */
export class Stepper {
  /** Known for sure after the first step. */
  engine: StepEngine;
  /** How many steps were asked for. */
  step = 0;
  readonly totalSteps: number;

  private readonly options: TrainOnBatchOptions;
  private readonly schedule: Schedule;
  private readonly learningRate: number; // that the schedule multiplies

  constructor(
    private readonly model: tf.LayersModel,
    private readonly normalization: Normalization,
    { seed, schedule = constant(), totalSteps = 0, clipNorm, precision = 'float32' }: StepperOptions,
  ) {
    if (!model.optimizer)
      throw new CourseError('the model has no optimizer and loss; call compileClassifier(model)');
    this.options = { seed, prepare: preparationBy(normalization), clipNorm };
    this.schedule = schedule;
    this.totalSteps = totalSteps;
    this.learningRate = learningRateOf(model.optimizer);
    const { compiled, reason } = compileModel(model, { precision });
    this.engine = compiled ? { compiled: true } : { compiled: false, reason }; // plain JSON, to be stored
  }

  /** One step of gradient descent. */
  async train({ images, ys }: TrainingBatch): Promise<StepResult> {
    const progress = this.totalSteps > 0 ? this.step / this.totalSteps : 0;
    this.step++;
    setLearningRate(this.model.optimizer, this.learningRate * this.schedule(progress), { progress });
    const { compiled } = compileModel(this.model);
    if (compiled) {
      try {
        const [loss, accuracy] = await compiled.trainOnBatch(bytesOf(images), ys, this.options);
        return { loss, accuracy };
      } catch (error) {
        if (!(error instanceof UntraceableError)) throw error;
        this.engine = { compiled: false, reason: giveUpCompiling(this.model, error).reason };
      }
    }
    return this.trainEagerly(images, ys);
  }

  /** Gives the optimizer its learning rate back, and the model the precision that it is evaluated with. */
  dispose(): void {
    setLearningRate(this.model.optimizer, this.learningRate, { progress: 0 });
    compileModel(this.model, { precision: 'float32' });
  }

  private async trainEagerly(images: ImageBatch, { data, shape }: Values): Promise<StepResult> {
    const { optimizer } = this.model;
    const { seed, clipNorm } = this.options;
    const xs = normalize(images, this.normalization);
    const ys = tf.tensor(data, [...shape]);
    const results = withClippedGradients(optimizer, clipNorm, () =>
      withSeededDropout({ seed: seed as number, step: optimizer.iterations }, () =>
        trainable(this.model).makeTrainFunction()([xs, ys]),
      ),
    );
    const both = tf.stack(results); // read back once; model.trainOnBatch would read each by itself
    tf.dispose([xs, ys, ...results]);
    try {
      const [loss, accuracy] = await both.data();
      return { loss, accuracy };
    } finally {
      both.dispose();
    }
  }
}

type Preparation = TrainOnBatchOptions['prepare'];

const preparations = new WeakMap<Normalization, Preparation>();

/** The same function for the same normalization, so that a second training of a model need not be traced again. */
function preparationBy(normalization: Normalization): Preparation {
  const known = preparations.get(normalization);
  if (known) return known;
  const preparation: Preparation = (xs) => normalizeBytes(xs, normalization);
  preparations.set(normalization, preparation);
  return preparation;
}
