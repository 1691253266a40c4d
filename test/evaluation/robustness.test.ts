import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { scaleOnly, subset } from '../../lib/data';
import { measureRobustness, wilsonInterval } from '../../lib/evaluation';
import { toyDataset } from '../helpers/toy-dataset';

/** Says "top" where the upper half is brighter than the lower, else "bottom". */
function halvesModel(): tf.LayersModel {
  const size = 4;
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [size, size, 1] }),
      tf.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
  const kernel = Array.from({ length: size * size }, (_, i) => (i < (size * size) / 2 ? [1, 0] : [0, 1]));
  const weights = [tf.tensor2d(kernel), tf.tensor1d([0, 0])];
  model.setWeights(weights);
  tf.dispose(weights);
  return model;
}

describe('measureRobustness', () => {
  const dataset = toyDataset({ count: 20, size: 4, channels: 1, numClasses: 2 });
  const options = { normalization: scaleOnly(1), batchSize: 8 };
  let model: tf.LayersModel;

  before(async () => {
    await useBackend();
    model = halvesModel();
  });
  after(() => model.dispose());

  it('gives the accuracy with its interval, clean and for each corruption and severity', async () => {
    const { clean, corrupted } = await measureRobustness(model, dataset, {
      ...options,
      corruptions: ['brighter', 'shift'],
      severities: [1, 3],
    });
    assert.deepEqual(clean, { accuracy: 1, correct: 20, count: 20, ...wilsonInterval(20, 20) });
    assert.deepEqual(
      corrupted.map(({ corruption, severity, amount }) => [corruption, severity, amount]),
      [
        ['brighter', 1, 0.05],
        ['brighter', 3, 0.15],
        ['shift', 1, 1],
        ['shift', 3, 3],
      ],
    );
    // Light on all pixels alike does not change which half is brighter; three of four rows up or down do.
    assert.equal(corrupted[0].accuracy, 1);
    assert.ok(corrupted[3].accuracy < 1);
    assert.equal(corrupted[3].accuracy, corrupted[3].correct / 20);
  });

  it('does not depend on the batch size, and leaks no tensor', async () => {
    const few = { ...options, corruptions: ['noise', 'shift'] as const, severities: [3] as const };
    const whole = await measureRobustness(model, dataset, { ...few, batchSize: 20 });
    const before = tf.memory().numTensors;
    assert.deepEqual(await measureRobustness(model, dataset, { ...few, batchSize: 3 }), whole);
    assert.equal(tf.memory().numTensors, before);
  });

  it('reports each batch, up to all images of all corruptions', async () => {
    const seen: number[] = [];
    const onProgress = ({ done, total }: { done: number; total?: number }) =>
      seen.push(done / (total as number));
    await measureRobustness(model, subset(dataset, [0, 1, 2]), { ...options, severities: [1], onProgress });
    assert.equal(seen.length, 6);
    assert.equal(seen[5], 1);
  });
});
