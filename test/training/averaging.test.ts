import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { lookahead, movingAverage, readWeights, train, writeWeights } from '../../lib/training';
import { images, options, toyNetwork } from './toys';

/** A model of one weight. */
function single(): { model: tf.LayersModel; set: (value: number) => void; get: () => number } {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, useBias: false, inputShape: [1] })] });
  return {
    model,
    set: (value) => writeWeights(model, [{ shape: [1, 1], data: Float32Array.of(value) }]),
    get: () => readWeights(model)[0].data[0],
  };
}

describe('averages of weights', () => {
  before(async () => {
    await useBackend();
  });

  it('lookahead: the fast weights go on from the slow ones', () => {
    const { model, set, get } = single();
    const callback = lookahead({ every: 2, decay: () => 0.75 });
    const at = (step: number) => ({ model, step, totalSteps: 4 });
    set(0);
    callback.onTrainBegin?.(at(0));
    set(8);
    callback.onStepEnd?.(at(1));
    assert.equal(get(), 8); // not yet
    callback.onStepEnd?.(at(2));
    assert.equal(get(), 2); // 0.75 * 0 + 0.25 * 8
    set(10);
    callback.onTrainEnd?.(at(3));
    assert.equal(get(), 2);
  });

  it('lookahead follows closely at first: 0.95^5 progress^3', () => {
    const { model, set, get } = single();
    const callback = lookahead({ every: 1 });
    set(0);
    callback.onTrainBegin?.({ model, step: 0, totalSteps: 2 });
    set(1);
    callback.onStepEnd?.({ model, step: 1, totalSteps: 2 });
    assert.ok(Math.abs(get() - (1 - 0.95 ** 5 / 8)) < 1e-6, String(get()));
  });

  it('a moving average: only the end is averaged', () => {
    const { model, set, get } = single();
    const callback = movingAverage({ decay: () => 0.5 });
    set(0);
    callback.onTrainBegin?.({ model, step: 0, totalSteps: 2 });
    for (const [i, value] of [4, 8].entries()) {
      set(value);
      callback.onStepEnd?.({ model, step: i + 1, totalSteps: 2 });
      assert.equal(get(), value);
    }
    callback.onTrainEnd?.({ model, step: 2, totalSteps: 2 });
    assert.equal(get(), 5); // 0.5 * (0.5 * 0 + 0.5 * 4) + 0.5 * 8
  });

  it('change what a training ends with, and leave no tensor behind', async () => {
    const plain = toyNetwork();
    await train(plain, images, options);
    const averaged = toyNetwork();
    await train(averaged, images, { ...options, epochs: 1 });
    const before = tf.memory().numTensors;
    await train(averaged, images, { ...options, callbacks: [lookahead({ every: 2 })] });
    assert.equal(tf.memory().numTensors, before);
    assert.notDeepEqual(readWeights(averaged), readWeights(plain));
  });
});
