import assert from 'node:assert/strict';
import { classificationReport, reportRows } from '../../lib/evaluation/report';

const matrix = [
  [3, 1],
  [1, 1],
];

describe('classificationReport', () => {
  it('has a line for each class, accuracy and averages', () => {
    assert.equal(
      classificationReport(matrix, { classNames: ['cat', 'dog'] }),
      `              precision    recall  f1-score   support

         cat       0.75      0.75      0.75         4
         dog       0.50      0.50      0.50         2

    accuracy                           0.67         6
   macro avg       0.62      0.62      0.62         6
weighted avg       0.67      0.67      0.67         6
`,
    );
  });

  it('rounds a half to the even digit, as Python does: 0.625 is 0.62 above', () => {
    const line = (correct: number, digits: number) =>
      classificationReport(
        [
          [correct, 8 - correct],
          [0, 1],
        ],
        { classNames: ['a', 'b'], digits },
      ).split('\n')[2];
    assert.match(line(1, 2), / 0\.12 /); // 1 / 8
    assert.match(line(3, 2), / 0\.38 /); // 3 / 8
    assert.match(line(4, 0), / 1 +0 +1 +8$/); // 1 / 2
  });

  it('makes room for more digits than a name has letters, as scikit-learn does', () => {
    const [header] = classificationReport(matrix, { classNames: ['cat', 'dog'], digits: 14 }).split('\n');
    assert.equal(header.length, 14 + 1 + 4 * 10);
  });

  it('refuses names that are not one for each class', () => {
    assert.throws(() => classificationReport(matrix, { classNames: ['cat'] }), /each of 2 classes, got 1/);
  });
});

describe('reportRows', () => {
  it('gives a row for each class', () => {
    assert.deepEqual(reportRows(matrix, { classNames: ['cat', 'dog'] }), [
      { class: 'cat', precision: 0.75, recall: 0.75, f1: 0.75, support: 4 },
      { class: 'dog', precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
    ]);
  });
});
