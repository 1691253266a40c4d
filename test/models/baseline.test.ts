import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { buildBaseline, buildModel, layerRows } from '../../lib/models';

describe('buildBaseline', () => {
  const cifar = { inputShape: [32, 32, 3], numClasses: 10 } as const;
  const weights = (model: tf.LayersModel) =>
    model.getWeights().map((weight) => Array.from(weight.dataSync()));

  it('has the parameters that one counts by hand', () => {
    const model = buildBaseline(cifar);
    // 3x3x3x32+32, 3x3x32x64+64, 3x3x64x64+64, 1024x64+64, 64x10+10
    assert.deepEqual(
      layerRows(model).map((row) => row.parameters),
      [896, 0, 18496, 0, 36928, 0, 65600, 650],
    );
    assert.equal(model.countParams(), 122570);
    assert.equal(layerRows(model)[0].output, '30 x 30 x 32');
  });

  it('fits Fashion-MNIST images and gives probabilities where asked', () => {
    const model = buildBaseline({ inputShape: [28, 28, 1], numClasses: 10, output: 'softmax' });
    const output = model.predict(tf.ones([2, 28, 28, 1])) as tf.Tensor;
    assert.deepEqual(output.shape, [2, 10]);
    for (const sum of tf.sum(output, 1).dataSync()) assert.ok(Math.abs(sum - 1) < 1e-5);
  });

  it('starts from the same weights for a seed and from others for another', () => {
    assert.deepEqual(
      weights(buildBaseline({ ...cifar, seed: 4 })),
      weights(buildBaseline({ ...cifar, seed: 4 })),
    );
    assert.notDeepEqual(
      weights(buildBaseline({ ...cifar, seed: 4 })),
      weights(buildBaseline({ ...cifar, seed: 5 })),
    );
  });

  it('names the known networks when asked for another', () => {
    assert.throws(() => buildModel('alexnet', cifar), /unknown model alexnet; expected one of: baseline/);
    assert.throws(() => buildModel('toString', cifar), /unknown model toString/);
  });
});
