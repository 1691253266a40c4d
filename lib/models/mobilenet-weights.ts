import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { DatasetSpec } from '../data/catalogue';
import { CourseError } from '../errors';
import { buildMobilenet } from './mobilenet';
import { mobilenetFiles } from './mobilenet-files';

/** Numbers by the names that TensorFlow gave them, such as `conv_pw_1/kernel`. */
export type MobilenetWeights = ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;

/**
 * The weights in `folder`, a TensorFlow.js weights manifest (`model.json`) with its files, or the published files alone.
 * Throws a CourseError that names the file for one that is missing, of another size, or damaged.
 */
export async function readMobilenetWeights(
  folder: string,
  { files = mobilenetFiles }: { readonly files?: DatasetSpec } = {},
): Promise<MobilenetWeights> {
  const weights = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const { paths, weights: specs } of await readManifest(folder, files)) {
    const bytes = Buffer.concat(await Promise.all(paths.map((path) => readShard(join(folder, path), files))));
    const expected = specs.reduce((sum, { shape }) => sum + 4 * tf.util.sizeFromShape(shape), 0);
    if (bytes.length !== expected) {
      throw new CourseError(
        `${join(folder, paths.join(', '))}: expected ${expected} bytes of weights, got ${bytes.length}; get the file again`,
      );
    }
    const numbers = new Float32Array(new Uint8Array(bytes).buffer);
    let start = 0;
    for (const { name, shape } of specs) {
      const data = numbers.subarray(start, start + tf.util.sizeFromShape(shape));
      start += data.length;
      if (!data.every(Number.isFinite)) {
        throw new CourseError(`${join(folder, paths[0])}: damaged: ${name} has values that are no numbers`);
      }
      weights.set(name, { shape, data });
    }
  }
  return weights;
}

/** Gives each weight of `model` the numbers of its name. Throws a RangeError, before any change, where one is missing or of another shape. */
export function setMobilenetWeights(model: tf.LayersModel, weights: MobilenetWeights): void {
  const found = model.layers
    .flatMap((layer) => layer.weights)
    .map((weight) => {
      const given = weights.get(weight.originalName);
      const expected = weight.shape as number[];
      // The dense layer was published as a 1x1 convolution: the same numbers, with two sides of length 1.
      const shape = given?.shape.slice(given.shape.length - expected.length);
      const same =
        given && String(shape) === String(expected) && given.data.length === tf.util.sizeFromShape(expected);
      if (same) return { weight, data: given.data, shape: expected };
      const got = given ? `${given.shape.join(' x ')}` : 'nothing of that name';
      throw new RangeError(`${weight.originalName} should be ${expected.join(' x ')}, got ${got}`);
    });
  tf.tidy(() => {
    for (const { weight, data, shape } of found) weight.write(tf.tensor(data, shape));
  });
}

interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly { readonly name: string; readonly shape: number[] }[];
}

async function readManifest(folder: string, files: DatasetSpec): Promise<readonly WeightGroup[]> {
  const file = join(folder, 'model.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return publishedManifest(files);
  try {
    const groups = JSON.parse(text).weightsManifest as tf.io.WeightsManifestConfig;
    return groups.map(({ paths, weights }) => {
      const unfit = paths.find((path) => /^([/\\]|\w+:)|\.\./.test(path));
      if (unfit !== undefined) throw new Error(`the file ${unfit} is outside of the folder`);
      const compressed = weights.find(({ dtype, quantization }) => dtype !== 'float32' || quantization);
      if (compressed) throw new Error(`${compressed.name} is not of plain float32`);
      return { paths, weights: weights.map(({ name, shape }) => ({ name, shape })) };
    });
  } catch (error) {
    throw new CourseError(`${file}: expected a TensorFlow.js weights manifest: ${(error as Error).message}`);
  }
}

/** What the published files hold: one layer each, in order, so that the first and the last tell how wide the network is. */
function publishedManifest({ files }: DatasetSpec): WeightGroup[] {
  const alpha = files[0].bytes / (4 * 3 * 3 * 3 * 32);
  const numClasses = files[files.length - 1].bytes / (4 * (1024 * alpha + 1));
  const model = buildMobilenet({ inputShape: [224, 224, 3], alpha, numClasses });
  const layers = model.layers.filter(({ weights }) => weights.length > 0);
  const groups = layers.map(({ weights }, i) => ({
    paths: [files[i].name],
    weights: weights.map(({ originalName, shape }) => ({ name: originalName, shape: shape as number[] })),
  }));
  model.dispose();
  return groups;
}

async function readShard(file: string, { files }: DatasetSpec): Promise<Buffer> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    const problem = error.code === 'ENOENT' ? 'there is no such file' : `cannot be read (${error.code})`;
    throw new CourseError(
      `${file}: ${problem}; expected a folder with the weights of MobileNet V1, group1-shard1of1 to group55-shard1of1`,
    );
  });
  const name = basename(file);
  const published = files.find((each) => each.name === name && each.bytes === bytes.length);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (published && published.sha256 !== sha256) {
    throw new CourseError(
      `${file}: damaged: expected sha256 ${published.sha256.slice(0, 12)}..., got ${sha256.slice(0, 12)}...; get the file again`,
    );
  }
  return bytes;
}
