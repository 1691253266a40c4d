import assert from 'node:assert/strict';
import { reliabilityFigure, renderSvg } from '../../lib/figures';

const bins = [
  { lower: 0, upper: 0.5, count: 0, accuracy: Number.NaN, confidence: Number.NaN },
  { lower: 0.5, upper: 1, count: 10, accuracy: 0.6, confidence: 0.8 },
];

describe('reliabilityFigure', () => {
  it('draws accuracy, mean confidence and images of the bins that have some', () => {
    const [accuracy, , confidence, images] = reliabilityFigure(bins).data;
    assert.deepEqual([accuracy.x, accuracy.y], [[0.75], [0.6]]);
    assert.deepEqual([confidence.x, confidence.y], [[0.75], [0.8]]);
    assert.deepEqual([images.x, images.y, images.yaxis], [[0.75], [10], 'y2']);
  });

  it('tells the expected calibration error in the title', () => {
    const { title } = reliabilityFigure(bins, { title: 'a < b' }).layout;
    assert.equal(typeof title === 'object' && title.text, 'a &lt; b, expected calibration error 20.0%');
  });

  it('can be drawn, also without images', async () => {
    assert.match(await renderSvg(reliabilityFigure(bins)), /<svg/);
    assert.match(await renderSvg(reliabilityFigure([bins[0]])), /<svg/);
  });
});
