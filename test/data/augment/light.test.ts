import assert from 'node:assert/strict';
import { brightness, contrast } from '../../../lib/data';
import { createRandom, type Random } from '../../../lib/random';

const batch = { pixels: Uint8Array.of(0, 50, 100, 250), count: 1, height: 2, width: 2, channels: 1 };

/** A stream whose every draw is `value`. */
function always(value: number): Random {
  return { ...createRandom(1), uniform: () => value };
}

describe('brightness', () => {
  it('adds one number to all values, and clips', () => {
    assert.deepEqual([...brightness({ max: 40 })(batch, always(0.75)).pixels], [20, 70, 120, 255]);
    assert.deepEqual([...brightness({ max: 40 })(batch, always(0)).pixels], [0, 10, 60, 210]);
  });

  it('keeps the batch for 0', () => {
    assert.deepEqual(brightness({ max: 0 })(batch, createRandom(1)), batch);
  });

  it('refuses more than the whole scale', () => {
    assert.throws(() => brightness({ max: 256 }), /max: expected a number of 0 to 255, got 256/);
  });
});

describe('contrast', () => {
  it('stretches the distance from the mean of 100', () => {
    assert.deepEqual([...contrast({ range: 0.5 })(batch, always(0)).pixels], [50, 75, 100, 175]);
    assert.deepEqual([...contrast({ range: 0.4 })(batch, always(0.75)).pixels], [0, 40, 100, 255]);
  });

  it('keeps the batch for 0', () => {
    assert.deepEqual(contrast({ range: 0 })(batch, createRandom(1)), batch);
  });

  it('takes the mean of each image by itself', () => {
    const two = { ...batch, pixels: Uint8Array.of(10, 10, 10, 10, 200, 200, 200, 200), count: 2 };
    assert.deepEqual(contrast({ range: 0.5 })(two, createRandom(1)), two);
  });
});
