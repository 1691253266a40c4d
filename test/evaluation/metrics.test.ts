import assert from 'node:assert/strict';
import {
  accuracy,
  balancedAccuracy,
  cohenKappa,
  logLoss,
  matthewsCorrelation,
  precisionRecallF1,
  topKAccuracy,
} from '../../lib/evaluation/metrics';

// 3 of 4 cats right, 1 of 2 dogs, a bird neither there nor predicted.
const matrix = [
  [3, 1, 0],
  [1, 1, 0],
  [0, 0, 0],
];

function near(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `expected ${expected}, got ${actual}`);
}

describe('accuracy', () => {
  it('is the share of equal ones', () => {
    assert.equal(accuracy([0, 1, 2, 2], [0, 1, 1, 2]), 0.75);
    assert.throws(() => accuracy([0, 1], [0]), RangeError);
  });
});

describe('topKAccuracy', () => {
  it('counts a label among the k most probable classes', () => {
    const probabilities = [0.5, 0.3, 0.2, 0.5, 0.3, 0.2, 0.5, 0.3, 0.2];
    const top = (k: number) => topKAccuracy([0, 1, 2], probabilities, { k, numClasses: 3 });
    assert.deepEqual([top(1), top(2), top(3)], [1 / 3, 2 / 3, 1]);
  });

  it('takes the higher of two equal classes first, with two classes too', () => {
    assert.equal(topKAccuracy([0], [0.5, 0.5], { k: 1, numClasses: 2 }), 0);
    assert.equal(topKAccuracy([1], [0.5, 0.5], { k: 1, numClasses: 2 }), 1);
  });

  it('refuses probabilities that are too few or NaN, and k = 0', () => {
    const top = (probabilities: number[], k = 1) => topKAccuracy([0, 1], probabilities, { k, numClasses: 2 });
    assert.throws(() => top([1, 0, 1]), /expected 2 x 2 = 4, got 3/);
    assert.throws(() => top([1, 0, Number.NaN, 1]), /probabilities\[2\]: expected a finite number, got NaN/);
    assert.throws(() => top([1, 0, 1, 0], 0), /k: expected/);
  });
});

describe('logLoss', () => {
  it('is the mean of -ln(probability of the label)', () => {
    near(logLoss([0, 1], [0.5, 0.5, 0.75, 0.25], { numClasses: 2 }), (Math.log(2) + Math.log(4)) / 2);
  });

  it('makes a sure mistake cost what the precision of the numbers allows', () => {
    near(logLoss([0], [0, 1], { numClasses: 2 }), 52 * Math.log(2));
    near(logLoss([0], Float32Array.of(0, 1), { numClasses: 2 }), 23 * Math.log(2));
  });
});

describe('precisionRecallF1', () => {
  it('gives precision, recall, F1 and support of a class', () => {
    const [cat, dog] = precisionRecallF1(matrix).perClass;
    assert.deepEqual(cat, { precision: 0.75, recall: 0.75, f1: 0.75, support: 4 });
    assert.deepEqual(dog, { precision: 0.5, recall: 0.5, f1: 0.5, support: 2 });
  });

  it('takes 0 / 0 as 0, as 1, or leaves it out of the averages', () => {
    const macro = (zeroDivision?: 0 | 1 | 'nan') => precisionRecallF1(matrix, { zeroDivision }).macro.f1;
    assert.equal(macro(), 1.25 / 3);
    assert.equal(macro(1), 2.25 / 3);
    assert.equal(macro('nan'), 1.25 / 2);
    assert.ok(Number.isNaN(precisionRecallF1(matrix, { zeroDivision: 'nan' }).perClass[2].f1));
  });

  it('averages over counts, over classes and by support', () => {
    const { micro, weighted } = precisionRecallF1(matrix);
    assert.equal(micro.recall, 4 / 6);
    near(weighted.recall, (4 * 0.75 + 2 * 0.5) / 6);
  });
});

describe('balancedAccuracy', () => {
  it('is the mean recall of the classes that have images', () => {
    assert.equal(balancedAccuracy(matrix), 0.625);
  });
});

describe('cohenKappa', () => {
  it('is the agreement beyond chance', () => {
    // By chance (4 * 4 + 2 * 2) / 36 = 5 / 9 agree; 2 / 3 do.
    near(cohenKappa(matrix), (2 / 3 - 5 / 9) / (1 - 5 / 9));
    assert.ok(Number.isNaN(cohenKappa([[5]])));
  });
});

describe('matthewsCorrelation', () => {
  it('is that of two classes, and 0 where all is one class', () => {
    // (3 * 1 - 1 * 1) / sqrt(4 * 2 * 4 * 2)
    near(matthewsCorrelation(matrix), 2 / 8);
    assert.equal(
      matthewsCorrelation([
        [3, 2],
        [0, 0],
      ]),
      0,
    );
  });
});
