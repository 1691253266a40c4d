import assert from 'node:assert/strict';
import { ratiosOf, spreadOf } from '../../lib/bench/statistics';

describe('spreadOf', () => {
  it('gives middle, extremes and number, whatever the order', () => {
    assert.deepEqual(spreadOf([30, 10, 20]), { median: 20, min: 10, max: 30, n: 3 });
    assert.deepEqual(spreadOf([4, 1, 3, 2]), { median: 2.5, min: 1, max: 4, n: 4 });
  });

  it('sorts numbers as numbers', () => {
    assert.deepEqual(spreadOf([100, 9, 20]), { median: 20, min: 9, max: 100, n: 3 });
  });

  it('refuses nothing', () => {
    assert.throws(() => spreadOf([]), RangeError);
  });
});

describe('ratiosOf', () => {
  it('tells the median of the ratios from the ratio of the medians', () => {
    // Round by round 2, 3, 1; the medians are 30 and 15.
    const { medianOfRatios, ratioOfMedians } = ratiosOf([20, 30, 40], [10, 10, 40]);
    assert.equal(medianOfRatios, 2);
    assert.equal(ratioOfMedians, 3);
  });

  it('refuses rounds that do not belong together', () => {
    assert.throws(() => ratiosOf([1, 2], [1]), /as many values of both.*got 2 and 1/);
  });
});
