import assert from 'node:assert/strict';
import { randomCrop, shift, shiftBatch } from '../../../lib/data';
import { pixelAt } from '../../../lib/data/augment/border';
import { createRandom } from '../../../lib/random';
import { grey, pattern, rowsOf } from '../images';

const image = grey([
  [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ],
]);
const shifted = (options: Parameters<typeof shiftBatch>[1]) => rowsOf(shiftBatch(image, options))[0];

describe('shiftBatch', () => {
  it('moves to the right and down, and lets black in', () => {
    assert.deepEqual(shifted({ dx: 1 }), [
      [0, 1, 2],
      [0, 4, 5],
      [0, 7, 8],
    ]);
    assert.deepEqual(shifted({ dy: 2 }), [
      [0, 0, 0],
      [0, 0, 0],
      [1, 2, 3],
    ]);
    assert.deepEqual(shifted({ dx: -1, dy: -1 }), [
      [5, 6, 0],
      [8, 9, 0],
      [0, 0, 0],
    ]);
  });

  it('lets the mirrored image in with reflect', () => {
    assert.deepEqual(shifted({ dx: 1, dy: -1, border: 'reflect' }), [
      [5, 4, 5],
      [8, 7, 8],
      [5, 4, 5],
    ]);
  });

  it('moves any distance, even out of the image, as looking up each pixel does', () => {
    for (const border of ['zero', 'reflect'] as const) {
      for (let dx = -7; dx <= 7; dx++) {
        for (let dy = -7; dy <= 7; dy++) {
          const expected = [0, 1, 2].map((y) =>
            [0, 1, 2].map((x) => {
              const [row, column] = [pixelAt(y - dy, 3, border), pixelAt(x - dx, 3, border)];
              return row < 0 || column < 0 ? 0 : 1 + row * 3 + column;
            }),
          );
          assert.deepEqual(shifted({ dx, dy, border }), expected, `${dx}, ${dy}, ${border}`);
        }
      }
    }
  });

  it('keeps the image for 0, and every channel in its place', () => {
    const batch = pattern();
    assert.deepEqual(shiftBatch(batch, { dx: 0, dy: 0 }), batch);
    const colours = { pixels: Uint8Array.of(1, 2, 3, 4, 5, 6), count: 1, height: 1, width: 2, channels: 3 };
    assert.deepEqual([...shiftBatch(colours, { dx: 1 }).pixels], [0, 0, 0, 1, 2, 3]);
  });
});

/** How far a white dot in the middle of 9 x 9 pixels moved, for many draws: each as `dx,dy`. */
function moves(augment: ReturnType<typeof shift>): Set<string> {
  const pixels = new Uint8Array(500 * 81);
  for (let n = 0; n < 500; n++) pixels[n * 81 + 40] = 255;
  const result = augment({ pixels, count: 500, height: 9, width: 9, channels: 1 }, createRandom(1)).pixels;
  return new Set(
    Array.from({ length: 500 }, (_, n) => {
      const at = result.subarray(n * 81, (n + 1) * 81).indexOf(255);
      return `${(at % 9) - 4},${Math.floor(at / 9) - 4}`;
    }),
  );
}

const within = (most: number): string[] => {
  const steps = Array.from({ length: 2 * most + 1 }, (_, i) => i - most);
  return steps.flatMap((dx) => steps.map((dy) => `${dx},${dy}`)).sort();
};

describe('shift', () => {
  it('moves by every distance up to the limit and no further', () => {
    assert.deepEqual([...moves(shift({ maxPixels: 1 }))].sort(), within(1));
    assert.deepEqual([...moves(shift({ fraction: 0.2 }))].sort(), within(2)); // 0.2 * 9 = 1.8
  });

  it('keeps the batch for 0', () => {
    assert.deepEqual(shift({ maxPixels: 0 })(image, createRandom(1)), image);
  });

  it('refuses a negative limit', () => {
    assert.throws(() => shift({ maxPixels: -1 }), /maxPixels: expected a number of 0 or more, got -1/);
    assert.throws(() => shift({ fraction: -1 }), /fraction: expected/);
  });
});

describe('randomCrop', () => {
  it('cuts any piece out of the padded image', () => {
    assert.deepEqual([...moves(randomCrop({ padding: 2 }))].sort(), within(2));
  });

  it('pads with the mirrored image unless told to pad with black', () => {
    const white = { pixels: new Uint8Array(100 * 9).fill(255), count: 100, height: 3, width: 3, channels: 1 };
    assert.ok(randomCrop({ padding: 2 })(white, createRandom(1)).pixels.every((byte) => byte === 255));
    assert.ok(randomCrop({ padding: 2, border: 'zero' })(white, createRandom(1)).pixels.includes(0));
  });
});
