import * as tf from '@tensorflow/tfjs';
import { createRandom } from '../random';
import { type Dropout, dropoutPrototype, withReplaced } from './compile/binding';

/**
 * Runs `body` with dropout drawn anew in each step, where a layer of tfjs-layers with a seed would draw the same again
 * and one without could not be repeated. What is dropped depends on `seed`, the number of the step and the layer's place
 * in the model.
 */
export function withSeededDropout<T>(
  { seed, step }: { readonly seed: number; readonly step: number },
  body: () => T,
): T {
  const prototype = dropoutPrototype();
  const composed = prototype.call;
  let count = 0;
  const call: typeof composed = function (this: Dropout, inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    if (!(kwargs?.training && this.rate > 0 && this.rate < 1)) return composed.call(this, inputs, kwargs);
    const draw = createRandom(`${this.seed ?? seed}/dropout ${count++}/step ${step}`).integer(2 ** 31) + 1;
    const shape = this.getNoiseShape(x) ?? x.shape;
    return tf.tidy(() => {
      const kept = tf.greaterEqual(tf.randomUniform(shape, 0, 1, 'float32', draw), this.rate);
      return tf.mul(x, tf.div(tf.cast(kept, 'float32'), 1 - this.rate));
    });
  };
  return withReplaced(prototype, { call }, body);
}

/** Runs `body` with `optimizer` scaling down gradients whose length, all as one vector, is above `clipNorm`. */
export function withClippedGradients<T>(
  optimizer: tf.Optimizer,
  clipNorm: number | undefined,
  body: () => T,
): T {
  if (clipNorm === undefined) return body();
  const apply = optimizer.applyGradients;
  const applyGradients: typeof apply = (gradients) => {
    const named = Array.isArray(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    tf.tidy(() => {
      const squares = named.map(({ tensor }) => tf.sum(tf.square(tensor)));
      const scale = tf.div(clipNorm, tf.maximum(tf.sqrt(tf.addN(squares)), clipNorm));
      apply.call(
        optimizer,
        named.map(({ name, tensor }) => ({ name, tensor: tf.mul(tensor, scale) })),
      );
    });
  };
  return withReplaced<Partial<tf.Optimizer>, T>(optimizer, { applyGradients }, body);
}
