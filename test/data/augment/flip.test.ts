import assert from 'node:assert/strict';
import { alternatingFlip, flipBatch, flipImage, horizontalFlip } from '../../../lib/data';
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

describe('alternatingFlip', () => {
  const batch = pattern({ count: 64 });
  const indices = Uint32Array.from({ length: 64 }, (_, i) => i);
  const shown = (epoch: number, seed = 1) =>
    alternatingFlip({ seed })(batch, createRandom(1), { indices, epoch });
  const flipped = flipBatch(batch).pixels;
  const size = batch.pixels.length / 64;
  const isFlipped = (pixels: Uint8Array, i: number) =>
    Buffer.compare(pixels.subarray(i * size, (i + 1) * size), flipped.subarray(i * size, (i + 1) * size)) ===
    0;

  it('mirrors about half of the images at first, and then the other half', () => {
    const [first, second, third] = [1, 2, 3].map((epoch) => shown(epoch).pixels);
    const mirrored = [...indices].filter((i) => isFlipped(first, i));
    assert.ok(mirrored.length > 16 && mirrored.length < 48, String(mirrored.length));
    for (const i of indices) assert.notEqual(isFlipped(first, i), isFlipped(second, i));
    assert.deepEqual(third, first);
    assert.notDeepEqual(shown(1, 2).pixels, first);
  });

  it('goes by the index in the dataset, not by the place in the batch', () => {
    const reversed = indices.slice().reverse();
    const pixels = alternatingFlip()(batch, createRandom(1), { indices: reversed, epoch: 1 }).pixels;
    const inOrder = shown(1).pixels;
    for (const i of indices) assert.equal(isFlipped(pixels, i), isFlipped(inOrder, 63 - i));
  });

  it('needs to know the images', () => {
    assert.throws(() => alternatingFlip()(batch, createRandom(1)), /expected `indices` and `epoch`/);
  });
});
