import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import sharp from 'sharp';
import { imageAt, scaleOnly } from '../../lib/data';
import { buildModel } from '../../lib/models';
import { createRandom } from '../../lib/random';
import type { Base } from '../../lib/transfer';
import { foldBatchNorm, withoutTop } from '../../lib/transfer';
import { toyDataset } from '../helpers/toy-dataset';

/** A small network with batch normalization for images of 16 x 16, its statistics as if it had been trained. */
export function toyNetwork({ seed = 1 } = {}): tf.LayersModel {
  const options = { inputShape: [16, 16, 3], numClasses: 4, seed, filters: [4, 4, 6, 8] } as const;
  const model = buildModel('regularized', options);
  randomizeBatchNorm(model);
  return model;
}

/** The same as a base, which takes values of 0 to 1. */
export function toyBase({ seed = 1 } = {}): Base {
  const network = toyNetwork({ seed });
  const features = withoutTop(network);
  const base = { name: 'toy', model: foldBatchNorm(features), normalization: scaleOnly(3) };
  for (const model of [network, features]) model.dispose();
  return base;
}

/** Gives all batch normalization of `model` statistics, scales and offsets, some scales below 0. */
export function randomizeBatchNorm(model: tf.LayersModel): void {
  const random = createRandom('batch normalization');
  for (const layer of model.layers) {
    if (layer.getClassName() !== 'BatchNormalization') continue;
    tf.tidy(() => {
      const values = layer.weights.map(({ originalName, shape }) => {
        const positive = originalName.endsWith('variance');
        const draw = () => (positive ? 0.2 + random.uniform() : random.normal());
        return tf.tensor1d(Array.from({ length: shape[0] as number }, draw));
      });
      layer.setWeights(values);
    });
  }
}

/** Random images as a tensor of 0 to 1. */
export function randomImages(shape: [number, number, number, number]): tf.Tensor4D {
  return tf.randomUniform(shape, 0, 1, 'float32', 5);
}

/** Writes toy images as pictures, a folder for each class. */
export async function writePictures(folder: string, { perClass = 12, size = 16 } = {}): Promise<void> {
  const images = toyDataset({ count: 4 * perClass, size });
  for (let i = 0; i < images.count; i++) {
    const place = join(folder, images.classNames[images.labels[i]]);
    await mkdir(place, { recursive: true });
    const raw = { width: size, height: size, channels: 3 } as const;
    await sharp(imageAt(images, i), { raw })
      .png()
      .toFile(join(place, `${i}.png`));
  }
}
