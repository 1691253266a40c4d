import * as tf from '@tensorflow/tfjs';
import {
  type ImageBatch,
  type ImageDataset,
  imageBatches,
  type Normalization,
  normalizeBytes,
} from '../data';
import { applyViews, bytesOf, computeOnBatch, endsInSoftmax, overlapped, type Views } from '../training';

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
  /** Default `single`. */
  readonly views?: Views;
}

/** Class probabilities of every image of `dataset`, batch by batch, dropout off. */
export async function predict(
  model: tf.LayersModel,
  dataset: ImageDataset,
  { normalization, batchSize = 256, views }: PredictOptions,
): Promise<Predictions> {
  const numClasses = dataset.classNames.length;
  const probabilities = new Float32Array(dataset.count * numClasses);
  const predicted = new Uint8Array(dataset.count);
  let done = 0;
  for await (const { data, count } of overlapped(imageBatches(dataset, { batchSize, reuseMemory: true }), {
    prepare: (batch) => batch,
    compute: async ({ images }) => ({ data: await predictImages(model, images, { normalization, views }) }),
    ahead: () => 1,
  })) {
    probabilities.set(data, done * numClasses);
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
  { normalization, views = 'single' }: Omit<PredictOptions, 'batchSize'>,
): Promise<Float32Array> {
  const toProbabilities = (bytes: tf.Tensor) => {
    const output = applyViews(model, normalizeBytes(bytes, normalization) as tf.Tensor4D, views);
    return endsInSoftmax(model) ? output : tf.softmax(output);
  };
  const name = `probabilities ${views} ${JSON.stringify(normalization)}`;
  const { data } = await computeOnBatch(model, name, toProbabilities, [bytesOf(images)], {
    combine: 'rows',
    frozen: true,
  });
  return data as Float32Array;
}
