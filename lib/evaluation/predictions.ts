import * as tf from '@tensorflow/tfjs';
import {
  type ImageBatch,
  type ImageDataset,
  imageBatches,
  type LabelledImages,
  type Normalization,
  normalizeBytes,
} from '../data';
import { applyViews, bytesOf, computeOnBatch, endsInSoftmax, overlapped, type Views } from '../training';
import { predictedClasses } from './rows';

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
  /** Of a dataset; default 256. */
  readonly batchSize?: number;
  /** Default `single`. */
  readonly views?: Views;
}

/** Class probabilities of every image of `dataset`, batch by batch, dropout off. */
export async function predict(
  model: tf.LayersModel,
  dataset: ImageDataset,
  options: PredictOptions,
): Promise<Predictions> {
  const numClasses = dataset.classNames.length;
  const probabilities = new Float32Array(dataset.count * numClasses);
  let done = 0;
  for await (const batch of predictBatches(model, dataset, options)) {
    probabilities.set(batch.probabilities, done * numClasses);
    done += batch.count;
  }
  const predicted = Uint8Array.from(predictedClasses(probabilities, { numClasses }));
  return { predicted, probabilities, numClasses };
}

/** What a model says of one batch. */
export interface BatchPredictions extends Pick<LabelledImages, 'labels' | 'indices' | 'count'> {
  /** Row-major [count, numClasses]; every row sums to 1. */
  readonly probabilities: Float32Array;
}

/**
 * Class probabilities batch by batch, in order, each with its labels; dropout off. The next batch is computed meanwhile,
 * and no more than that: memory does not grow with the number of batches.
 *
 * @param images A dataset, or batches from elsewhere, which may share memory as those of `reuseMemory` do.
 */
export async function* predictBatches(
  model: tf.LayersModel,
  images: ImageDataset | Iterable<LabelledImages>,
  { normalization, views, batchSize = 256 }: PredictOptions,
): AsyncGenerator<BatchPredictions, void, undefined> {
  const batches = 'rows' in images ? imageBatches(images, { batchSize, reuseMemory: true }) : images;
  yield* overlapped(batches, {
    prepare: (batch) => batch,
    compute: async (batch) => ({
      labels: batch.labels,
      indices: batch.indices,
      probabilities: await predictImages(model, batch.images, { normalization, views }),
    }),
    ahead: () => 1,
  });
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
