import type * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';
import { type Compilation, type CompiledModel, compileModel, freezeModel, type Precision } from '../training';

/** Trains a model step by step. */
export interface Stepper {
  /** One update from images, [batch, height, width, channels], and their classes, [batch]; gives the loss before it. */
  step(xs: Float32Array, labels: Int32Array): Promise<number>;
}

/** Computes a model's output. */
export interface Predictor {
  /** Logits, [batch, numClasses], of images, [batch, height, width, channels]. */
  predict(xs: Float32Array): Promise<Float32Array>;
}

/** A compiled training step of `model`, for batches of one size. Throws a CourseError where it cannot be compiled. */
export async function createStepper(
  model: tf.LayersModel,
  batchSize: number,
  precision?: Precision,
): Promise<Stepper> {
  const compiled = required(compileModel(model, { precision }));
  const shape = [batchSize, ...model.inputs[0].shape.slice(1)] as number[];
  const numClasses = model.outputs[0].shape[1] as number;
  return {
    async step(xs, labels) {
      const ys = new Float32Array(batchSize * numClasses); // one-hot
      labels.forEach((label, i) => {
        ys[i * numClasses + label] = 1;
      });
      const targets = { shape: [batchSize, numClasses], data: ys };
      const [loss] = await compiled.trainOnBatch({ shape, data: xs }, targets);
      return loss;
    },
  };
}

/** The compiled forward pass of `model`, for batches of one size. Throws a CourseError where it cannot be compiled. */
export async function createPredictor(model: tf.LayersModel, batchSize: number): Promise<Predictor> {
  const compiled = required(freezeModel(model));
  const shape = [batchSize, ...model.inputs[0].shape.slice(1)] as number[];
  return {
    async predict(xs) {
      const { data } = await compiled.predictOnBatch({ shape, data: xs });
      return data as Float32Array;
    },
  };
}

function required({ compiled, reason }: Compilation): CompiledModel {
  if (!compiled) throw new CourseError(`not compiled: ${reason}`);
  return compiled;
}
