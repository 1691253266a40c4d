import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { layersUpTo, rebuild, weightsOf } from '../../lib/transfer/rebuild';
import { assertClose } from '../models/checks';

/** Two dense layers side by side and their sum; and a third that nothing needs. */
function branches() {
  const input = tf.input({ shape: [3], name: 'in' });
  const dense = (name: string) =>
    tf.layers.dense({ name, units: 2, biasInitializer: 'randomNormal' }).apply(input) as tf.SymbolicTensor;
  const [left, right, aside] = ['left', 'right', 'aside'].map(dense);
  const sum = tf.layers.add({ name: 'sum' }).apply([left, right]) as tf.SymbolicTensor;
  return { model: tf.model({ inputs: input, outputs: [sum, aside] }), sum: sum.sourceLayer };
}

function rebuilt(last: tf.layers.Layer, options: Parameters<typeof rebuild>[2] = {}): tf.LayersModel {
  const input = tf.input({ shape: [3], name: 'in' });
  return tf.model({ inputs: input, outputs: rebuild(last, input, options) });
}

describe('rebuild', () => {
  before(() => useBackend());

  it('lists the layers that an output needs, each after its inputs, and no others', () => {
    const { model, sum } = branches();
    assert.deepEqual(
      layersUpTo(sum).map(({ name }) => name),
      ['in', 'left', 'right', 'sum'],
    );
    model.dispose();
  });

  it('copies branches with their weights, and leaves the layers as they are', () => {
    const { model, sum } = branches();
    const before = tf.memory().numTensors;
    const copy = rebuilt(sum);
    assert.equal(tf.memory().numTensors - before, copy.weights.length);
    const xs = tf.tensor2d([1, -2, 3], [1, 3]);
    const answer = (each: tf.LayersModel) =>
      tf.tidy(() => [each.predict(xs)].flat().map((ys) => Array.from(ys.dataSync()))[0]);
    const expected = answer(model);
    assert.deepEqual(answer(copy), expected);
    copy.dispose();
    assert.deepEqual(answer(model), expected);
    model.dispose();
    xs.dispose();
  });

  it('leaves a layer out, or puts another one in its place', () => {
    const layers = [
      tf.layers.dense({ name: 'first', units: 3, inputShape: [3] }),
      tf.layers.dense({ name: 'double', units: 3, activation: 'relu' }),
    ];
    const model = tf.sequential({ layers });
    const xs = tf.tensor2d([1, -2, 3], [1, 3]);
    const first = tf.tidy(() => Array.from((layers[0].apply(xs) as tf.Tensor).dataSync()));
    const without = rebuilt(layers[1], { replace: ({ name }) => (name === 'double' ? 'skip' : undefined) });
    tf.tidy(() => assertClose((without.predict(xs) as tf.Tensor).dataSync(), first, 1e-6));
    const changed = rebuilt(layers[1], {
      replace: ({ name }) =>
        name === 'double'
          ? { config: { activation: 'linear' }, weights: { kernel: tf.eye(3).mul(2), bias: tf.zeros([3]) } }
          : undefined,
    });
    const doubled = first.map((value) => 2 * value);
    tf.tidy(() => assertClose((changed.predict(xs) as tf.Tensor).dataSync(), doubled, 1e-6));
    for (const each of [model, without, changed, xs]) each.dispose();
  });

  it('finds weights by their names, not by their order', () => {
    const norm = tf.layers.batchNormalization({ inputShape: [2] });
    const model = tf.sequential({ layers: [norm] });
    const names = ['beta', 'gamma', 'moving_mean', 'moving_variance'];
    assert.deepEqual(Object.keys(weightsOf(norm)).sort(), names);
    norm.trainable = false;
    assert.deepEqual(Object.keys(weightsOf(norm)).sort(), names);
    assert.deepEqual([...weightsOf(norm).moving_variance.dataSync()], [1, 1]);
    model.dispose();
  });

  it('refuses a network inside a network, and a layer that is used twice', () => {
    const inner = tf.sequential({ name: 'inner', layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
    const outside = inner.apply(tf.input({ shape: [3] })) as tf.SymbolicTensor;
    assert.throws(() => layersUpTo(outside.sourceLayer), {
      name: 'CourseError',
      message: /^inner: a network with a network inside, .* cannot be a base; choose another$/,
    });
    const twice = tf.layers.dense({ name: 'twice', units: 3 });
    const input = tf.input({ shape: [3] });
    twice.apply(twice.apply(input) as tf.SymbolicTensor);
    assert.throws(() => layersUpTo(twice), { name: 'CourseError', message: /^twice: a network with/ });
  });
});
