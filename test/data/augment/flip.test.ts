import assert from 'node:assert/strict';
import { flipBatch, flipImage, horizontalFlip } from '../../../lib/data';
import { createRandom } from '../../../lib/random';
import { grey, pattern, rowsOf } from '../images';

const twoImages = grey([
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
  [
    [7, 8, 9],
    [10, 11, 12],
  ],
]);

describe('flipBatch', () => {
  it('mirrors the rows of every image', () => {
    assert.deepEqual(rowsOf(flipBatch(twoImages)), [
      [
        [3, 2, 1],
        [6, 5, 4],
      ],
      [
        [9, 8, 7],
        [12, 11, 10],
      ],
    ]);
  });

  it('gives the batch back when done twice', () => {
    const batch = pattern({ height: 5, width: 7 });
    assert.deepEqual(flipBatch(flipBatch(batch)), batch);
    assert.notDeepEqual(flipBatch(batch), batch);
  });
});

describe('flipImage', () => {
  it('keeps the channels of a pixel in their order', () => {
    const flipped = flipImage(Uint8Array.of(1, 2, 3, 4, 5, 6), { height: 1, width: 2, channels: 3 });
    assert.deepEqual([...flipped], [4, 5, 6, 1, 2, 3]);
  });
});

describe('horizontalFlip', () => {
  it('flips all with probability 1, none with 0', () => {
    const random = createRandom(1);
    assert.deepEqual(horizontalFlip({ probability: 1 })(twoImages, random), flipBatch(twoImages));
    assert.deepEqual(horizontalFlip({ probability: 0 })(twoImages, random), twoImages);
  });

  it('flips about half unless told otherwise', () => {
    const batch = {
      pixels: new Uint8Array(2000).map((_, i) => i % 2),
      count: 1000,
      height: 1,
      width: 2,
      channels: 1,
    };
    const { pixels } = horizontalFlip()(batch, createRandom(1));
    const flipped = pixels.filter((byte, i) => i % 2 === 0 && byte === 1).length;
    assert.ok(flipped > 440 && flipped < 560, `${flipped} of 1000`); // 4 standard deviations of 16
  });

  it('refuses what is no probability', () => {
    assert.throws(
      () => horizontalFlip({ probability: 1.1 }),
      /probability: expected a number of 0 to 1, got 1\.1/,
    );
    assert.throws(() => horizontalFlip({ probability: Number.NaN }), RangeError);
  });
});
