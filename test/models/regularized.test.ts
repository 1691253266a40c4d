import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { buildRegularized, layerRows, type RegularizedOptions } from '../../lib/models';
import {
  checkLearning,
  checkOutputs,
  checkSaving,
  checkSeeds,
  cifar,
  fashion,
  shapeOf,
  trainedParameters,
} from './checks';

describe('buildRegularized', () => {
  const small = { inputShape: [16, 16, 3], numClasses: 4, filters: [8, 8, 16, 16] } as const;
  const kinds = (options: Partial<RegularizedOptions>) => {
    const model = buildRegularized({ ...cifar, ...options });
    const names = layerRows(model).map(({ kind }) => kind);
    model.dispose();
    return names;
  };

  before(() => useBackend());

  it('has the parameters that one counts by hand', () => {
    const model = buildRegularized(cifar);
    const convolutions = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256);
    const scalesAndOffsets = 2 * (32 + 64 + 128 + 256);
    assert.equal(trainedParameters(model), convolutions + scalesAndOffsets + 256 * 10 + 10);
    assert.equal(trainedParameters(model), 391_466);
    assert.equal(model.countParams(), 391_466 + scalesAndOffsets); // running means and variances
    model.dispose();
  });

  it('halves the image three times', () => {
    for (const [options, sides] of [
      [cifar, [16, 8, 4]],
      [fashion, [14, 7, 3]],
    ] as const) {
      const model = buildRegularized(options);
      assert.deepEqual(shapeOf(model, 'pool1'), [sides[0], sides[0], 32]);
      assert.deepEqual(shapeOf(model, 'pool2'), [sides[1], sides[1], 64]);
      assert.deepEqual(shapeOf(model, 'pool4'), [sides[2], sides[2], 256]);
      assert.deepEqual(shapeOf(model, 'dense'), [10]);
      model.dispose();
    }
  });

  it('has its layers in the usual order', () => {
    const conv = ['Conv2D', 'BatchNormalization', 'ReLU'];
    const pool = ['MaxPooling2D', 'Dropout'];
    const end = ['GlobalAveragePooling2D', 'Dense'];
    assert.deepEqual(kinds({}), [conv, pool, conv, pool, conv, conv, pool, end].flat());
  });

  it('leaves out what is switched off', () => {
    assert.ok(!kinds({ dropout: 0 }).includes('Dropout'));
    assert.ok(!kinds({ batchNormalization: false }).includes('BatchNormalization'));
    const model = buildRegularized({ ...cifar, batchNormalization: false });
    const convolutions = 9 * (3 * 32 + 32 * 64 + 64 * 128 + 128 * 256);
    assert.equal(model.countParams(), convolutions + (32 + 64 + 128 + 256) + 2570); // with biases
    model.dispose();
  });

  it('leaves the seed of dropout to the training', () => {
    const model = buildRegularized({ ...cifar, dropout: 0.3 });
    const { rate, seed } = model.getLayer('dropout4').getConfig();
    assert.deepEqual([rate, seed], [0.3, undefined]);
    model.dispose();
  });

  it('adds the squares of all kernels, and of nothing else, to the loss where asked for', () => {
    const penalties = (model: tf.LayersModel) =>
      tf.tidy(() =>
        model.layers.flatMap((layer) => layer.calculateLosses()).map((loss) => loss.dataSync()[0]),
      );
    const without = buildRegularized(small);
    assert.deepEqual(penalties(without), []);
    const model = buildRegularized({ ...small, l2: 0.01 });
    const expected = tf.tidy(() =>
      model.weights
        .filter(({ originalName }) => originalName.endsWith('/kernel'))
        .map((weight) => 0.01 * tf.sum(tf.square(weight.read())).dataSync()[0]),
    );
    assert.equal(expected.length, 5);
    const found = penalties(model);
    assert.equal(found.length, 5);
    for (let i = 0; i < 5; i++) assert.ok(Math.abs(found[i] - expected[i]) < 1e-5 * expected[i]);
    without.dispose();
    model.dispose();
  });

  it('starts from the weights of its seed, in each layer others', () =>
    checkSeeds((seed) => buildRegularized({ ...small, filters: [8, 8, 8, 8], seed })));

  it('gives logits, or probabilities where asked for', () => {
    checkOutputs(buildRegularized, cifar);
    checkOutputs(buildRegularized, fashion);
  });

  it('learns 32 random images by heart, compiled where the backend can', async () => {
    const model = buildRegularized({ ...small, filters: [16, 32, 32, 64], l2: 1e-5 });
    await checkLearning(model, { steps: 60, learningRate: 0.01 });
    model.dispose();
  });

  it('answers the same after it was saved and loaded', async () => {
    const model = buildRegularized({ ...small, l2: 0.01 });
    (await checkSaving(model)).dispose();
    model.dispose();
  });
});
