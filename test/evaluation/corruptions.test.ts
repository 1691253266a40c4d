import assert from 'node:assert/strict';
import type { ImageBatch } from '../../lib/data';
import { corrupt, corruptionAmount, corruptionNames, severities } from '../../lib/evaluation';
import { createRandom } from '../../lib/random';

/** Grey images of one row each. */
function rows(...pixels: readonly number[][]): ImageBatch {
  return {
    pixels: Uint8Array.from(pixels.flat()),
    count: pixels.length,
    height: 1,
    width: pixels[0].length,
    channels: 1,
  };
}

const random = () => createRandom(3);

describe('corrupt', () => {
  it('adds 5 % to 30 % of 255 to every byte, or takes it away, clipped', () => {
    const batch = rows([0, 100, 250]);
    assert.deepEqual([...corrupt('brighter', 1)(batch, random()).pixels], [13, 113, 255]);
    assert.deepEqual([...corrupt('darker', 5)(batch, random()).pixels], [0, 24, 174]);
  });

  it('blurs with a Gaussian that keeps the light', () => {
    // exp(-d^2 / 2) for d of 0 to 4, divided by their sum over -4 to 4: 0.39894, 0.24197, 0.05399, 0.00443, 0.00013.
    const line = Array.from({ length: 11 }, (_, i) => (i === 5 ? 200 : 0));
    const { pixels } = corrupt('blur', 5)(rows(line), random());
    assert.deepEqual([...pixels], [0, 0, 1, 11, 48, 80, 48, 11, 1, 0, 0]);
    const plain = corrupt('blur', 5)(rows(new Array(11).fill(77)), random());
    assert.deepEqual([...plain.pixels], new Array(11).fill(77));
    const column = { ...rows(line), height: 11, width: 1 };
    assert.deepEqual([...corrupt('blur', 5)(column, random()).pixels], [...pixels]);
  });

  it('adds noise of the stated standard deviation', () => {
    const { pixels } = corrupt('noise', 1)(rows(new Array(20_000).fill(128)), random());
    const mean = pixels.reduce((sum, byte) => sum + byte, 0) / pixels.length;
    const variance = pixels.reduce((sum, byte) => sum + (byte - mean) ** 2, 0) / pixels.length;
    assert.ok(Math.abs(mean - 128) < 0.3, `${mean}`);
    assert.ok(Math.abs(Math.sqrt(variance) - 0.04 * 255) < 0.2, `${Math.sqrt(variance)}`);
  });

  it('moves each image by the stated pixels, each in a direction of its own', () => {
    const images = Array.from({ length: 12 }, () => [10, 20, 30, 40, 50]);
    const { pixels } = corrupt('shift', 2)(rows(...images), random());
    const results = new Set(images.map((_, n) => [...pixels.subarray(5 * n, 5 * n + 5)].join(' ')));
    // Up and down, one row stays as it is.
    assert.deepEqual([...results].sort(), ['10 20 30 40 50', '30 20 10 20 30', '30 40 50 40 30']);
  });

  it('treats an image alike in every batch, and leaves the batch as it was', () => {
    const both = rows([1, 2, 3, 4], [9, 8, 7, 6]);
    const second = rows([9, 8, 7, 6]);
    for (const name of corruptionNames) {
      const change = corrupt(name, 3);
      const { pixels } = change(both, random(), { indices: Uint32Array.of(4, 5) });
      const alone = change(second, random(), { indices: Uint32Array.of(5) });
      assert.deepEqual([...pixels.subarray(4)], [...alone.pixels], name);
    }
    assert.deepEqual([...both.pixels], [1, 2, 3, 4, 9, 8, 7, 6]);
  });

  it('gets stronger with severity', () => {
    for (const name of corruptionNames) {
      const amounts = severities.map((severity) => corruptionAmount(name, severity).amount);
      assert.deepEqual(
        amounts,
        [...amounts].sort((a, b) => a - b),
      );
    }
  });
});
