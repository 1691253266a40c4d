import assert from 'node:assert/strict';
import { renderSvg, rocFigure } from '../../lib/figures';

// Class 0 is told from the others without mistake; class 2 never occurs.
const labels = [0, 0, 1, 1];
const probabilities = [0.9, 0.1, 0, 0.8, 0.2, 0, 0.7, 0.3, 0, 0.6, 0.15, 0.25];
const classNames = ['cat', 'a < b', 'none'];

describe('rocFigure', () => {
  it('draws a curve with its area for each class that occurs, and guessing', () => {
    const { data } = rocFigure(labels, probabilities, { classNames });
    assert.deepEqual(
      data.map(({ name }) => name),
      ['cat: 1.000', 'a &lt; b: 0.750', 'guessing: 0.500'],
    );
    assert.deepEqual(
      [data[0].x, data[0].y],
      [
        [0, 0, 0, 1],
        [0, 0.5, 1, 1],
      ],
    );
  });

  it('gives ten classes ten different lines', () => {
    const names = Array.from({ length: 10 }, (_, c) => `${c}`);
    const { data } = rocFigure(
      names.map(Number),
      names.flatMap((_, label) => names.map((_, c) => (c === label ? 0.5 : 0.05))),
      { classNames: names },
    );
    assert.equal(new Set(data.slice(0, 10).map(({ line }) => `${line?.color} ${line?.dash}`)).size, 10);
    assert.ok(data.slice(0, 7).every(({ line }) => line?.dash === 'solid'));
  });

  it('thins thousands of points but keeps both ends', () => {
    const many = Array.from({ length: 20000 }, (_, i) => (i * 7919) % 20000);
    const { data } = rocFigure(
      many.map((value) => (value * value) % 2),
      many.flatMap((value) => [1 - value / 20000, value / 20000]),
      { classNames: ['even', 'odd'] },
    );
    const xs = data[1].x as number[];
    assert.ok(xs.length < 1200, `${xs.length}`);
    assert.deepEqual([xs[0], xs[xs.length - 1]], [0, 1]);
  });

  it('can be drawn', async () => {
    assert.match(await renderSvg(rocFigure(labels, probabilities, { classNames })), /class: area/);
  });
});
