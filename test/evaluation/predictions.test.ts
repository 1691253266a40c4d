import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { imageBatches, scaleOnly } from '../../lib/data';
import { predict, predictBatches, predictedClasses } from '../../lib/evaluation';
import { buildBaseline } from '../../lib/models';
import { toyDataset } from '../helpers/toy-dataset';

describe('predictBatches', () => {
  const dataset = toyDataset({ count: 21, size: 24 });
  const options = { normalization: scaleOnly(3), batchSize: 8 };
  let model: tf.LayersModel;

  before(async () => {
    await useBackend();
    model = buildBaseline({ inputShape: [24, 24, 3], numClasses: 4 });
  });
  after(() => void model.dispose());

  it('gives the images in order with their labels, the probabilities those of `predict`', async () => {
    const whole = await predict(model, dataset, options);
    const before = tf.memory().numTensors;
    const sources = [dataset, imageBatches(dataset, { batchSize: 5, reuseMemory: true })];
    for (const source of sources) {
      let done = 0;
      for await (const batch of predictBatches(model, source, options)) {
        const { labels, indices, probabilities, count } = batch;
        assert.deepEqual([...labels], [...dataset.labels.subarray(done, done + count)]);
        assert.deepEqual([...indices], [...indices.keys()].map((i) => done + i)); // biome-ignore format: short
        const expected = whole.probabilities.subarray(4 * done, 4 * (done + count));
        probabilities.forEach((value, i) => {
          assert.ok(Math.abs(value - expected[i]) < 1e-6);
        });
        done += count;
      }
      assert.equal(done, 21);
    }
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([...whole.predicted], [...predictedClasses(whole.probabilities, { numClasses: 4 })]);
  });

  it('takes a batch only when the last but one is wanted', async () => {
    let taken = 0;
    const counted = (function* () {
      for (const batch of imageBatches(dataset, { batchSize: 3 })) {
        taken++;
        yield batch;
      }
    })();
    for await (const _ of predictBatches(model, counted, options)) break;
    assert.ok(taken <= 3, `${taken} of 7 batches were taken for the first`);
  });
});

describe('predictedClasses', () => {
  it('takes the first of equally probable classes', () => {
    assert.deepEqual([...predictedClasses([0.2, 0.4, 0.4, 0.5, 0.25, 0.25], { numClasses: 3 })], [1, 0]);
  });
});
