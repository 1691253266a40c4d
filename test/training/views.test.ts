import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { predict } from '../../lib/evaluation';
import { applyViews, evaluate, viewNames } from '../../lib/training';
import { images, normalization, toyNetwork } from './toys';

describe('applyViews', () => {
  before(async () => {
    await useBackend();
  });

  /** A model whose one output is the top left pixel of a 3 x 3 image. */
  function topLeft(): tf.LayersModel {
    const model = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [3, 3, 1] }),
        tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'zeros' }),
      ],
    });
    model.setWeights([tf.tensor2d([1, 0, 0, 0, 0, 0, 0, 0, 0], [9, 1])]);
    return model;
  }

  it('averages the outputs for the views', () => {
    const xs = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const model = topLeft();
    const before = tf.memory().numTensors;
    const values = viewNames.map((views) => {
      const output = applyViews(model, xs, views);
      const [value] = output.dataSync();
      output.dispose();
      return value;
    });
    // Mirrored, 3 comes to the top left. Moved down and right by one, its neighbour 5 is mirrored in, or 5 again; moved
    // up and left, 5 comes there as it is, and mirrored 5 or what the border mirrors, 5.
    assert.deepEqual(values, [1, (1 + 3) / 2, ((1 + 3) / 2 + 5) / 2]);
    assert.equal(tf.memory().numTensors, before);
  });

  it('is what evaluation and prediction use', async () => {
    const model = toyNetwork();
    const losses = await Promise.all(
      viewNames.map(async (views) => (await evaluate(model, images, { normalization, views })).loss),
    );
    assert.equal(new Set(losses).size, 3);
    const single = await predict(model, images, { normalization });
    const six = await predict(model, images, { normalization, views: 'mirroredAndShifted' });
    assert.notDeepEqual(six.probabilities, single.probabilities);
    const sum = six.probabilities.subarray(0, 4).reduce((total, value) => total + value, 0);
    assert.ok(Math.abs(sum - 1) < 1e-5);
  });
});
