import assert from 'node:assert/strict';
import { averagePrecision, type Robustness, StreamingMetrics, wilsonInterval } from '../../lib/evaluation';
import {
  classMetricsFigure,
  confusedPairsFigure,
  type Figure,
  precisionRecallCurvesFigure,
  precisionRecallFigure,
  renderSvg,
  reportTable,
  robustnessFigure,
  rocCurvesFigure,
} from '../../lib/figures';
import { tinyDataset } from './tiny';

// Class 0 is told from the others without mistake; class 2 never occurs.
const labels = [0, 0, 1, 1];
const probabilities = [0.9, 0.1, 0, 0.8, 0.2, 0, 0.7, 0.3, 0, 0.6, 0.15, 0.25];
const classNames = ['cat', 'a < b', 'none'];
const { curves } = new StreamingMetrics({ numClasses: 3 }).add(labels, probabilities).result;

describe('precisionRecallFigure', () => {
  it('draws steps with the average precision of each class that occurs', () => {
    const { data } = precisionRecallFigure(labels, probabilities, { classNames });
    // Of class 1 the image with 0.3 comes first, then the 0.2 of class 0, then 0.15: 1/2 + 2/3 / 2.
    assert.equal(averagePrecision([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.15]), 1 / 2 + 1 / 3);
    assert.deepEqual(
      data.map(({ name }) => name),
      ['cat: 1.000', 'a &lt; b: 0.833'],
    );
    assert.deepEqual(
      [data[1].x, data[1].y],
      [
        [1, 1, 0.5, 0.5, 0],
        [0.5, 0.66667, 0.5, 1, 1],
      ],
    );
    assert.equal(data[1].line?.shape, 'hv');
  });

  it('can be drawn', async () => {
    const figure = precisionRecallFigure(labels, probabilities, { classNames });
    assert.match(await renderSvg(figure), /class: average precision/);
  });
});

describe('figures of streamed curves', () => {
  it('are those of the scores where no two different ones share a bin', () => {
    const lines = ({ data }: Figure) => data.map(({ name, x, y }) => ({ name, x, y }));
    assert.deepEqual(lines(rocCurvesFigure(curves, { classNames }))[1], {
      name: 'a &lt; b: 0.750', // (1 + 0.5) / 2
      x: [0, 0, 0.5, 0.5, 1],
      y: [0, 0.5, 0.5, 1, 1],
    });
    assert.deepEqual(
      lines(precisionRecallCurvesFigure(curves, { classNames })),
      lines(precisionRecallFigure(labels, probabilities, { classNames })),
    );
  });
});

describe('classMetricsFigure', () => {
  const matrix = [
    [8, 2, 0],
    [0, 10, 0],
    [0, 0, 0],
  ];

  it('marks precision and recall of each class with their intervals, the best F1 on top', () => {
    const [precision, recall] = classMetricsFigure(matrix, { classNames }).data;
    // From below: none (F1 0, no point), cat (8/9), a < b (10/11).
    assert.deepEqual(precision.x, [1, 0.83333]);
    assert.deepEqual(recall.x, [0.8, 1]);
    const { low } = wilsonInterval(8, 10);
    const { arrayminus } = recall.error_x as { arrayminus: number[] };
    assert.ok(Math.abs(arrayminus[0] - (0.8 - low)) < 1e-4);
    assert.match(String((recall.text as string[])[1]), /a &lt; b: recall 100.0%/);
  });

  it('can be drawn', async () => {
    assert.match(await renderSvg(classMetricsFigure(matrix, { classNames })), />precision</);
  });
});

describe('robustnessFigure', () => {
  const at = (accuracy: number) => ({ accuracy, correct: 100 * accuracy, count: 100, low: 0.1, high: 0.95 });
  const point = { corruption: 'blur', unit: 'pixels' } as const;
  const robustness: Robustness = {
    clean: at(0.9),
    corrupted: [
      { ...point, severity: 1, amount: 0.4, ...at(0.8) },
      { ...point, severity: 2, amount: 0.6, ...at(0.5) },
      { ...point, corruption: 'noise', severity: 2, amount: 0.06, ...at(0.4) },
    ],
  };

  it('draws a line for each corruption, from the clean images on', () => {
    const { data } = robustnessFigure(robustness);
    assert.deepEqual(
      data.map(({ name, y }) => [name, y]),
      [
        ['blurred', [0.9, 0.8, 0.5]],
        ['noisy', [0.9, 0.4]],
      ],
    );
    assert.match(String((data[0].text as string[])[2]), /severity 2, 0.6 pixels: 50.0% \(10.0% to 95.0%\)/);
  });

  it('can be drawn', async () => {
    assert.match(await renderSvg(robustnessFigure(robustness)), />blurred</);
  });
});

describe('confusedPairsFigure', () => {
  it('has a row for each pair, told with its count, and the probability above each image', () => {
    const mistake = { index: 0, label: 0, predicted: 1, probability: 0.834 };
    const { layout } = confusedPairsFigure(tinyDataset(), [
      { label: 0, prediction: 1, count: 7, share: 0.1, examples: [mistake, mistake] },
      { label: 1, prediction: 0, count: 3, share: 0.1, examples: [{ ...mistake, index: 1 }] },
    ]);
    const texts = layout.annotations?.map(({ text }) => text);
    assert.deepEqual(texts, ['83 %', '83 %', '83 %', 'red → &lt;blue&gt;: 7', '&lt;blue&gt; → red: 3']);
  });
});

describe('reportTable', () => {
  it('is a DataFrame of the classes, then accuracy and averages', () => {
    const frame = reportTable([[1, 1], [0, 2]], { classNames: ['cat', 'dog'] }); // biome-ignore format: a matrix
    assert.deepEqual(frame.columns, ['class', 'precision', 'recall', 'f1', 'support']);
    assert.deepEqual(frame.values, [
      ['cat', 1, 0.5, 2 / 3, 2],
      ['dog', 2 / 3, 1, 0.8, 2],
      ['accuracy', 0.75, 0.75, 0.75, 4],
      ['macro avg', (1 + 2 / 3) / 2, 0.75, (2 / 3 + 0.8) / 2, 4],
      ['weighted avg', (1 + 2 / 3) / 2, 0.75, (2 / 3 + 0.8) / 2, 4],
    ]);
    assert.equal(frame.column('f1').max(), 0.8);
  });
});
