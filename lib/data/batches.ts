import * as tf from '@tensorflow/tfjs';
import type { Random } from '../random';
import type { Augmentation } from './augment/augmentation';
import { gather, type ImageBatch, type ImageDataset, imageSize } from './dataset';
import { type Normalization, normalize } from './normalize';

export interface ImageBatchesOptions {
  readonly batchSize: number;
  /** Shuffles the images, and feeds the augmentation. Without it they come in their order. */
  readonly random?: Random;
  /** Applied to the bytes of each batch; needs `random`. */
  readonly augment?: Augmentation;
  /** Told to the augmentation, counted from 1; default 1. */
  readonly epoch?: number;
  /** Whether a last batch of fewer images is left out; default false. */
  readonly dropRemainder?: boolean;
  /** Whether all batches have the same memory, so that a batch is gone once the next is taken; default false. */
  readonly reuseMemory?: boolean;
}

export interface BatchesOptions extends ImageBatchesOptions {
  readonly normalization: Normalization;
}

/** Images as bytes with their labels. */
export interface LabelledImages {
  readonly images: ImageBatch;
  /** [count] */
  readonly labels: Uint8Array;
  /** Index of each image in the dataset, [count]. */
  readonly indices: Uint32Array;
  readonly count: number;
}

/** What a network takes for one step; whoever receives it disposes `xs` and `labels`. */
export interface Batch {
  /** float32, [count, height, width, channels] */
  readonly xs: tf.Tensor4D;
  /** int32, [count] */
  readonly labels: tf.Tensor1D;
  readonly count: number;
}

/** How many batches one pass over the dataset takes. */
export function numBatches(
  dataset: ImageDataset,
  batchSize: number,
  { dropRemainder = false }: { dropRemainder?: boolean } = {},
): number {
  requireBatchSize(batchSize);
  return dropRemainder ? Math.floor(dataset.count / batchSize) : Math.ceil(dataset.count / batchSize);
}

/**
 * One pass over the dataset, batch by batch, as tensors. The same `random` gives the same batches; each batch augments
 * from its own stream, so that batch 7 is the same whether or not the others were made.
 */
export async function* batches(
  dataset: ImageDataset,
  { normalization, ...options }: BatchesOptions,
): AsyncGenerator<Batch, void, undefined> {
  for (const { images, labels, count } of imageBatches(dataset, options)) {
    yield { xs: normalize(images, normalization), labels: tf.tensor1d(labels, 'int32'), count };
  }
}

/** The same pass as bytes, without a tensor. */
export function* imageBatches(
  dataset: ImageDataset,
  { batchSize, random, augment, epoch = 1, dropRemainder = false, reuseMemory = false }: ImageBatchesOptions,
): Generator<LabelledImages, void, undefined> {
  const steps = numBatches(dataset, batchSize, { dropRemainder });
  if (augment && !random) throw new RangeError('expected `random` beside `augment`, got none');
  const order =
    random?.fork('shuffle').permutation(dataset.count) ??
    Uint32Array.from({ length: dataset.count }, (_, i) => i);
  const imageBytes = imageSize(dataset);
  const memory = () => new Uint8Array(Math.min(batchSize, dataset.count) * imageBytes);
  const [gathered, augmented] = reuseMemory ? [memory(), memory()] : [];
  for (let step = 0; step < steps; step++) {
    const indices = order.slice(step * batchSize, (step + 1) * batchSize);
    const end = indices.length * imageBytes;
    const plain = gather(dataset, indices, gathered?.subarray(0, end));
    const context = { indices, epoch, into: augmented?.subarray(0, end) };
    const images = augment && random ? augment(plain, random.fork(`augment ${step}`), context) : plain;
    const labels = Uint8Array.from(indices, (index) => dataset.labels[index]);
    yield { images, labels, indices, count: indices.length };
  }
}

function requireBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize > 0) return;
  throw new RangeError(`batchSize: expected a whole number above 0, got ${batchSize}`);
}
