import * as tf from '@tensorflow/tfjs';
import type { NamedArray } from '../safetensors';

/** A model's weights as plain arrays, in the model's order, those that are not trained too. */
export type Weights = readonly { readonly shape: readonly number[]; readonly data: Float32Array }[];

/** Copies all weights out of `model`. */
export function readWeights(model: tf.LayersModel): Weights {
  return model.weights.map((weight) => {
    const { shape } = weight.read();
    return { shape, data: Float32Array.from(weight.read().dataSync()) };
  });
}

/** Gives `model` these weights. Throws an Error that names the first weight of another shape; then nothing is changed. */
export function writeWeights(model: tf.LayersModel, weights: Weights): void {
  const names = model.weights.map(({ originalName }) => originalName);
  if (weights.length !== names.length) {
    throw new Error(`expected ${names.length} weights, got ${weights.length}`);
  }
  for (const [i, { shape }] of weights.entries()) {
    const expected = model.weights[i].shape;
    if (String(shape) === String(expected)) continue;
    throw new Error(`${names[i]}: expected the shape [${expected}], got [${shape}]`);
  }
  tf.tidy(() => {
    for (const [i, { shape, data }] of weights.entries()) {
      model.weights[i].write(tf.tensor(data, [...shape]));
    }
  });
}

/** Weights under their places, as a checkpoint names them. */
export function weightsToTensors(weights: Weights): Record<string, NamedArray> {
  return Object.fromEntries(weights.entries());
}

/** The other way round; throws a TypeError for numbers of another type. */
export function weightsFromTensors(tensors: Readonly<Record<string, NamedArray>>): Weights {
  return Object.keys(tensors).map((_, i) => {
    const { shape, data } = tensors[i];
    if (!(data instanceof Float32Array)) throw new TypeError(`weight ${i}: expected float32 numbers`);
    return { shape, data };
  });
}
