import type * as tf from '@tensorflow/tfjs';
import { type AugmentationSpec, buildAugmentation, type ImageDataset } from '../data';
import { adamW, compileClassifier, cosine, type History, type TrainOptions, train } from '../training';
import type { Network } from './network';

export interface TrainNetworkOptions
  extends Pick<TrainOptions, 'epochs' | 'batchSize' | 'seed' | 'onEngine' | 'onStep' | 'onEpoch' | 'signal'> {
  /** At its highest. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly augment: readonly AugmentationSpec[];
}

/**
 * Trains a classifier on `dataset` with AdamW and a learning rate that warms up and falls along a cosine. The model is
 * disposed where training fails or is stopped.
 */
export async function trainNetwork(
  { model, normalization }: Network,
  dataset: ImageDataset,
  { learningRate, weightDecay, augment, ...options }: TrainNetworkOptions,
): Promise<History> {
  compileClassifier(model, { optimizer: adamW({ learningRate, weightDecay }) });
  try {
    return await train(model, dataset, {
      ...options,
      normalization,
      augment: buildAugmentation(augment, options),
      schedule: cosine({ warmup: 0.1 }),
    });
  } catch (error) {
    disposeTrained(model);
    throw error;
  }
}

/** Disposes a trained model with its optimizer, which TensorFlow.js takes for the caller's. */
export function disposeTrained(model: tf.LayersModel): void {
  model.optimizer.dispose();
  model.dispose();
}
