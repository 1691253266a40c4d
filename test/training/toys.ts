import * as tf from '@tensorflow/tfjs';
import { fitStandardization } from '../../lib/data';
import { compileClassifier, type TrainOptions } from '../../lib/training';
import { toyDataset } from '../helpers/toy-dataset';

export const images = toyDataset({ count: 40 });
export const validation = toyDataset({ count: 16, seed: 2 });
export const normalization = fitStandardization(images);

/** A network for the toy images with batch normalization and dropout, ready to be trained. */
export function toyNetwork({
  optimizer = tf.train.momentum(0.02, 0.9, true) as tf.Optimizer,
  seed = 1,
  filters = 4,
  dropout = 0.3,
} = {}): tf.LayersModel {
  const kernelInitializer = (i: number) => tf.initializers.glorotUniform({ seed: 10 * seed + i });
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [12, 12, 3],
        filters,
        kernelSize: 3,
        kernelInitializer: kernelInitializer(1),
      }),
      tf.layers.batchNormalization({ momentum: 0.9 }),
      tf.layers.reLU(),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.dropout({ rate: dropout }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 4, kernelInitializer: kernelInitializer(2) }),
    ],
  });
  compileClassifier(model, { optimizer });
  return model;
}

export const options: TrainOptions = { normalization, epochs: 4, batchSize: 8, validation };
