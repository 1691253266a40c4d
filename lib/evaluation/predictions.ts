import * as tf from '@tensorflow/tfjs';
import { batches, type ImageBatch, type ImageDataset, type Normalization, normalize } from '../data';
import { endsInSoftmax } from '../training';

/** What a model says of each image of a dataset. */
export interface Predictions {
  /** The most probable class of each image, [count]. */
  readonly predicted: Uint8Array;
  /** Row-major [count, numClasses]; every row sums to 1. */
  readonly probabilities: Float32Array;
  readonly numClasses: number;
}

export interface PredictOptions {
  /** The one fitted on the model's training images. */
  readonly normalization: Normalization;
  /** Default 256. */
  readonly batchSize?: number;
}

/** Class probabilities of every image of `dataset`, batch by batch, dropout off. */
export async function predict(
  model: tf.LayersModel,
  dataset: ImageDataset,
  { normalization, batchSize = 256 }: PredictOptions,
): Promise<Predictions> {
  const numClasses = dataset.classNames.length;
  const probabilities = new Float32Array(dataset.count * numClasses);
  const predicted = new Uint8Array(dataset.count);
  let done = 0;
  for await (const { xs, labels, count } of batches(dataset, { normalization, batchSize })) {
    const batch = tf.tidy(() => toProbabilities(model, xs));
    tf.dispose([xs, labels]);
    try {
      probabilities.set(await batch.data(), done * numClasses);
    } finally {
      batch.dispose();
    }
    done += count;
  }
  for (let i = 0; i < dataset.count; i++) {
    predicted[i] = indexOfLargest(probabilities.subarray(i * numClasses, (i + 1) * numClasses));
  }
  return { predicted, probabilities, numClasses };
}

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}

/** The most probable class of each image, with its index in the dataset and the probability, 0 to 1. */
export function mostProbable({ predicted, probabilities, numClasses }: Predictions) {
  return Array.from(predicted, (label, index) => ({
    index,
    predicted: label,
    probability: probabilities[index * numClasses + label],
  }));
}

/** Class probabilities of a few images held in memory, row-major [count, numClasses]. */
export async function predictImages(
  model: tf.LayersModel,
  images: ImageBatch,
  { normalization }: Pick<PredictOptions, 'normalization'>,
): Promise<Float32Array> {
  const probabilities = tf.tidy(() => toProbabilities(model, normalize(images, normalization)));
  try {
    return (await probabilities.data()) as Float32Array;
  } finally {
    probabilities.dispose();
  }
}

function toProbabilities(model: tf.LayersModel, xs: tf.Tensor4D): tf.Tensor2D {
  const output = model.predict(xs, { batchSize: xs.shape[0] }) as tf.Tensor2D;
  return endsInSoftmax(model) ? output : tf.softmax(output);
}
