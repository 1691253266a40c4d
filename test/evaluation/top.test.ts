import assert from 'node:assert/strict';
import { Top } from '../../lib/evaluation/top';

describe('Top', () => {
  it('keeps the highest, of equal ones those that came first', () => {
    const top = new Top<string>(3);
    for (const [value, score] of [['a', 1], ['b', 3], ['c', 3], ['d', 2], ['e', 3], ['f', 3]] as const) top.add(value, score); // biome-ignore format: pairs
    assert.deepEqual(top.values, ['b', 'c', 'e']);
  });

  it('keeps all of fewer, and none where none are wanted', () => {
    const [few, none] = [new Top<number>(5), new Top<number>(0)];
    for (const value of [2, 9, 4]) {
      few.add(value, value);
      none.add(value, value);
    }
    assert.deepEqual(few.values, [9, 4, 2]);
    assert.deepEqual(none.values, []);
    assert.throws(() => new Top(-1), RangeError);
  });
});
