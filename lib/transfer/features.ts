import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { writeFileAtomically } from '../atomic-file';
import { type ImageDataset, imageAt, imageBatches, normalizeBytes } from '../data';
import { CourseError } from '../errors';
import { dataFolder } from '../paths';
import type { OnProgress } from '../progress';
import { decodeSafetensors, encodeSafetensors } from '../safetensors';
import { bytesOf, computeOnBatch, overlapped, readWeights } from '../training';
import type { Network } from './network';

/** What a base has seen in the images of a dataset. */
export interface Features {
  /** Row-major [count, size]. */
  readonly data: Float32Array;
  readonly count: number;
  /** Features of one image. */
  readonly size: number;
  /** What it took to compute them; where they were read from the cache, what it took then. */
  readonly seconds: number;
}

export interface FeatureOptions {
  /** Images that are computed at a time; default 128. More take more memory and bring nothing. */
  readonly batchSize?: number;
  readonly onProgress?: OnProgress;
}

/**
 * The features of every image of `dataset` by a network that ends in them, batch by batch. Only a batch is ever resized
 * at a time, so that ten thousand images of 224 x 224 need no more memory than a hundred.
 */
export async function computeFeatures(
  { model, normalization }: Network,
  dataset: ImageDataset,
  { batchSize = 128, onProgress }: FeatureOptions = {},
): Promise<Features> {
  const { count } = dataset;
  const size = model.outputs[0].shape[1] as number;
  const data = new Float32Array(count * size);
  const name = `features ${JSON.stringify(normalization)}`;
  const featuresOf = (bytes: tf.Tensor) => model.apply(normalizeBytes(bytes, normalization)) as tf.Tensor;
  const start = performance.now();
  let done = 0;
  for await (const result of overlapped(imageBatches(dataset, { batchSize, reuseMemory: true }), {
    prepare: (batch) => batch,
    compute: ({ images }) =>
      computeOnBatch(model, name, featuresOf, [bytesOf(images)], { combine: 'rows', frozen: true }),
    ahead: () => 1,
  })) {
    data.set(result.data as Float32Array, done * size);
    done += result.count;
    onProgress?.({ label: `features of ${dataset.name}`, done, total: count, unit: 'images' });
  }
  return { data, count, size, seconds: (performance.now() - start) / 1000 };
}

/**
 * The same, but computed once for the same network and the same images and kept in `folder`, by default `features/` in
 * the data folder. A file that is damaged is computed anew.
 */
export async function cachedFeatures(
  network: Network,
  dataset: ImageDataset,
  { folder = join(dataFolder(), 'features'), ...options }: FeatureOptions & { readonly folder?: string } = {},
): Promise<Features> {
  const key = featuresKey(network, dataset);
  const file = join(folder, `${dataset.name}-${key.slice(0, 16)}.safetensors`);
  const known = await readFeatures(file, key);
  if (known) return known;
  const features = await computeFeatures(network, dataset, options);
  const { data, count, size, seconds } = features;
  const metadata = { format, key, sha256: digestOf(data), seconds: String(seconds) };
  await mkdir(folder, { recursive: true });
  const tensors = { features: { shape: [count, size], data } };
  await writeFileAtomically(file, encodeSafetensors({ tensors, metadata }));
  return features;
}

const format = 'course-features 1';

/** The features in `file`, or undefined where they are not there, not those of `key`, or not as they were written. */
async function readFeatures(file: string, key: string): Promise<Features | undefined> {
  const bytes = await readFile(file).catch(() => undefined);
  if (!bytes) return undefined;
  try {
    const { tensors, metadata } = decodeSafetensors(bytes, { source: file });
    const { shape, data } = tensors.features ?? {};
    if (metadata.format !== format || metadata.key !== key || !(data instanceof Float32Array))
      return undefined;
    if (metadata.sha256 !== digestOf(data)) return undefined;
    return { data, count: shape[0], size: shape[1], seconds: Number(metadata.seconds) };
  } catch (error) {
    if (error instanceof CourseError) return undefined;
    throw error;
  }
}

/** Changes with all that the features depend on: layers, weights and normalization of the network, the images' bytes. */
export function featuresKey({ model, normalization }: Network, dataset: ImageDataset): string {
  const { height, width, channels, count } = dataset;
  const hash = createHash('sha256');
  const layers = model.layers.map((layer) => [layer.getClassName(), layer.getConfig()]);
  hash.update(JSON.stringify([format, layers, normalization, height, width, channels, count]));
  for (const { data } of readWeights(model)) hash.update(data);
  for (let i = 0; i < count; i++) hash.update(imageAt(dataset, i));
  return hash.digest('hex');
}

function digestOf(data: Float32Array): string {
  return createHash('sha256').update(data).digest('hex');
}
