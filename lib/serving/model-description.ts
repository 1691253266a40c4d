import { createHash } from 'node:crypto';
import type * as tf from '@tensorflow/tfjs';
import type { Classifier } from '../interchange';
import type { TrainingConfig } from '../runs';
import { type Views, viewNames } from '../training';

/** What a server has to know of a network that another process computes. */
export interface ModelDescription {
  /** Height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  /** SHA-256 of layers, weights and normalization: the same for the same answers. */
  readonly digest: string;
}

/** The description of `classifier`. */
export async function describeModel(classifier: Classifier): Promise<ModelDescription> {
  const { model, classNames, normalization } = classifier;
  const hash = createHash('sha256');
  hash.update(JSON.stringify([model.toJSON(null, false), classNames, normalization, viewsOf(classifier)]));
  for (const weight of model.getWeights()) hash.update(new Uint8Array((await weight.data()).slice().buffer));
  return { inputShape: inputShapeOf(model), classNames, digest: hash.digest('hex') };
}

/** Height, width and channels of the images that `model` takes. */
export function inputShapeOf(model: tf.LayersModel): readonly [number, number, number] {
  const [height, width, channels] = model.inputs[0].shape.slice(1).map(Number);
  return [height, width, channels];
}

/** How often the network was measured to look at an image; `single` where nothing is known. */
export function viewsOf({ training }: Classifier): Views {
  const { views } = (training.config ?? {}) as Partial<TrainingConfig>;
  return viewNames.find((name) => name === views) ?? 'single';
}
