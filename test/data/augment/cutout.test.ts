import assert from 'node:assert/strict';
import { cutout } from '../../../lib/data';
import { createRandom } from '../../../lib/random';

const white = {
  pixels: new Uint8Array(400 * 5 * 5 * 2).fill(255),
  count: 400,
  height: 5,
  width: 5,
  channels: 2,
};

/** Which pixels of each image were covered, as a picture of 5 x 5. */
function covered(augment: ReturnType<typeof cutout>, fill = 0): string[] {
  const { pixels } = augment(white, createRandom(1));
  return Array.from({ length: 400 }, (_, n) =>
    Array.from({ length: 25 }, (_, i) => {
      const [a, b] = pixels.subarray(n * 50 + i * 2, n * 50 + i * 2 + 2);
      assert.equal(a, b, 'the channels differ');
      assert.ok(a === 255 || a === fill);
      return a === fill ? '#' : '.';
    }).join(''),
  );
}

describe('cutout', () => {
  it('covers a square whose middle is anywhere, cut off at the edges', () => {
    const seen = new Set(covered(cutout({ size: 3 })));
    assert.equal(seen.size, 25); // one for each place of the middle
    assert.ok(seen.has('......###..###..###......'), 'the middle');
    assert.ok(seen.has('##...##..................'), 'the top left corner');
    assert.ok(seen.has('..................##...##'), 'the bottom right corner');
  });

  it('fills with the byte asked for', () => {
    assert.ok(covered(cutout({ size: 1, fill: 128 }), 128).every((image) => image.match(/#/g)?.length === 1));
  });

  it('covers nothing with size 0', () => {
    assert.deepEqual(cutout({ size: 0 })(white, createRandom(1)), white);
  });

  it('refuses sizes and bytes that make no sense', () => {
    assert.throws(() => cutout({ size: -1 }), RangeError);
    assert.throws(() => cutout({ size: 1, fill: 256 }), /fill: expected a number of 0 to 255, got 256/);
  });
});
