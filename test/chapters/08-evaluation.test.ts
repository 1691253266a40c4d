import assert from 'node:assert/strict';
import { assertClose } from '../../lib/grading/assertions';
import { hidden, question } from '../../lib/grading/questions';

question<{
  countConfusions: (
    trueLabels: ArrayLike<number>,
    predictions: ArrayLike<number>,
    classes: number,
  ) => number[][];
}>(
  'q8.1',
  (answers) => {
    it('counts right answers on the diagonal', () => {
      assert.deepEqual(answers().countConfusions([0, 1, 1], [0, 1, 1], 2), [
        [1, 0],
        [0, 2],
      ]);
    });
    it('has a row for each label and a column for each prediction', () => {
      assert.deepEqual(answers().countConfusions([0, 0, 1, 2], [0, 2, 1, 1], 3), [
        [1, 0, 1],
        [0, 1, 0],
        [0, 1, 0],
      ]);
    });
    hidden(() => {
      it('keeps classes that do not occur', () => {
        assert.deepEqual(answers().countConfusions([1], [1], 4), [
          [0, 0, 0, 0],
          [0, 1, 0, 0],
          [0, 0, 0, 0],
          [0, 0, 0, 0],
        ]);
      });
      it('takes typed arrays', () => {
        const labels = Uint8Array.of(1, 0, 1, 1);
        const predictions = Uint8Array.of(0, 0, 1, 0);
        assert.deepEqual(answers().countConfusions(labels, predictions, 2), [
          [1, 0],
          [2, 1],
        ]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'rows and columns swapped',
        code: `function countConfusions(trueLabels: ArrayLike<number>, predictions: ArrayLike<number>, classes: number) {
          const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
          for (let i = 0; i < trueLabels.length; i++) matrix[predictions[i]][trueLabels[i]]++;
          return matrix;
        }`,
        fails: 'has a row for each label and a column for each prediction',
      },
      {
        name: 'one array for all rows',
        code: `function countConfusions(trueLabels: ArrayLike<number>, predictions: ArrayLike<number>, classes: number) {
          const matrix = new Array<number[]>(classes).fill(new Array<number>(classes).fill(0));
          for (let i = 0; i < trueLabels.length; i++) matrix[trueLabels[i]][predictions[i]]++;
          return matrix;
        }`,
        fails: 'counts right answers on the diagonal',
      },
      {
        name: 'only classes that occur',
        code: `function countConfusions(trueLabels: ArrayLike<number>, predictions: ArrayLike<number>, classes: number) {
          const size = Math.max(...Array.from(trueLabels), ...Array.from(predictions)) + 1;
          const matrix = Array.from({ length: size }, () => new Array<number>(size).fill(0));
          for (let i = 0; i < trueLabels.length; i++) matrix[trueLabels[i]][predictions[i]]++;
          return matrix;
        }`,
        fails: 'keeps classes that do not occur',
      },
      {
        name: 'marks instead of counting',
        code: `function countConfusions(trueLabels: ArrayLike<number>, predictions: ArrayLike<number>, classes: number) {
          const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
          for (let i = 0; i < trueLabels.length; i++) matrix[trueLabels[i]][predictions[i]] = 1;
          return matrix;
        }`,
        fails: 'counts right answers on the diagonal',
      },
    ],
  },
);

const three = [
  [5, 1, 0],
  [2, 3, 1],
  [0, 4, 4],
];

/** Precision, recall and F1 in a list, so that they can be compared with a tolerance. */
function inOrder({ precision, recall, f1 }: { precision: number; recall: number; f1: number }): number[] {
  return [precision, recall, f1];
}

question<{ classMetrics: (m: number[][], c: number) => { precision: number; recall: number; f1: number } }>(
  'q8.2',
  (answers) => {
    it('divides the diagonal by its column for precision, by its row for recall', () => {
      const { precision, recall } = answers().classMetrics(three, 1);
      assertClose([precision, recall], [3 / 8, 3 / 6]);
    });
    it('takes the harmonic mean of both for F1', () => {
      assertClose(inOrder(answers().classMetrics(three, 0)), [5 / 7, 5 / 6, 10 / 13]);
    });
    hidden(() => {
      it('gives precision and F1 0 for a class that was never predicted', () => {
        const m = [
          [3, 0],
          [2, 0],
        ];
        assertClose(inOrder(answers().classMetrics(m, 1)), [0, 0, 0]);
      });
      it('gives recall and F1 0 for a class without images', () => {
        const m = [
          [3, 2],
          [0, 0],
        ];
        assertClose(inOrder(answers().classMetrics(m, 1)), [0, 0, 0]);
      });
      it('has an answer for the last class, too', () => {
        assertClose(inOrder(answers().classMetrics(three, 2)), [4 / 5, 4 / 8, 8 / 13]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'precision and recall swapped',
        code: `function classMetrics(m: number[][], c: number) {
          const divide = (a: number, b: number) => (b === 0 ? 0 : a / b);
          const recall = divide(m[c][c], m.reduce((sum, counts) => sum + counts[c], 0));
          const precision = divide(m[c][c], m[c].reduce((sum, count) => sum + count, 0));
          return { precision, recall, f1: divide(2 * precision * recall, precision + recall) };
        }`,
        fails: 'divides the diagonal by its column for precision, by its row for recall',
      },
      {
        name: 'the arithmetic mean for F1',
        code: `function classMetrics(m: number[][], c: number) {
          const divide = (a: number, b: number) => (b === 0 ? 0 : a / b);
          const precision = divide(m[c][c], m.reduce((sum, counts) => sum + counts[c], 0));
          const recall = divide(m[c][c], m[c].reduce((sum, count) => sum + count, 0));
          return { precision, recall, f1: (precision + recall) / 2 };
        }`,
        fails: 'takes the harmonic mean of both for F1',
      },
      {
        name: 'NaN where nothing was predicted',
        code: `function classMetrics(m: number[][], c: number) {
          const precision = m[c][c] / m.reduce((sum, counts) => sum + counts[c], 0);
          const recall = m[c][c] / m[c].reduce((sum, count) => sum + count, 0);
          return { precision, recall, f1: (2 * precision * recall) / (precision + recall) };
        }`,
        fails: 'gives precision and F1 0 for a class that was never predicted',
      },
      {
        name: 'takes a class without images for perfect',
        code: `function classMetrics(m: number[][], c: number) {
          const images = m[c].reduce((sum, count) => sum + count, 0);
          const called = m.reduce((sum, counts) => sum + counts[c], 0);
          const precision = called === 0 ? 0 : m[c][c] / called;
          const recall = images === 0 ? 1 : m[c][c] / images;
          return { precision, recall, f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall) };
        }`,
        fails: 'gives recall and F1 0 for a class without images',
      },
      {
        name: 'accuracy for everything',
        code: `function classMetrics(m: number[][], c: number) {
          const right = m.reduce((sum, counts, i) => sum + counts[i], 0);
          const all = m.reduce((sum, counts) => sum + counts.reduce((a, b) => a + b, 0), 0);
          return { precision: right / all, recall: right / all, f1: right / all };
        }`,
        fails: 'takes the harmonic mean of both for F1',
      },
    ],
  },
);

interface Bin {
  readonly count: number;
  readonly accuracy: number;
  readonly confidence: number;
}

question<{ calibrationError: (bins: readonly Bin[]) => number }>(
  'q8.3',
  (answers) => {
    it('is 0 where every bin is as right as it is sure', () => {
      const bins = [
        { count: 10, accuracy: 0.5, confidence: 0.5 },
        { count: 5, accuracy: 1, confidence: 1 },
      ];
      assertClose([answers().calibrationError(bins)], [0]);
    });
    it('weighs each gap by its images', () => {
      const bins = [
        { count: 30, accuracy: 0.5, confidence: 0.6 },
        { count: 10, accuracy: 0.7, confidence: 0.9 },
      ];
      assertClose([answers().calibrationError(bins)], [0.125]);
    });
    hidden(() => {
      it('does not let gaps in both directions cancel out', () => {
        const bins = [
          { count: 10, accuracy: 0.4, confidence: 0.6 },
          { count: 10, accuracy: 0.9, confidence: 0.7 },
        ];
        assertClose([answers().calibrationError(bins)], [0.2]);
      });
      it('leaves out empty bins', () => {
        const bins = [
          { count: 0, accuracy: Number.NaN, confidence: Number.NaN },
          { count: 4, accuracy: 0.75, confidence: 0.85 },
        ];
        assertClose([answers().calibrationError(bins)], [0.1]);
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'all bins alike',
        code: `function calibrationError(bins: readonly Bin[]): number {
          const filled = bins.filter(({ count }) => count > 0);
          return filled.reduce((sum, b) => sum + Math.abs(b.accuracy - b.confidence), 0) / filled.length;
        }`,
        fails: 'weighs each gap by its images',
      },
      {
        name: 'without the absolute value',
        code: `function calibrationError(bins: readonly Bin[]): number {
          const filled = bins.filter(({ count }) => count > 0);
          const total = filled.reduce((sum, { count }) => sum + count, 0);
          return Math.abs(filled.reduce((sum, b) => sum + (b.count / total) * (b.accuracy - b.confidence), 0));
        }`,
        fails: 'does not let gaps in both directions cancel out',
      },
      {
        name: 'lets empty bins in',
        code: `function calibrationError(bins: readonly Bin[]): number {
          const total = bins.reduce((sum, { count }) => sum + count, 0);
          return bins.reduce((sum, b) => sum + (b.count / total) * Math.abs(b.accuracy - b.confidence), 0);
        }`,
        fails: 'leaves out empty bins',
      },
      {
        name: 'the largest gap',
        code: `function calibrationError(bins: readonly Bin[]): number {
          return Math.max(...bins.filter(({ count }) => count > 0).map((b) => Math.abs(b.accuracy - b.confidence)));
        }`,
        fails: 'weighs each gap by its images',
      },
    ],
  },
);

question<{
  onlyOneRight: (
    trueLabels: ArrayLike<number>,
    answers: { first: ArrayLike<number>; second: ArrayLike<number> },
  ) => { firstOnly: number; secondOnly: number };
}>(
  'q8.4',
  (answers) => {
    it('counts the images that only one of them got right', () => {
      const labels = [0, 1, 2, 3, 4];
      const both = { first: [0, 1, 2, 9, 9], second: [0, 9, 9, 3, 9] };
      assert.deepEqual(answers().onlyOneRight(labels, both), { firstOnly: 2, secondOnly: 1 });
    });
    it('finds nothing to count where both answer alike', () => {
      const both = { first: [1, 2, 0], second: [1, 2, 0] };
      assert.deepEqual(answers().onlyOneRight([1, 1, 0], both), { firstOnly: 0, secondOnly: 0 });
    });
    hidden(() => {
      it('leaves out images on which both are wrong in different ways', () => {
        const both = { first: [1, 0], second: [2, 0] };
        assert.deepEqual(answers().onlyOneRight([0, 0], both), { firstOnly: 0, secondOnly: 0 });
      });
      it('takes typed arrays', () => {
        const both = { first: Uint8Array.of(5, 5), second: Uint8Array.of(5, 6) };
        assert.deepEqual(answers().onlyOneRight(Uint8Array.of(6, 6), both), { firstOnly: 0, secondOnly: 1 });
      });
    });
  },
  {
    wrongAnswers: [
      {
        name: 'first and second swapped',
        code: `function onlyOneRight(trueLabels: ArrayLike<number>, answers: { first: ArrayLike<number>; second: ArrayLike<number> }) {
          let [firstOnly, secondOnly] = [0, 0];
          for (let i = 0; i < trueLabels.length; i++) {
            const a = answers.first[i] === trueLabels[i];
            const b = answers.second[i] === trueLabels[i];
            if (a && !b) secondOnly++;
            if (b && !a) firstOnly++;
          }
          return { firstOnly, secondOnly };
        }`,
        fails: 'counts the images that only one of them got right',
      },
      {
        name: 'counts all that each got right',
        code: `function onlyOneRight(trueLabels: ArrayLike<number>, answers: { first: ArrayLike<number>; second: ArrayLike<number> }) {
          let [firstOnly, secondOnly] = [0, 0];
          for (let i = 0; i < trueLabels.length; i++) {
            if (answers.first[i] === trueLabels[i]) firstOnly++;
            if (answers.second[i] === trueLabels[i]) secondOnly++;
          }
          return { firstOnly, secondOnly };
        }`,
        fails: 'counts the images that only one of them got right',
      },
      {
        name: 'counts where they disagree',
        code: `function onlyOneRight(trueLabels: ArrayLike<number>, answers: { first: ArrayLike<number>; second: ArrayLike<number> }) {
          let [firstOnly, secondOnly] = [0, 0];
          for (let i = 0; i < trueLabels.length; i++) {
            if (answers.first[i] === answers.second[i]) continue;
            if (answers.first[i] === trueLabels[i]) firstOnly++;
            else secondOnly++;
          }
          return { firstOnly, secondOnly };
        }`,
        fails: 'leaves out images on which both are wrong in different ways',
      },
    ],
  },
);
