import assert from 'node:assert/strict';
import {
  brierScore,
  confusionMatrix,
  logLoss,
  mostConfusedPairs,
  oneVsRestRocAuc,
  reliabilityBins,
  StreamingMetrics,
  topKAccuracy,
} from '../../lib/evaluation';
import { createRandom } from '../../lib/random';

const numClasses = 4;

/** Labels and rows of probabilities, float32 as a model gives them. */
function randomOutputs(count: number, seed = 1) {
  const random = createRandom(seed);
  const labels = Uint8Array.from({ length: count }, () => random.integer(numClasses));
  const probabilities = new Float32Array(count * numClasses);
  labels.forEach((label, i) => {
    const heights = Array.from({ length: numClasses }, (_, c) =>
      Math.exp(random.normal() + (c === label ? 1 : 0)),
    );
    const sum = heights.reduce((a, b) => a + b);
    probabilities.set(
      heights.map((height) => height / sum),
      i * numClasses,
    );
  });
  return { labels, probabilities };
}

function streamed(
  { labels, probabilities }: ReturnType<typeof randomOutputs>,
  batchSize: number,
  options: object = {},
) {
  const metrics = new StreamingMetrics({ numClasses, k: 2, ...options });
  for (let i = 0; i < labels.length; i += batchSize) {
    metrics.add(
      labels.subarray(i, i + batchSize),
      probabilities.subarray(i * numClasses, (i + batchSize) * numClasses),
    );
  }
  return metrics;
}

describe('StreamingMetrics', () => {
  const outputs = randomOutputs(1000);
  const { labels, probabilities } = outputs;
  const predictions = Array.from(labels, (_, i) => {
    const row = Array.from(probabilities.subarray(i * numClasses, (i + 1) * numClasses));
    return row.indexOf(Math.max(...row));
  });
  const close = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 1e-12, `${actual}, ${expected}`);

  it('equals the functions that take all images at once, whatever the batch size', () => {
    const matrix = confusionMatrix(labels, predictions, { numClasses });
    for (const batchSize of [1, 64, 1000]) {
      const result = streamed(outputs, batchSize).result;
      assert.deepEqual(result.matrix, matrix);
      assert.equal(result.count, 1000);
      assert.equal(result.correct, predictions.filter((prediction, i) => prediction === labels[i]).length);
      assert.equal(result.accuracy, result.correct / 1000);
      assert.equal(result.topK.accuracy, topKAccuracy(labels, probabilities, { k: 2, numClasses }));
      close(result.loss, logLoss(labels, probabilities, { numClasses }));
      close(result.brierScore, brierScore(labels, probabilities, { numClasses }));
      assert.deepEqual(result.reliability, reliabilityBins(labels, probabilities, { numClasses }));
      const { perClass } = oneVsRestRocAuc(labels, probabilities, { numClasses });
      for (const [c, { rocAuc }] of result.curves.entries()) {
        assert.ok(rocAuc.low <= perClass[c] && perClass[c] <= rocAuc.high);
        assert.ok(rocAuc.high - rocAuc.low < 0.01);
      }
    }
  });

  it('keeps the most confident mistakes, and examples of the most confused pairs', () => {
    const wrong = Array.from(labels, (label, index) => ({
      index,
      label,
      predicted: predictions[index],
      probability: probabilities[index * numClasses + predictions[index]],
    }))
      .filter(({ label, predicted }) => label !== predicted)
      .sort((a, b) => b.probability - a.probability);
    const { mistakes, confusedPairs, matrix } = streamed(outputs, 64, {
      mistakes: 7,
      pairs: 3,
      examples: 4,
    }).result;
    assert.deepEqual(mistakes, wrong.slice(0, 7));
    assert.equal(confusedPairs.length, 3);
    for (const [i, { examples, ...pair }] of confusedPairs.entries()) {
      assert.deepEqual(pair, mostConfusedPairs(matrix)[i]);
      const own = wrong.filter(
        ({ label, predicted }) => label === pair.label && predicted === pair.prediction,
      );
      assert.deepEqual(examples, own.slice(0, 4));
    }
  });

  it('takes the images’ own indices', () => {
    const metrics = new StreamingMetrics({ numClasses: 2 });
    metrics.add([0, 1], [0.1, 0.9, 0.2, 0.8], { indices: [70, 80] });
    assert.deepEqual(
      metrics.result.mistakes.map(({ index }) => index),
      [70],
    );
  });

  it('gives the interval of the loss from its spread', () => {
    // Losses ln 2 and ln 4: mean 1.5 ln 2, standard deviation 0.5 ln 2, over the root of two images.
    const { loss, lossInterval } = new StreamingMetrics({ numClasses: 2 }).add(
      [0, 1],
      [0.5, 0.5, 0.75, 0.25],
    ).result;
    close(loss, 1.5 * Math.LN2);
    close(lossInterval.high - loss, (1.959963984540054 * 0.5 * Math.LN2) / Math.SQRT2);
  });

  it('does not grow with the number of images', () => {
    const metrics = streamed(outputs, 100);
    const size = () => JSON.stringify(metrics.result).length;
    const before = size();
    const heap = heapUsed();
    for (let i = 0; i < 300; i++) metrics.add(labels, probabilities);
    const grown = heapUsed() - heap;
    assert.equal(metrics.result.count, 301_000);
    assert.ok(size() < 1.2 * before, 'the result grew'); // longer numbers alone
    assert.ok(grown < 300_000, `300,000 images took ${grown} bytes`); // less than a byte an image
  });

  it('refuses what is no label or no number, and then counts nothing', () => {
    const metrics = new StreamingMetrics({ numClasses: 2 });
    assert.throws(() => metrics.add([0, 2], [0.5, 0.5, 0.5, 0.5]), /labels\[1\]: expected a class of 0 to 1/);
    assert.throws(() => metrics.add([0], [Number.NaN, 0.5]), /expected a finite number, got NaN/);
    assert.equal(metrics.result.count, 0);
  });
});

/** After the garbage is gone. */
function heapUsed(): number {
  const { setFlagsFromString } = require('node:v8') as typeof import('node:v8');
  const { runInNewContext } = require('node:vm') as typeof import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed: heap, arrayBuffers } = process.memoryUsage();
  return heap + arrayBuffers;
}
