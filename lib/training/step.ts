import * as tf from '@tensorflow/tfjs';
import type { LabelledImages, Normalization } from '../data';
import { normalizePixels } from '../data';
import { compileModel, giveUpCompiling, UntraceableError, type Values } from './compile';

/** A batch as a network takes it. */
export interface TrainingBatch {
  /** float32, [count, height, width, channels] */
  readonly xs: Values;
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

/** Makes a batch of bytes ready: normalized pixels and one-hot labels. */
export function trainingBatch(
  { images, labels, count }: LabelledImages,
  { normalization, numClasses }: { normalization: Normalization; numClasses: number },
): TrainingBatch {
  const ys = new Float32Array(count * numClasses);
  labels.forEach((label, i) => {
    ys[i * numClasses + label] = 1;
  });
  const { height, width, channels } = images;
  return {
    xs: { shape: [count, height, width, channels], data: normalizePixels(images, normalization) },
    ys: { shape: [count, numClasses], data: ys },
    count,
  };
}

/** Computes the steps of one training, compiled where that is possible. */
export class Stepper {
  /** Known for sure after the first step. */
  engine: StepEngine;

  constructor(
    private readonly model: tf.LayersModel,
    private readonly seed: number,
  ) {
    const { compiled, reason } = compileModel(model);
    this.engine = { compiled: compiled !== undefined, reason };
  }

  /** One step of gradient descent. */
  async step({ xs, ys }: TrainingBatch): Promise<StepResult> {
    const { compiled } = compileModel(this.model);
    if (compiled) {
      try {
        const [loss, accuracy] = await compiled.trainOnBatch(xs, ys, { seed: this.seed });
        return { loss, accuracy };
      } catch (error) {
        if (!(error instanceof UntraceableError)) throw error;
        this.engine = { compiled: false, reason: giveUpCompiling(this.model, error).reason };
      }
    }
    return eagerStep(this.model, { xs, ys });
  }
}

async function eagerStep(
  model: tf.LayersModel,
  { xs, ys }: Pick<TrainingBatch, 'xs' | 'ys'>,
): Promise<StepResult> {
  const tensors = [xs, ys].map(({ data, shape }) => tf.tensor(data, [...shape], 'float32'));
  try {
    const [loss, accuracy] = (await model.trainOnBatch(tensors[0], tensors[1])) as number[];
    return { loss, accuracy };
  } finally {
    tf.dispose(tensors);
  }
}
