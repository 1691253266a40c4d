import assert from 'node:assert/strict';
import { pixelAt } from '../../../lib/data/augment/border';

describe('pixelAt', () => {
  const around = (size: number, border: 'reflect' | 'zero') =>
    Array.from({ length: 13 }, (_, i) => pixelAt(i - 5, size, border));

  it('mirrors at the outermost pixels, as often as needed', () => {
    // numpy.pad(range(4), (5, 4), mode='reflect')
    assert.deepEqual(around(4, 'reflect'), [1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1]);
    assert.deepEqual(around(1, 'reflect'), new Array(13).fill(0));
  });

  it('is black outside', () => {
    assert.deepEqual(around(4, 'zero'), [-1, -1, -1, -1, -1, 0, 1, 2, 3, -1, -1, -1, -1]);
  });
});
