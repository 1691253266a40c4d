import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../backend';
import { fitStandardization, type ImageDataset, normalizeBytes } from '../../data';
import { makeDataset, sharedBytes } from '../../data/store';
import { createRandom } from '../../random';
import { GradedModel } from './graded-model';
import { modelFolder, modelIn } from './handed-in';
import type { ModelImages } from './images';
import { openModel } from './open-model';

/** A network and the images it was trained on, under the names that they have in a notebook. */
export interface Trained {
  readonly model: tf.LayersModel;
  readonly images: ImageDataset;
}

type Kind = Pick<ModelImages, 'inputShape' | 'classNames'>;

/**
 * A model that an answer saves where nothing was trained and no dataset may be there: a toy network that knows toy images,
 * a colour for each class, without a mistake.
 */
export function rehearsedModel(
  question: string,
  { kind, save }: { readonly kind: Kind; readonly save: (trained: Trained, folder: string) => unknown },
): { readonly model: GradedModel; readonly dispose: () => Promise<void> } {
  let place: string | undefined;
  const model = new GradedModel({
    question,
    find: async () => {
      await useBackend();
      place = await mkdtemp(join(tmpdir(), 'course-model-'));
      const folder = join(place, modelFolder(question));
      const images = colouredImages(kind);
      const network = colourNetwork(images);
      try {
        await save({ model: network, images }, folder);
      } finally {
        network.dispose();
      }
      return modelIn(folder, question);
    },
    open: () => openModel(join(place ?? '', modelFolder(question))),
    images: async () => colouredImages(kind, { seed: 2 }),
  });
  const dispose = async () => {
    await model.dispose();
    if (place) await rm(place, { recursive: true, force: true });
  };
  return { model, dispose };
}

/** Ten noisy images of each class, in the class's own colour or grey. */
export function colouredImages({ inputShape, classNames }: Kind, { seed = 1 } = {}): ImageDataset {
  const [height, width, channels] = inputShape;
  const labels = Uint8Array.from({ length: 10 * classNames.length }, (_, i) => i % classNames.length);
  const pixels = sharedBytes(labels.length * height * width * channels);
  const levels = Math.max(2, Math.ceil(classNames.length ** (1 / channels) - 1e-9));
  const distance = 128 / (levels - 1);
  const random = createRandom(seed);
  for (let i = 0; i < pixels.length; i++) {
    const label = labels[Math.floor(i / (height * width * channels))];
    const level = Math.floor(label / levels ** (i % channels)) % levels; // a digit of the label for each channel
    pixels[i] = 64 + distance * level + (random.uniform() - 0.5) * distance;
  }
  return makeDataset({ name: 'toy', height, width, channels, classNames, labels, pixels });
}

/** A network that gives each image the class whose mean colour, normalized, is nearest. */
export function colourNetwork(images: ImageDataset): tf.LayersModel {
  const { height, width, channels, classNames, labels, pixels } = images;
  const numClasses = classNames.length;
  const model = tf.sequential({
    layers: [
      tf.layers.globalAveragePooling2d({ inputShape: [height, width, channels] }),
      tf.layers.dense({ units: numClasses, kernelInitializer: 'zeros' }),
    ],
  });
  tf.tidy(() => {
    const bytes = tf.tensor4d(pixels, [labels.length, height, width, channels], 'int32');
    const colours = tf.mean(normalizeBytes(bytes, fitStandardization(images)) as tf.Tensor4D, [1, 2]);
    const ofClass = tf.oneHot(tf.tensor1d(labels, 'int32'), numClasses).toFloat(); // [count, numClasses]
    const count = tf.sum(ofClass, 0).expandDims(1);
    const means = tf.div(tf.matMul(ofClass, colours, true), count); // [numClasses, channels]
    // |x - m|² is least where 2 x·m - |m|² is largest.
    model.setWeights([tf.mul(tf.transpose(means), 2), tf.neg(tf.sum(tf.square(means), 1))]);
  });
  return model;
}
