import assert from 'node:assert/strict';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import { loadClassifier } from '../../lib/interchange';
import { courseRoot } from '../../lib/paths';
import { batchSizesUpTo, makeTensorflowEngine } from '../../lib/serving/tensorflow-engine';
import { largestDifference, noise, ourProbabilities } from '../interchange/toy-classifiers';

describe('makeTensorflowEngine', () => {
  before(() => useBackend());

  it('answers batches of every size as the notebooks do, though few sizes are computed', async () => {
    const classifier = await loadClassifier(join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10'));
    const images = noise(classifier, { count: 12 });
    const expected = await ourProbabilities(classifier, images);
    const engine = await makeTensorflowEngine(classifier, { maxBatchSize: 12 });
    for (let count = 1; count <= 12; count++) {
      const answer = await engine.predict(images.pixels.subarray(0, count * 3072), count);
      assert.equal(answer.length, count * 10);
      const difference = largestDifference(answer, expected.subarray(0, count * 10));
      assert.ok(difference < 1e-5, `${count} images differ by ${difference}`);
    }
    await engine.close();
  });
});

describe('batchSizesUpTo', () => {
  it('has few sizes, none half as large again as a batch needs', () => {
    assert.deepEqual(batchSizesUpTo(1), [1]);
    assert.deepEqual(batchSizesUpTo(10), [1, 2, 3, 4, 6, 8, 10]);
    assert.deepEqual(batchSizesUpTo(64), [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]);
    const sizes = batchSizesUpTo(200);
    for (let count = 1; count <= 200; count++) {
      const size = sizes.find((each) => each >= count) ?? Number.NaN;
      assert.ok(size < count * 1.5, `${count} -> ${size}`);
    }
  });
});
