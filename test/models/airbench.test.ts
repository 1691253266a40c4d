import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { buildAirbench, freezeFixedWeights } from '../../lib/models';
import { compileClassifier } from '../../lib/training';
import {
  checkLearning,
  checkOutputs,
  checkSaving,
  checkSeeds,
  cifar,
  fashion,
  kernels,
  lossesOnRandomImages,
  shapeOf,
  trainedParameters,
} from './checks';

describe('buildAirbench', () => {
  const small = { inputShape: [18, 18, 3], numClasses: 4, widths: [24, 32, 32] } as const;
  const fixed = (model: tf.LayersModel) =>
    model.nonTrainableWeights
      .map(({ originalName }) => originalName)
      .filter((name) => !name.includes('moving'));

  before(() => useBackend());

  it('has the parameters that one counts by hand', () => {
    const model = buildAirbench(cifar);
    const filters = 9 * (24 * 64 + 64 * 64 + 64 * 256 + 3 * 256 * 256);
    const offsets = 2 * 64 + 4 * 256;
    assert.equal(trainedParameters(model), 24 + filters + offsets + 256 * 10);
    assert.equal(trainedParameters(model), 1_971_352);
    // Not trained: the whitening kernel, and of batch normalization scale, mean and variance.
    assert.equal(model.countParams(), 1_971_352 + 2 * 2 * 3 * 24 + 3 * offsets);
    model.dispose();
  });

  it('pools all that is left to one pixel', () => {
    for (const options of [cifar, fashion]) {
      const model = buildAirbench({ ...options, widths: [8, 16, 16] });
      const [side, , channels] = options.inputShape;
      assert.deepEqual(shapeOf(model, 'whiten'), [side - 1, side - 1, 8 * channels]);
      assert.deepEqual(shapeOf(model, 'group3_gelu2'), [3, 3, 16]); // 31, 15, 7, 3 and 27, 13, 6, 3
      assert.deepEqual(shapeOf(model, 'pool'), [1, 1, 16]);
      assert.deepEqual(shapeOf(model, 'scale'), [10]);
      model.dispose();
    }
    const wide = buildAirbench({ ...small, inputShape: [9, 20, 1] });
    assert.deepEqual(shapeOf(wide, 'group3_gelu2'), [1, 2, 32]);
    assert.deepEqual(shapeOf(wide, 'pool'), [1, 1, 32]);
    wide.dispose();
  });

  it('says how large an image must be', () => {
    assert.throws(
      () => buildAirbench({ ...small, inputShape: [8, 32, 3] }),
      /expected images of at least 9 x 9 pixels for 3 groups, got 8 x 32/,
    );
  });

  it('trains neither the whitening kernel nor the scales, compiled by the model or not', async () => {
    const model = buildAirbench(small);
    const gammas = [1, 2, 3].flatMap((i) => [`group${i}_norm1/gamma`, `group${i}_norm2/gamma`]);
    assert.deepEqual(fixed(model), ['whiten/kernel', ...gammas]);
    compileClassifier(model);
    assert.deepEqual(fixed(model), ['whiten/kernel', ...gammas]);
    const values = () =>
      new Map(model.weights.map((weight) => [weight.originalName, Array.from(weight.read().dataSync())]));
    const before = values();
    await lossesOnRandomImages(model, { steps: 2, learningRate: 0.01 });
    const after = values();
    for (const [name, value] of before) {
      const isFixed = fixed(model).includes(name);
      assert.equal(String(after.get(name)) === String(value), isFixed, name);
    }
    assert.ok(gammas.every((name) => after.get(name)?.every((value) => value === 1)));
    model.dispose();
  });

  it('trains operation by operation, too', async () => {
    const model = buildAirbench({ ...small, widths: [4, 4, 4] });
    process.env.COURSE_COMPILE = '0';
    try {
      const { losses, engine } = await lossesOnRandomImages(model, { steps: 2, learningRate: 0.01 });
      assert.ok(losses.every(Number.isFinite));
      assert.equal(engine?.compiled, false);
    } finally {
      delete process.env.COURSE_COMPILE;
    }
    model.dispose();
  });

  it('normalizes as it is told', () => {
    const model = buildAirbench({ ...small, batchNormMomentum: 0.8, scalingFactor: 0.5 });
    const { momentum, epsilon } = model.getLayer('group2_norm1').getConfig();
    assert.deepEqual([momentum, epsilon], [0.8, 1e-12]);
    assert.equal(model.getLayer('scale').getConfig().scale, 0.5);
    model.dispose();
  });

  it('starts with 3x3 convolutions that hand on their input, or with random ones', () => {
    const value = (dirac: boolean, name: string, [y, x, i, o]: number[]) => {
      const model = buildAirbench({ ...small, dirac });
      const [, width, channelsIn, channelsOut] = model.getLayer(name).getWeights()[0].shape;
      const index = ((y * width + x) * channelsIn + i) * channelsOut + o;
      const found = kernels(model).get(`${name}/kernel`)?.[index];
      model.dispose();
      return found;
    };
    assert.equal(value(true, 'group2_conv1', [1, 1, 5, 5]), 1);
    assert.equal(value(true, 'group2_conv1', [1, 1, 5, 6]), 0);
    assert.equal(value(true, 'group2_conv1', [0, 1, 5, 5]), 0);
    assert.notEqual(value(true, 'group2_conv1', [0, 1, 5, 24]), 0); // 24 channels in, 32 out
    assert.notEqual(value(false, 'group2_conv1', [0, 1, 5, 5]), 0);
  });

  it('draws its other kernels from the whole range of 1 / sqrt(fan-in) around 0', () => {
    const model = buildAirbench({ ...small, dirac: false });
    for (const [name, fanIn] of [
      ['whiten', 2 * 2 * 3],
      ['group2_conv1', 3 * 3 * 24],
      ['dense', 32],
    ] as const) {
      const values = kernels(model).get(`${name}/kernel`) ?? [];
      const [least, most] = [Math.min(...values), Math.max(...values)].map((v) => v * Math.sqrt(fanIn));
      assert.ok(least >= -1 && least < -0.9 && most <= 1 && most > 0.9, `${name}: ${least} to ${most}`);
    }
    model.dispose();
  });

  it('starts from the weights of its seed, in each layer others', () =>
    checkSeeds((seed) => buildAirbench({ ...small, widths: [8, 8, 8], dirac: false, seed })));

  it('gives logits, or probabilities where asked for', () =>
    checkOutputs((options) => buildAirbench({ ...options, widths: [8, 8, 8] }), fashion));

  it('learns 32 random images by heart, compiled where the backend can', async () => {
    const model = buildAirbench(small);
    await checkLearning(model, { steps: 60, learningRate: 0.01 });
    model.dispose();
  });

  it('answers the same after it was saved and loaded, and can be frozen again', async () => {
    const model = buildAirbench({ ...small, output: 'softmax' });
    const loaded = await checkSaving(model);
    assert.deepEqual(fixed(loaded), []);
    freezeFixedWeights(loaded);
    assert.deepEqual(fixed(loaded), fixed(model));
    model.dispose();
    loaded.dispose();
  });

  it('leaves no tensor behind but its weights', () => {
    const before = tf.memory().numTensors;
    const model = buildAirbench(small);
    assert.equal(tf.memory().numTensors, before + model.weights.length);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
