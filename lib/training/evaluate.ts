import * as tf from '@tensorflow/tfjs';
import { batches, type ImageDataset, type Normalization } from '../data';
import { crossEntropyFromLogits, endsInSoftmax } from './compile';

export interface EvaluateOptions {
  /** The one fitted on the model's training images. */
  readonly normalization: Normalization;
  /** Default 256. */
  readonly batchSize?: number;
  /** Images done so far. */
  readonly onBatch?: (done: number) => void;
}

/** How well a model does on images it does not learn from. */
export interface Evaluation {
  /** Mean cross-entropy in nats. */
  readonly loss: number;
  /** Share of images classified correctly, 0 to 1. */
  readonly accuracy: number;
  readonly count: number;
}

/**
 * Mean loss and accuracy of `model` over `dataset`, batch by batch, dropout off. The model need not be compiled.
 * Throws a RangeError for an empty dataset.
 */
export async function evaluate(
  model: tf.LayersModel,
  dataset: ImageDataset,
  { normalization, batchSize = 256, onBatch }: EvaluateOptions,
): Promise<Evaluation> {
  if (dataset.count === 0) throw new RangeError(`${dataset.name}: there is no image to evaluate on`);
  const fromProbabilities = endsInSoftmax(model);
  let done = 0;
  let lossSum = 0;
  let correct = 0;
  for await (const { xs, labels, count } of batches(dataset, { normalization, batchSize })) {
    const sums = tf.tidy(() => {
      const output = model.predict(xs, { batchSize: count }) as tf.Tensor2D;
      const oneHot = tf.oneHot(labels, dataset.classNames.length);
      const losses = fromProbabilities
        ? tf.metrics.categoricalCrossentropy(oneHot, output)
        : crossEntropyFromLogits(oneHot, output);
      const hits = tf.equal(tf.argMax(output, -1), labels);
      return tf.stack([tf.sum(losses), tf.sum(tf.cast(hits, 'float32'))]); // one read-back a batch
    });
    tf.dispose([xs, labels]);
    try {
      const [batchLoss, batchCorrect] = await sums.data();
      lossSum += batchLoss;
      correct += batchCorrect;
    } finally {
      sums.dispose();
    }
    done += count;
    onBatch?.(done);
  }
  return { loss: lossSum / done, accuracy: correct / done, count: done };
}
