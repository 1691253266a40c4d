import assert from 'node:assert/strict';
import { classCounts, gather, type ImageDataset, imageAt, subset } from '../../lib/data';

/** Three images of 1 x 2 pixels with 2 channels; the store holds them in another order. */
const dataset: ImageDataset = {
  name: 'three',
  height: 1,
  width: 2,
  channels: 2,
  classNames: ['cat', 'dog', 'emu'],
  count: 3,
  labels: Uint8Array.of(1, 0, 1),
  rows: Uint32Array.of(2, 0, 1),
  pixels: Uint8Array.of(10, 11, 12, 13, 20, 21, 22, 23, 30, 31, 32, 33),
};

describe('imageAt', () => {
  it('finds an image by its row, without a copy', () => {
    assert.deepEqual([...imageAt(dataset, 0)], [30, 31, 32, 33]);
    assert.deepEqual([...imageAt(dataset, 1)], [10, 11, 12, 13]);
    assert.equal(imageAt(dataset, 1).buffer, dataset.pixels.buffer);
  });

  it('refuses an index outside', () => {
    for (const index of [-1, 3, 0.5, Number.NaN]) {
      assert.throws(() => imageAt(dataset, index), {
        name: 'RangeError',
        message: /three: expected an index of 0 to 2/,
      });
    }
  });
});

describe('subset', () => {
  it('takes images in the order asked for, over the same store', () => {
    const two = subset(dataset, [2, 0]);
    assert.equal(two.count, 2);
    assert.deepEqual([...two.labels], [1, 1]);
    assert.deepEqual([...imageAt(two, 0)], [20, 21, 22, 23]);
    assert.equal(two.pixels, dataset.pixels);
    assert.deepEqual([...imageAt(subset(two, [1]), 0)], [30, 31, 32, 33]);
  });

  it('refuses an index outside', () => {
    assert.throws(() => subset(dataset, [0, 3]), RangeError);
    assert.throws(() => subset(dataset, [-1]), RangeError);
  });
});

describe('gather', () => {
  it('copies images side by side', () => {
    const batch = gather(dataset, [1, 1, 0]);
    assert.deepEqual([...batch.pixels], [10, 11, 12, 13, 10, 11, 12, 13, 30, 31, 32, 33]);
    assert.deepEqual(
      { ...batch, pixels: null },
      { pixels: null, count: 3, height: 1, width: 2, channels: 2 },
    );
    batch.pixels.fill(0);
    assert.equal(dataset.pixels[0], 10);
  });
});

describe('classCounts', () => {
  it('counts every class, also one without images', () => {
    assert.deepEqual(classCounts(dataset), [1, 2, 0]);
  });
});
