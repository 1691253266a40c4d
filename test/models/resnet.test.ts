import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { buildResnet } from '../../lib/models';
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

describe('buildResnet', () => {
  const small = { inputShape: [16, 16, 3], numClasses: 4, width: 8, blocksPerStage: [1, 1] } as const;

  before(() => useBackend());

  it('has the parameters of ResNet-18', () => {
    const model = buildResnet(cifar);
    // A block of c to c filters has 2 * 9 * c * c; the first of a stage 9 * (c / 2 * c + c * c), and a shortcut c / 2 * c.
    const stage = (c: number) => 9 * ((c / 2) * c + c * c) + (c / 2) * c + 2 * 9 * c * c;
    const filters = 9 * 3 * 64 + 4 * 9 * 64 * 64 + stage(128) + stage(256) + stage(512);
    const scalesAndOffsets = 2 * (5 * 64 + 5 * 128 + 5 * 256 + 5 * 512);
    assert.equal(trainedParameters(model), filters + scalesAndOffsets + 512 * 10 + 10);
    assert.equal(trainedParameters(model), 11_173_962);
    assert.equal(model.countParams(), 11_173_962 + scalesAndOffsets);
    assert.deepEqual(shapeOf(model, 'stem_relu'), [32, 32, 64]);
    assert.deepEqual(shapeOf(model, 'stage1_block2_relu'), [32, 32, 64]);
    assert.deepEqual(shapeOf(model, 'stage2_block1_relu'), [16, 16, 128]);
    assert.deepEqual(shapeOf(model, 'stage4_block2_relu'), [4, 4, 512]);
    model.dispose();
  });

  it('has a 1x1 convolution in a shortcut only where the shape changes', () => {
    const model = buildResnet({ ...fashion, width: 4, blocksPerStage: [2, 2, 1] });
    assert.deepEqual(
      model.layers.map(({ name }) => name).filter((name) => name.endsWith('shortcut_conv')),
      ['stage2_block1_shortcut_conv', 'stage3_block1_shortcut_conv'],
    );
    assert.deepEqual(model.getLayer('stage2_block1_shortcut_conv').getConfig().kernelSize, [1, 1]);
    assert.deepEqual(shapeOf(model, 'stage3_block1_relu'), [7, 7, 16]);
    model.dispose();
  });

  it('hands on what a block is given where its convolutions give nothing', () => {
    const model = buildResnet({ ...small, blocksPerStage: [1] });
    const inside = tf.model({
      inputs: model.inputs,
      outputs: ['stem_relu', 'stage1_block1_relu'].map(
        (name) => model.getLayer(name).output as tf.SymbolicTensor,
      ),
    });
    tf.tidy(() => {
      const conv = model.getLayer('stage1_block1_2_conv');
      conv.setWeights([tf.zeros([3, 3, 8, 8])]);
      const xs = tf.randomNormal([1, 16, 16, 3], 0, 1, 'float32', 3);
      const [given, added] = (inside.predict(xs) as tf.Tensor[]).map((tensor) => tensor.dataSync());
      assert.ok(given.some((value) => value > 0));
      assert.deepEqual(added, given);
    });
    model.dispose();
  });

  it('starts from the weights of its seed, in each layer others', () =>
    checkSeeds((seed) => buildResnet({ ...small, blocksPerStage: [2, 2], seed })));

  it('gives logits, or probabilities where asked for', () =>
    checkOutputs((options) => buildResnet({ ...options, width: 4 }), fashion));

  it('learns 32 random images by heart, compiled where the backend can', async () => {
    const model = buildResnet(small);
    await checkLearning(model, { steps: 40, learningRate: 0.01 });
    model.dispose();
  });

  it('answers the same after it was saved and loaded', async () => {
    const model = buildResnet(small);
    (await checkSaving(model)).dispose();
    model.dispose();
  });
});
