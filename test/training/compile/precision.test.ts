import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { bfloat16Instructions, useBackend } from '../../../lib/backend';
import { fitStandardization } from '../../../lib/data';
import { compileClassifier, evaluate, train } from '../../../lib/training';
import { CompiledModel, compileModel } from '../../../lib/training/compile';
import { type NodeBackend, nodeBackend } from '../../../lib/training/compile/binding';
import { toyDataset } from '../../helpers/toy-dataset';
import { batch, conv, eagerStep, network, networks, optimizers } from './networks';

/** Whether TensorFlow computes with it here; it wants AVX-512 at least. */
const hasBfloat16 = (bfloat16Instructions() ?? 'none') !== 'none';

describe('mixed precision', () => {
  before(async function () {
    const { name } = await useBackend();
    if (name !== 'native') this.skip();
  });

  const mixed = (model: tf.LayersModel) =>
    new CompiledModel(model, nodeBackend() as NodeBackend, { precision: 'mixed_bfloat16' });

  for (const [name, build] of Object.entries(networks)) {
    it(`trains a network with ${name} about as float32 does`, async () => {
      const [exact, other] = [build(), build()];
      for (const model of [exact, other]) compileClassifier(model, { optimizer: optimizers.momentum() });
      other.setWeights(exact.getWeights().map((weight) => weight.clone()));
      const compiled = mixed(other);
      for (let step = 0; step < 10; step++) {
        const data = batch({ seed: step % 4 });
        const [expected] = await eagerStep(exact, data);
        const [loss] = await compiled.trainOnBatch(data.xs, data.ys);
        assert.ok(
          Math.abs(loss - expected) < 0.03 * Math.max(1, expected),
          `step ${step}: ${loss}, ${expected}`,
        );
      }
      compiled.dispose();
    });
  }

  it('computes convolutions with 16 bits, where the processor can', async function () {
    if (!hasBfloat16) this.skip();
    const casts = (precision: 'float32' | 'mixed_bfloat16') => {
      const model = networks['batch normalization']();
      compileClassifier(model);
      const { compiled } = compileModel(model, { precision });
      const { xs, ys } = batch({ size: 32 });
      return compiled?.profileStep(xs, ys).filter(({ name }) => /CastToBf16/.test(name)).length;
    };
    assert.equal(casts('float32'), 0);
    assert.ok((casts('mixed_bfloat16') ?? 0) > 0);
  });

  it('keeps weights in 32 bits: changes too small for 16 add up', async () => {
    const build = network(() => [conv({ activation: 'relu', useBias: false })]);
    const [exact, other, start] = [build(), build(), build()];
    for (const model of [exact, other]) compileClassifier(model, { optimizer: tf.train.sgd(1e-5) });
    const compiled = mixed(other);
    const { xs, ys } = batch({ size: 16 });
    for (let step = 0; step < 50; step++) {
      await eagerStep(exact, { xs, ys });
      await compiled.trainOnBatch(xs, ys);
    }
    const filters = [exact, other, start].map((model) => model.getWeights()[0].dataSync());
    const difference = (a: number, b: number) =>
      Math.max(...filters[a].map((value, i) => Math.abs(value - filters[b][i])));
    const largest = Math.max(...filters[2].map(Math.abs));
    assert.ok(difference(0, 2) < largest * 2 ** -9, `moved by ${difference(0, 2)} of ${largest}`);
    assert.ok(difference(0, 1) < difference(0, 2) / 10, `${difference(0, 1)} off after ${difference(0, 2)}`);
    compiled.dispose();
  });

  describe('in a training', () => {
    const images = toyDataset({ count: 64 });
    const normalization = fitStandardization(images);
    const toy = (learningRate: number) => {
      const kernelInitializer = () => tf.initializers.glorotUniform({ seed: 5 });
      const layers = [
        tf.layers.inputLayer({ inputShape: [12, 12, 3] }),
        tf.layers.conv2d({
          filters: 8,
          kernelSize: 3,
          activation: 'relu',
          kernelInitializer: kernelInitializer(),
        }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 4, kernelInitializer: kernelInitializer() }),
      ];
      const model = tf.sequential({ layers });
      compileClassifier(model, { learningRate });
      return model;
    };
    const options = { normalization, batchSize: 8, precision: 'mixed_bfloat16' } as const;

    it('learns', async () => {
      const history = await train(toy(0.02), images, { ...options, epochs: 6 });
      assert.ok(history[5].loss < history[0].loss / 2, `${history[0].loss} to ${history[5].loss}`);
      assert.equal(history[5].accuracy, 1);
    });

    it('is evaluated in 32 bits afterwards', async () => {
      const model = toy(0.001);
      await train(model, images, { ...options, epochs: 1 });
      const { loss } = await evaluate(model, images, { normalization });
      const { compiled } = compileModel(model, { precision: 'mixed_bfloat16' });
      assert.ok(compiled);
      const inBfloat16 = await evaluate(model, images, { normalization });
      process.env.COURSE_COMPILE = '0';
      try {
        const eager = await evaluate(model, images, { normalization });
        assert.ok(Math.abs(loss - eager.loss) < 1e-5 * eager.loss, `${loss}, ${eager.loss}`);
        const off = Math.abs(inBfloat16.loss - eager.loss) / eager.loss;
        if (hasBfloat16) assert.ok(off > 1e-5, `${off}`);
      } finally {
        delete process.env.COURSE_COMPILE;
      }
    });
  });
});
