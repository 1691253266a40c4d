import assert from 'node:assert/strict';
import {
  areaUnder,
  averagePrecision,
  oneVsRestRocAuc,
  precisionRecallCurve,
  rocCurve,
} from '../../lib/evaluation/curves';

// By falling score: positive, negative, positive, negative.
const isPositive = [false, false, true, true];
const scores = [0.1, 0.4, 0.35, 0.8];

describe('rocCurve', () => {
  it('goes up for a positive and right for a negative', () => {
    assert.deepEqual(rocCurve(isPositive, scores), {
      falsePositiveRates: [0, 0, 0.5, 0.5, 1],
      truePositiveRates: [0, 0.5, 0.5, 1, 1],
      thresholds: [Number.POSITIVE_INFINITY, 0.8, 0.4, 0.35, 0.1],
    });
  });

  it('goes aslant where scores are equal', () => {
    const { falsePositiveRates, truePositiveRates } = rocCurve([1, 0, 1, 0], [0.5, 0.5, 0.5, 0.2]);
    assert.deepEqual(
      [falsePositiveRates, truePositiveRates],
      [
        [0, 0.5, 1],
        [0, 1, 1],
      ],
    );
  });

  it('leaves out points on a straight line when asked', () => {
    const { truePositiveRates } = rocCurve([1, 1, 1, 0], [4, 3, 2, 1], { dropIntermediate: true });
    assert.deepEqual(truePositiveRates, [0, 1 / 3, 1, 1]);
  });

  it('is NaN where a rate has nothing to count, and refuses NaN', () => {
    assert.ok(rocCurve([1, 1], [1, 2]).falsePositiveRates.every(Number.isNaN));
    assert.throws(() => rocCurve([1, 0], [1, Number.NaN]), /scores\[1\]/);
    assert.throws(() => rocCurve([1], [1, 2]), /scores: expected one for each of 1/);
  });
});

describe('precisionRecallCurve', () => {
  it('gives both by rising threshold, and ends at precision 1', () => {
    assert.deepEqual(precisionRecallCurve(isPositive, scores), {
      precisions: [0.5, 2 / 3, 0.5, 1, 1],
      recalls: [1, 1, 0.5, 0.5, 0],
      thresholds: [0.1, 0.35, 0.4, 0.8],
    });
  });
});

describe('precisionRecallCurve without positives', () => {
  it('has recall 1 at every threshold', () => {
    const { precisions, recalls } = precisionRecallCurve([0, 0], [1, 2]);
    assert.deepEqual(
      [precisions, recalls],
      [
        [0, 0, 1],
        [1, 1, 0],
      ],
    );
  });
});

describe('areaUnder', () => {
  it('sums trapezoids, in either direction', () => {
    assert.equal(areaUnder([0, 1, 3], [0, 2, 2]), 5);
    assert.equal(areaUnder([3, 1, 0], [2, 2, 0]), 5);
    assert.throws(() => areaUnder([0, 2, 1], [0, 0, 0]), /rising/);
    assert.throws(() => areaUnder([0], [0]), /at least two/);
  });
});

describe('averagePrecision', () => {
  it('weights precision by the recall gained', () => {
    assert.equal(averagePrecision(isPositive, scores), 0.5 * 1 + 0.5 * (2 / 3));
    assert.equal(averagePrecision([0, 0], [1, 2]), 0);
  });
});

describe('oneVsRestRocAuc', () => {
  it('is the chance that an image of the class scores higher, ties half', () => {
    // Class 1: 0.4 and 0.5 against 0.4 and 0.2: higher, higher, higher and one tie.
    const { perClass } = oneVsRestRocAuc([0, 0, 1, 1], [0.6, 0.4, 0.8, 0.2, 0.6, 0.4, 0.5, 0.5], {
      numClasses: 2,
    });
    assert.deepEqual(perClass, [3.5 / 4, 3.5 / 4]);
  });

  it('leaves a class without images out of the weighted mean alone', () => {
    const { perClass, macro, weighted } = oneVsRestRocAuc([0, 1], [0.8, 0.2, 0, 0.1, 0.9, 0], {
      numClasses: 3,
    });
    assert.deepEqual(perClass.slice(0, 2), [1, 1]);
    assert.ok(Number.isNaN(perClass[2]) && Number.isNaN(macro));
    assert.equal(weighted, 1);
  });
});
