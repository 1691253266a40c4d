import assert from 'node:assert/strict';
import { type ScoredTest, scoreOf } from '../../lib/grading/score';

describe('scoreOf', () => {
  const test = (weight: number, passed: boolean): ScoredTest => ({ weight, passed });

  it('gives each passed test its part of the points', () => {
    assert.equal(scoreOf([test(1, true), test(2, true), test(1, false)], { points: 8 }), 6);
    assert.equal(scoreOf([test(1, true), test(1, true)], { points: 3 }), 3);
    assert.equal(scoreOf([test(1, false)], { points: 3 }), 0);
  });

  it('gives all points or none where a question wants it so', () => {
    const credit = 'all-or-nothing';
    assert.equal(scoreOf([test(3, true), test(1, false)], { points: 4, credit }), 0);
    assert.equal(scoreOf([test(3, true), test(1, true)], { points: 4, credit }), 4);
  });

  it('gives nothing for no tests, nor for tests without weight', () => {
    assert.equal(scoreOf([], { points: 4 }), 0);
    assert.equal(scoreOf([], { points: 4, credit: 'all-or-nothing' }), 0);
    assert.equal(scoreOf([test(0, true)], { points: 4 }), 0);
  });
});
