import assert from 'node:assert/strict';
import { subset } from '../../lib/data/dataset';
import { augmentationGridFigure, predictionGridFigure, sampleGridFigure } from '../../lib/figures';
import { tinyDataset } from './tiny';

const texts = ({ layout }: ReturnType<typeof sampleGridFigure>) =>
  layout.annotations?.map(({ text }) => text);

describe('sampleGridFigure', () => {
  it('gives each class a row with its name', () => {
    assert.deepEqual(texts(sampleGridFigure(tinyDataset(), { columns: 3 })), ['red', '&lt;blue&gt;']);
  });

  it('draws `count` images under their class names, the same ones for the same seed', () => {
    const dataset = subset(tinyDataset(), [0, 1, 0, 1, 0, 1, 0, 1]);
    const draw = (seed: number) => texts(sampleGridFigure(dataset, { count: 6, seed }));
    assert.equal(draw(1)?.length, 6);
    assert.deepEqual(draw(1), draw(1));
    assert.ok([2, 3, 4, 5].some((seed) => String(draw(seed)) !== String(draw(1))));
  });
});

describe('predictionGridFigure', () => {
  const figure = predictionGridFigure(tinyDataset(), [
    { index: 0, predicted: 0, probability: 0.914 },
    { index: 1, predicted: 0, probability: 0.6 },
  ]);

  it('says class and probability, and the true class where the prediction is wrong', () => {
    assert.deepEqual(texts(figure), ['✓ red 91 %', '✗ red 60 %<br>true: &lt;blue&gt;']);
  });

  it('tells right from wrong by colour as well', () => {
    const [right, wrong] = figure.layout.annotations?.map(({ font }) => font?.color) ?? [];
    assert.notEqual(right, wrong);
  });
});

describe('augmentationGridFigure', () => {
  const batch = { pixels: new Uint8Array(24), count: 2, height: 2, width: 2, channels: 3 };

  it('names its columns, the original first', () => {
    const figure = augmentationGridFigure(batch, [{ name: 'flip', images: batch }]);
    assert.deepEqual(texts(figure), ['original', 'flip']);
  });

  it('refuses a variant with another number of images', () => {
    const images = { ...batch, count: 1 };
    assert.throws(() => augmentationGridFigure(batch, [{ name: 'flip', images }]), /flip: expected 2 images/);
  });
});
