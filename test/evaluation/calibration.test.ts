import assert from 'node:assert/strict';
import {
  brierScore,
  expectedCalibrationError,
  maximumCalibrationError,
  reliabilityBins,
} from '../../lib/evaluation/calibration';

// Confidence 0.75 right, 0.75 wrong, 1 right, and 0.5, where the first class is predicted, right.
const labels = [0, 1, 1, 0];
const probabilities = [0.75, 0.25, 0.75, 0.25, 0, 1, 0.5, 0.5];

describe('reliabilityBins', () => {
  it('counts images by confidence, the upper edge with the bin below', () => {
    const bins = reliabilityBins(labels, probabilities, { numClasses: 2, numBins: 4 });
    assert.deepEqual(bins.slice(1), [
      { lower: 0.25, upper: 0.5, count: 1, accuracy: 1, confidence: 0.5 },
      { lower: 0.5, upper: 0.75, count: 2, accuracy: 0.5, confidence: 0.75 },
      { lower: 0.75, upper: 1, count: 1, accuracy: 1, confidence: 1 },
    ]);
    assert.equal(bins[0].count, 0);
    assert.ok(Number.isNaN(bins[0].accuracy));
  });

  it('has 15 bins, and puts 3 / 10 of ten below the edge', () => {
    assert.equal(reliabilityBins(labels, probabilities, { numClasses: 2 }).length, 15);
    const bins = reliabilityBins([0], [0.3, 0.25, 0.25, 0.2], { numClasses: 4, numBins: 10 });
    assert.equal(bins[2].count, 1);
  });
});

describe('calibration errors', () => {
  const bins = reliabilityBins(labels, probabilities, { numClasses: 2, numBins: 4 });

  it('are the mean gap over images, and the largest', () => {
    assert.equal(expectedCalibrationError(bins), (0.5 + 2 * 0.25 + 0) / 4);
    assert.equal(maximumCalibrationError(bins), 0.5);
  });
});

describe('brierScore', () => {
  it('is the squared distance to the right answer, 0 to 2', () => {
    assert.equal(brierScore([0], [0.75, 0.25], { numClasses: 2 }), 0.125);
    assert.equal(brierScore([0], [0, 1, 0], { numClasses: 3 }), 2);
  });
});
