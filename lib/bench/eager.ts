import * as tf from '@tensorflow/tfjs';
import type { Predictor, Stepper } from './compiled';

/** A training step as `train` makes it: kernel by kernel on the current backend. The model must be compiled. */
export function createEagerStepper(model: tf.LayersModel, batchSize: number): Stepper {
  const [height, width, channels] = model.inputs[0].shape.slice(1) as number[];
  const numClasses = model.outputs[0].shape[1] as number;
  return {
    async step(values, labels) {
      const xs = tf.tensor4d(values, [batchSize, height, width, channels]);
      const ys = tf.tidy(() => tf.oneHot(tf.tensor1d(labels, 'int32'), numClasses));
      try {
        return (await model.trainOnBatch(xs, ys)) as number;
      } finally {
        tf.dispose([xs, ys]);
      }
    },
  };
}

/** A forward pass, kernel by kernel on the current backend. */
export function createEagerPredictor(model: tf.LayersModel, batchSize: number): Predictor {
  const [height, width, channels] = model.inputs[0].shape.slice(1) as number[];
  return {
    async predict(values) {
      const logits = tf.tidy(() => {
        const xs = tf.tensor4d(values, [batchSize, height, width, channels]);
        return model.predictOnBatch(xs) as tf.Tensor2D;
      });
      try {
        return (await logits.data()) as Float32Array;
      } finally {
        logits.dispose();
      }
    },
  };
}
