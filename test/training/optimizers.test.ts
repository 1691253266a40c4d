import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { adamW, sgd } from '../../lib/training';

describe('the optimizers', () => {
  before(() => useBackend({ backend: 'cpu' }));

  for (const [name, build] of Object.entries({
    sgd: () => sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
    adamW: () => adamW({ learningRate: 0.1, weightDecay: 0.1 }),
  })) {
    it(`leave nothing behind when they are disposed: ${name}`, () => {
      const weight = tf.variable(tf.tensor1d([1, 2]));
      const before = tf.memory().numTensors;
      const optimizer = build();
      optimizer.minimize(() => weight.square().sum() as tf.Scalar);
      optimizer.dispose();
      assert.equal(tf.memory().numTensors, before);
      weight.dispose();
    });
  }

  it('take a step of sgd with momentum and weight decay', () => {
    const weight = tf.variable(tf.tensor1d([1, -2]));
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.5, weightDecay: 0.2 });
    // The gradient of x² / 2 is x; with decay it is 1.2 x.
    for (let step = 0; step < 2; step++) {
      optimizer.minimize(() => weight.square().sum().div(2) as tf.Scalar);
    }
    // 1 - 0.12 = 0.88, then the velocity is 0.5 * 1.2 + 1.2 * 0.88 = 1.656: 0.88 - 0.1656 = 0.7144.
    const [first, second] = weight.dataSync();
    assert.ok(Math.abs(first - 0.7144) < 1e-6 && Math.abs(second + 1.4288) < 1e-6, `${first}, ${second}`);
    optimizer.dispose();
    weight.dispose();
  });
});
