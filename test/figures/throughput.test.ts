import assert from 'node:assert/strict';
import sharp from 'sharp';
import { batchSweepFigure, type Figure, renderPng, throughputFigure } from '../../lib/figures';

const contenders = [
  { name: 'compiled', imagesPerSecond: { median: 1000, min: 900, max: 1050 } },
  { name: 'a < b', imagesPerSecond: { median: 10, min: 5, max: 20 } },
];

/** Which share of a row of the picture, from `left` to the right border's 30, has the colour of the bars. */
async function barShare(figure: Figure, y: number): Promise<number> {
  const { l = 0 } = figure.layout.margin ?? {};
  const { data, info } = await sharp(await renderPng(figure, { scale: 1 }))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const width = info.width - l - 30;
  let blue = 0;
  for (let x = 0; x < width; x++) {
    const [red, , b] = data.subarray((y * info.width + l + x) * 3, (y * info.width + l + x) * 3 + 3);
    if (b - red > 100) blue++;
  }
  return blue / width;
}

describe('throughputFigure', () => {
  it('draws the median, and whiskers from the slowest to the fastest round', () => {
    const [{ x, y, error_x: whiskers }] = throughputFigure(contenders).data;
    assert.deepEqual(x, [1000, 10]);
    assert.deepEqual(y, ['compiled', 'a &lt; b']);
    assert.deepEqual(whiskers?.type === 'data' && [whiskers.array, whiskers.arrayminus], [
      [50, 10],
      [100, 5],
    ]);
  });

  it('starts a logarithmic axis below the slowest round, so that every bar has a length', () => {
    const { xaxis } = throughputFigure(contenders, { scale: 'log' }).layout;
    assert.equal(xaxis?.type, 'log');
    assert.equal(xaxis?.range?.[0], 0); // 10 ** 0 is below 5
    assert.ok((xaxis?.range?.[1] ?? 0) > Math.log10(1050));
    assert.equal(throughputFigure(contenders).layout.xaxis?.type, undefined);
  });

  it('has bars of their lengths in the picture, the first on top', async () => {
    const figure = throughputFigure(contenders, { title: '' });
    const { t = 0, b = 0 } = figure.layout.margin ?? {};
    const inner = (figure.layout.height ?? 0) - t - b;
    // 8 above the middle of each half: beside the whisker
    const shares = await Promise.all(
      [0.25, 0.75].map((place) => barShare(figure, Math.round(t + place * inner - 8))),
    );
    assert.ok(shares[0] > 0.8 && shares[0] < 1, `${shares[0]}`);
    assert.ok(shares[1] < 0.02, `${shares[1]}`);
  });
});

describe('batchSweepFigure', () => {
  const points = [
    { batchSize: 1, medianMs: 2, minMs: 1, maxMs: 4 },
    { batchSize: 100, medianMs: 50, minMs: 40, maxMs: 100 },
  ];

  it('draws images a second and milliseconds a step against the batch size', () => {
    const { data } = batchSweepFigure(points);
    assert.deepEqual(
      data.map(({ x, y, yaxis }) => [x, y, yaxis]),
      [
        [[1, 100], [500, 2000], 'y'],
        [[1, 100], [2, 50], 'y2'],
      ],
    );
  });

  it('has whiskers from the slowest to the fastest step in both', () => {
    const whiskers = batchSweepFigure(points).data.map(({ error_y: error }) =>
      error?.type === 'data' ? [error.array, error.arrayminus] : [],
    );
    assert.deepEqual(whiskers, [
      [
        [500, 500],
        [250, 1000],
      ],
      [
        [2, 50],
        [1, 10],
      ],
    ]);
  });

  it('marks the batch sizes that were measured', () => {
    const { xaxis, xaxis2 } = batchSweepFigure(points).layout;
    assert.deepEqual(
      [xaxis?.ticktext, xaxis2?.ticktext],
      [
        ['1', '100'],
        ['1', '100'],
      ],
    );
    assert.equal(xaxis?.type, 'log');
  });
});
