import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { loadClassifier } from '../../lib/interchange';
import { courseRoot } from '../../lib/paths';
import { makeTensorflowEngine } from '../../lib/serving/tensorflow-engine';
import { makeWasmEngine } from '../../lib/serving/wasm-engine';
import { largestDifference, noise, ourProbabilities } from '../interchange/toy-classifiers';

const baseline = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10');

describe('makeWasmEngine', () => {
  let before: string | undefined;

  beforeEach(() => {
    before = process.env.COURSE_BACKEND;
  });

  afterEach(async () => {
    if (before === undefined) delete process.env.COURSE_BACKEND;
    else process.env.COURSE_BACKEND = before;
    await useBackend();
  });

  it('answers as the notebooks do, on WebAssembly, and keeps no tensors', async () => {
    await useBackend();
    const classifier = await loadClassifier(baseline);
    const images = noise(classifier, { count: 6 });
    const expected = await ourProbabilities(classifier, images);
    const engine = await makeWasmEngine(classifier);
    assert.deepEqual([engine.name, tf.getBackend()], ['wasm', 'wasm']);
    const tensors = tf.memory().numTensors;
    for (const count of [6, 1]) {
      const answer = await engine.predict(images.pixels.subarray(0, count * 3072), count);
      assert.equal(answer.length, count * 10);
      const difference = largestDifference(answer, expected.subarray(0, count * 10));
      assert.ok(difference < 1e-5, `${count} images differ by ${difference}`);
    }
    assert.equal(tf.memory().numTensors, tensors);
    await engine.close();
    assert.ok(tf.memory().numTensors < tensors);
  });

  it('is what the TensorFlow engine is where there is nothing better, under its own name', async () => {
    process.env.COURSE_BACKEND = 'wasm';
    await useBackend();
    const engine = await makeTensorflowEngine(await loadClassifier(baseline), { maxBatchSize: 4 });
    assert.equal(engine.name, 'wasm');
    await engine.close();
  });
});
