import assert from 'node:assert/strict';
import sharp from 'sharp';
import { confusionFigure, renderPng } from '../../lib/figures';

const matrix = [
  [8, 2],
  [0, 0],
];
const classNames = ['cat', 'a < b'];

describe('confusionFigure', () => {
  it('colours shares of the true class, row 0 above', () => {
    const { data, layout } = confusionFigure(matrix, { classNames });
    assert.equal(data[0].type, 'heatmap');
    assert.deepEqual(data[0].z, [
      [0.8, 0.2],
      [0, 0],
    ]);
    assert.deepEqual(layout.yaxis?.range, [1.5, -0.5]);
    assert.deepEqual(layout.yaxis?.ticktext, ['cat', 'a &lt; b']);
  });

  it('tells counts and names of a cell, true class first', () => {
    const [[, cell]] = confusionFigure(matrix, { classNames }).data[0].customdata as unknown as string[][];
    assert.equal(cell, 'true: cat<br>predicted: a &lt; b<br>2 images, 20% of the true class');
  });

  it('writes counts and percent, right answers bold, empty cells not', () => {
    const [, mistakes, right] = confusionFigure(matrix, { classNames }).data;
    assert.deepEqual([mistakes.x, mistakes.y, mistakes.text], [[1], [0], ['2<br>20%']]);
    assert.deepEqual(right.text, ['<b>8<br>80%</b>']);
  });

  it('frames the diagonal, and writes no numbers into more than 12 classes', () => {
    const many = Array.from({ length: 13 }, () => new Array<number>(13).fill(1));
    const { data, layout } = confusionFigure(many, { classNames: many.map((_, c) => `${c}`) });
    assert.equal(data.length, 1);
    assert.deepEqual(
      layout.shapes?.map(({ x0, y0, x1, y1 }) => [x0, y0, x1, y1]),
      many.map((_, c) => [c - 0.5, c - 0.5, c + 0.5, c + 0.5]),
    );
  });

  it('is darker in the picture where the share is larger', async () => {
    const figure = confusionFigure(matrix, { classNames, title: '' });
    const { data, info } = await sharp(await renderPng(figure, { scale: 1 }))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { l = 0, t = 0, r = 0 } = figure.layout.margin ?? {};
    const inner = (figure.layout.width ?? 0) - l - r;
    // In the upper left of each cell, away from its numbers.
    const red = (x: number, y: number) =>
      data[(Math.round(t + (y + 0.2) * 300) * info.width + Math.round(l + (x + 0.2) * (inner / 2))) * 3];
    assert.ok(red(0, 0) < 60, `${red(0, 0)}`);
    assert.ok(red(1, 0) > 100 && red(1, 0) < 200, `${red(1, 0)}`);
    assert.equal(red(0, 1), 255);
  });
});
