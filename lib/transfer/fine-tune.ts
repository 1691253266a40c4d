import type * as tf from '@tensorflow/tfjs';
import type { AugmentationSpec, ImageDataset } from '../data';
import { CourseError } from '../errors';
import type { History, TrainOptions } from '../training';
import type { Base } from './base';
import { buildOnBase, type Head, type Network } from './network';
import { trainNetwork } from './train-network';

export interface FineTuneOptions extends Pick<TrainOptions, 'onEngine' | 'onStep' | 'onEpoch' | 'signal'> {
  /** Name of the first layer that is trained; those before it stay as they are. Default: all layers are trained. */
  readonly from?: string;
  /** Default 10. */
  readonly epochs?: number;
  /** Default 32. */
  readonly batchSize?: number;
  /** At its highest; default 0.0003, a small one, since most of what the base knows is to be kept. */
  readonly learningRate?: number;
  /** Default 0.01. */
  readonly weightDecay?: number;
  /** Default horizontal flips. */
  readonly augment?: readonly AugmentationSpec[];
  /** Of the order of the images and of the augmentation; default 1. */
  readonly seed?: number;
}

/** A network that was fine-tuned. */
export interface Tuned extends Network {
  readonly history: History;
}

/**
 * A classifier that begins as `base` with `head` on top and is trained as a whole, or from a layer on, with AdamW and a
 * learning rate that warms up and falls along a cosine. Batch normalization stays in inference mode, since it has been
 * folded into the base. The caller disposes the model (`disposeTrained`); the base stays as it is.
 */
export async function fineTune(
  base: Base,
  head: Head,
  dataset: ImageDataset,
  {
    from,
    epochs = 10,
    batchSize = 32,
    learningRate = 3e-4,
    weightDecay = 0.01,
    augment = [{ name: 'horizontalFlip' }],
    seed = 1,
    ...watching
  }: FineTuneOptions = {},
): Promise<Tuned> {
  const network = buildOnBase(base, dataset, { head });
  if (from !== undefined) freezeBefore(network.model, from);
  const options = { ...watching, epochs, batchSize, learningRate, weightDecay, augment, seed };
  return { ...network, history: await trainNetwork(network, dataset, options) };
}

/** Keeps all layers before the one called `from` from being trained. Throws a CourseError where there is none of that name. */
export function freezeBefore(model: tf.LayersModel, from: string): void {
  const first = model.layers.findIndex(({ name }) => name === from);
  if (first < 0) {
    const names = model.layers.filter(({ weights }) => weights.length > 0).map(({ name }) => name);
    throw new CourseError(`no layer ${from} to fine-tune from; expected one of: ${names.join(', ')}`);
  }
  for (const [i, layer] of model.layers.entries()) layer.trainable = i >= first;
}
