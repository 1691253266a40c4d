import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { withClippedGradients, withSeededDropout } from '../../lib/training/eager';

describe('withSeededDropout', () => {
  before(async () => {
    await useBackend();
  });

  const layers = [1, 2].map(() => tf.layers.dropout({ rate: 0.25 }));

  /** What two layers leave of 10,000 ones in a training step. */
  function masks({ seed = 1, step = 0 } = {}): string[] {
    return withSeededDropout({ seed, step }, () =>
      layers.map((layer) =>
        tf.tidy(() => (layer.apply(tf.ones([10_000]), { training: true }) as tf.Tensor).dataSync().join()),
      ),
    );
  }

  it('draws another mask in every step and layer, the same for the same seed', () => {
    const [first, second] = masks();
    assert.notEqual(first, second);
    assert.notEqual(masks({ step: 1 })[0], first);
    assert.notEqual(masks({ seed: 2 })[0], first);
    assert.deepEqual(masks(), [first, second]);
  });

  it('drops the share that it was told, and scales what it keeps', () => {
    const values = masks()[0].split(',').map(Number);
    const dropped = values.filter((value) => value === 0).length / values.length;
    assert.ok(Math.abs(dropped - 0.25) < 4 * Math.sqrt((0.25 * 0.75) / values.length), `dropped ${dropped}`);
    for (const value of new Set(values)) assert.ok(value === 0 || Math.abs(value - 4 / 3) < 1e-6);
  });

  it('leaves prediction and the layers alone', () => {
    const x = tf.ones([4]);
    const result = withSeededDropout({ seed: 1, step: 0 }, () => layers[0].apply(x) as tf.Tensor);
    assert.deepEqual([...result.dataSync()], [1, 1, 1, 1]);
    const call = Object.getPrototypeOf(layers[0]).call;
    assert.throws(() =>
      withSeededDropout({ seed: 1, step: 0 }, () => {
        throw new Error('stop');
      }),
    );
    assert.equal(Object.getPrototypeOf(layers[0]).call, call);
  });
});

describe('withClippedGradients', () => {
  it('scales all gradients alike, to the length it was given, and only longer ones', () => {
    const [a, b] = [tf.variable(tf.scalar(0)), tf.variable(tf.scalar(0))];
    const optimizer = tf.train.sgd(1);
    const step = (clipNorm?: number) => {
      tf.tidy(() => {
        a.assign(tf.scalar(0));
        b.assign(tf.scalar(0));
      });
      withClippedGradients(optimizer, clipNorm, () =>
        optimizer.minimize(() => tf.add<tf.Scalar>(tf.mul(a, 3), tf.mul(b, 4)), false, [a, b]),
      );
      return [a, b].map((variable) => Math.round(variable.dataSync()[0] * 1e6) / 1e6);
    };
    const before = tf.memory().numTensors;
    assert.deepEqual(step(), [-3, -4]);
    assert.deepEqual(step(1), [-0.6, -0.8]); // (3, 4) is 5 long
    assert.deepEqual(step(10), [-3, -4]);
    assert.equal(tf.memory().numTensors, before);
  });
});
