import assert from 'node:assert/strict';
import {
  ConfusionCounter,
  confusionMatrix,
  mostConfusedPairs,
  normalizeConfusion,
} from '../../lib/evaluation/confusion';

const labels = [0, 0, 0, 1, 1, 2];
const predictions = [0, 1, 1, 1, 0, 0];
const matrix = [
  [1, 2, 0, 0],
  [1, 1, 0, 0],
  [1, 0, 0, 0],
  [0, 0, 0, 0],
];

describe('confusionMatrix', () => {
  it('has a row for each true class and a column for each predicted one', () => {
    assert.deepEqual(confusionMatrix(labels, predictions, { numClasses: 4 }), matrix);
    assert.deepEqual(
      confusionMatrix(Uint8Array.from(labels), Uint8Array.from(predictions), { numClasses: 4 }),
      matrix,
    );
  });

  it('refuses what is no class, and lists that do not belong together', () => {
    const of = (labels: number[], predictions: number[]) => () =>
      confusionMatrix(labels, predictions, { numClasses: 2 });
    assert.throws(of([0, 2], [0, 1]), /labels\[1\]: expected a class of 0 to 1, got 2/);
    assert.throws(of([0, 1], [0, 0.5]), /predictions\[1\].*got 0\.5/);
    assert.throws(of([0, 1], [0]), /predictions: expected one for each of 2 labels, got 1/);
    assert.throws(of([], []), /at least one/);
  });
});

describe('ConfusionCounter', () => {
  it('gives the matrix of all batches together', () => {
    const counter = new ConfusionCounter({ numClasses: 4 });
    counter.add(labels.slice(0, 2), predictions.slice(0, 2)).add(labels.slice(2), predictions.slice(2));
    assert.deepEqual(counter.matrix, matrix);
  });

  it('counts nothing of a batch that it refuses, and gives a copy', () => {
    const counter = new ConfusionCounter({ numClasses: 2 });
    assert.throws(() => counter.add([0, 1], [0, 7]), RangeError);
    const before = counter.matrix;
    counter.add([0], [1]);
    assert.deepEqual(before, [
      [0, 0],
      [0, 0],
    ]);
  });
});

describe('normalizeConfusion', () => {
  it('shares out rows, columns or all; nothing stays 0', () => {
    assert.deepEqual(normalizeConfusion(matrix, 'true')[0], [1 / 3, 2 / 3, 0, 0]);
    assert.deepEqual(normalizeConfusion(matrix, 'true')[3], [0, 0, 0, 0]);
    assert.deepEqual(
      normalizeConfusion(matrix, 'predicted').map((row) => row[0]),
      [1 / 3, 1 / 3, 1 / 3, 0],
    );
    assert.deepEqual(normalizeConfusion(matrix, 'all')[0], [1 / 6, 2 / 6, 0, 0]);
  });
});

describe('mostConfusedPairs', () => {
  it('lists mistakes, most frequent first, equal ones by class, none that never occurred', () => {
    assert.deepEqual(mostConfusedPairs(matrix), [
      { label: 0, prediction: 1, count: 2, share: 2 / 3 },
      { label: 1, prediction: 0, count: 1, share: 1 / 2 },
      { label: 2, prediction: 0, count: 1, share: 1 },
    ]);
    assert.equal(mostConfusedPairs(matrix, { count: 1 }).length, 1);
  });
});
