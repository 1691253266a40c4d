import * as tf from '@tensorflow/tfjs';
import { type ImageDataset, imageBatches, type Normalization, normalizeBytes } from '../data';
import { crossEntropyFromLogits, endsInSoftmax } from './classifier';
import { computeOnBatch } from './compile';
import { overlapped } from './overlap';
import { bytesOf, trainingBatch } from './step';
import { applyViews, type Views } from './views';

export interface EvaluateOptions {
  /** The one fitted on the model's training images. */
  readonly normalization: Normalization;
  /** Default 256. */
  readonly batchSize?: number;
  /** Default `single`. */
  readonly views?: Views;
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
  { normalization, batchSize = 256, views = 'single', onBatch }: EvaluateOptions,
): Promise<Evaluation> {
  if (dataset.count === 0) throw new RangeError(`${dataset.name}: there is no image to evaluate on`);
  const numClasses = dataset.classNames.length;
  const name = `evaluate ${views} ${JSON.stringify(normalization)}`;
  const lossAndHits = sumsOf(model, { normalization, views });
  let done = 0;
  let lossSum = 0;
  let correct = 0;
  for await (const { data, count } of overlapped(imageBatches(dataset, { batchSize, reuseMemory: true }), {
    prepare: (images) => trainingBatch(images, { numClasses }),
    compute: ({ images, ys }) =>
      computeOnBatch(model, name, lossAndHits, [bytesOf(images), ys], { combine: 'sum' }),
    ahead: () => 1,
  })) {
    lossSum += data[0];
    correct += data[1];
    done += count;
    onBatch?.(done);
  }
  return { loss: lossSum / done, accuracy: correct / done, count: done };
}

/** From bytes and one-hot labels to [sum of the losses, number classified correctly]: one read-back a batch. */
function sumsOf(
  model: tf.LayersModel,
  { normalization, views }: { readonly normalization: Normalization; readonly views: Views },
): (bytes: tf.Tensor, ys: tf.Tensor) => tf.Tensor {
  const losses = endsInSoftmax(model) ? tf.metrics.categoricalCrossentropy : crossEntropyFromLogits;
  return (bytes, ys) => {
    const output = applyViews(model, normalizeBytes(bytes, normalization) as tf.Tensor4D, views);
    const hits = tf.equal(tf.argMax(output, -1), tf.argMax(ys, -1));
    return tf.stack([tf.sum(losses(ys, output)), tf.sum(tf.cast(hits, 'float32'))]);
  };
}
