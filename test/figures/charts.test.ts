import assert from 'node:assert/strict';
import { classCountsFigure, histogramFigure, pixelFigure, trainingCurvesFigure } from '../../lib/figures';
import { tinyDataset } from './tiny';

describe('classCountsFigure', () => {
  it('counts a dataset', () => {
    const { data, layout } = classCountsFigure(tinyDataset());
    assert.equal(data.length, 1);
    assert.deepEqual(data[0].x, ['red', '&lt;blue&gt;']);
    assert.deepEqual(data[0].y, [1, 1]);
    assert.equal(layout.showlegend, false);
  });

  it('puts splits side by side with a legend', () => {
    const { data, layout } = classCountsFigure([
      { name: 'train', classNames: ['a', 'b'], counts: [3, 4] },
      { name: 'test', dataset: tinyDataset() },
    ]);
    assert.deepEqual(
      data.map(({ name, y }) => [name, y]),
      [
        ['train', [3, 4]],
        ['test', [1, 1]],
      ],
    );
    assert.equal(layout.showlegend, true);
  });
});

describe('histogramFigure', () => {
  it('counts each channel in shares of its values', () => {
    // red 0, 0, 0, 255; green 255 everywhere; two bins of 128 levels
    const values = Uint8Array.from([0, 255, 0, 255, 0, 255, 255, 255]);
    const { data } = histogramFigure({ before: values }, { channels: 2, bins: 2 });
    assert.deepEqual(
      data.map(({ x }) => x),
      [
        [63.5, 191.5],
        [63.5, 191.5],
      ],
    );
    assert.deepEqual(
      data.map(({ y }) => y),
      [
        [75, 25],
        [0, 100],
      ],
    );
  });

  it('draws no comb for bytes that were normalized', () => {
    const levels = Float32Array.from({ length: 256 }, (_, level) => (level / 255 - 0.4465) / 0.2616);
    const { data } = histogramFigure({ after: levels }, { channels: 1 });
    assert.deepEqual(data[0].y, new Array(64).fill(1.5625)); // 100 / 64
  });

  it('tells mean and standard deviation of each set', () => {
    const { layout } = histogramFigure({ 'a < b': [1, 3], after: [-1, 1] }, { channels: 1 });
    assert.match(layout.annotations?.[0].text ?? '', /a &lt; b.*mean 2\.00, std 1\.00/);
    assert.match(layout.annotations?.[1].text ?? '', /after.*mean 0\.00, std 1\.00/);
  });
});

describe('trainingCurvesFigure', () => {
  const history = [
    { epoch: 1, loss: 2, accuracy: 0.25, validationLoss: 1.5, validationAccuracy: 0.5 },
    { epoch: 2, loss: 1, accuracy: 0.5, validationLoss: 1.25, validationAccuracy: 0.625 },
  ];

  it('draws loss and accuracy of train and validation', () => {
    const { data } = trainingCurvesFigure(history);
    assert.deepEqual(
      data.map(({ name, yaxis, y }) => [name, yaxis, y]),
      [
        ['train', 'y', [2, 1]],
        ['train', 'y2', [0.25, 0.5]],
        ['validation', 'y', [1.5, 1.25]],
        ['validation', 'y2', [0.5, 0.625]],
      ],
    );
    assert.deepEqual(
      data.map(({ showlegend }) => showlegend),
      [true, false, true, false],
    );
  });

  it('draws no validation where there is none', () => {
    const { data } = trainingCurvesFigure([{ epoch: 1, loss: 2, accuracy: 0.25 }]);
    assert.deepEqual(
      data.map(({ name }) => name),
      ['train', 'train'],
    );
  });

  it('leaves room for the epochs that are planned', () => {
    const range = (epochs?: number) => trainingCurvesFigure(history, { epochs }).layout.xaxis?.range?.[1];
    assert.equal(range(), 2.06);
    assert.equal(range(10), 10.3);
  });

  it('gives each run a colour and one entry in the legend', () => {
    const { data } = trainingCurvesFigure({
      runs: [
        { name: 'a', history },
        { name: 'b', history },
      ],
    });
    const colors = (run: string) =>
      new Set(data.filter(({ name }) => name === run).map(({ line }) => line?.color));
    assert.equal(colors('a').size, 1);
    assert.notDeepEqual(colors('a'), colors('b'));
    assert.deepEqual(
      data.filter(({ showlegend }) => showlegend).map(({ name }) => name),
      ['a', 'b'],
    );
  });
});

describe('pixelFigure', () => {
  // red, green / blue, white
  const pixels = Uint8Array.from([255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]);
  const image = { pixels, height: 2, width: 2, channels: 3 };

  it('shows the image and its three planes as numbers', () => {
    const { data } = pixelFigure(image);
    assert.deepEqual(
      data.map(({ type }) => type),
      ['image', 'heatmap', 'heatmap', 'heatmap'],
    );
    assert.deepEqual(data[0].z, [
      [
        [255, 0, 0],
        [0, 255, 0],
      ],
      [
        [0, 0, 255],
        [255, 255, 255],
      ],
    ]);
    assert.deepEqual(data[1].z, [
      [255, 0],
      [0, 255],
    ]);
    assert.deepEqual(data[3].z, [
      [0, 0],
      [255, 255],
    ]);
  });

  it('writes the values of a small region, with the rows and columns of the whole image', () => {
    const { data } = pixelFigure(image, { region: { top: 1, left: 0, height: 1, width: 2 } });
    const text = data.filter(({ mode }) => mode === 'text');
    assert.deepEqual(
      text.map((trace) => trace.text),
      [
        ['0', '255'],
        ['0', '255'],
        ['255', '255'],
      ],
    );
    assert.deepEqual(text[0].y, [1, 1]);
    assert.throws(
      () => pixelFigure(image, { region: { top: 1, left: 0, height: 2, width: 2 } }),
      /2 x 2 pixels/,
    );
  });

  it('shows a grey image alone', () => {
    const { data } = pixelFigure({ pixels: Uint8Array.from([0, 128]), height: 1, width: 2, channels: 1 });
    assert.deepEqual(
      data.map(({ type, z }) => [type, z]),
      [['heatmap', [[0, 128]]]],
    );
  });
});
