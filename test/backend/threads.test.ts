import assert from 'node:assert/strict';
import { threadLimit } from '../../lib/backend/threads';

describe('threadLimit', () => {
  it('is one for each processor, unless COURSE_THREADS says otherwise', () => {
    assert.equal(threadLimit(undefined, 6), 6);
    assert.equal(threadLimit('', 6), 6);
    assert.equal(threadLimit('2', 6), 2);
  });

  it('says what it expected of COURSE_THREADS', () => {
    for (const wanted of ['0', '1.5', 'two', '-1'])
      assert.throws(() => threadLimit(wanted, 6), {
        name: 'CourseError',
        message: `COURSE_THREADS: expected a whole number from 1 to 1024, got ${wanted}`,
      });
  });
});
