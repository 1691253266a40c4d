import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gradingKey } from '../../../lib/grading/class/grading-key';
import { makeMiniCourse } from '../../helpers/mini-course';

describe('gradingKey', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  beforeEach(() => {
    course = makeMiniCourse();
  });
  afterEach(() => course.remove());

  const one = { chapter: '09-counting', sha256: 'abc' };
  const key = (rest = {}) => gradingKey({ root: course.root, ...rest })(one);

  it('is the same for the same file, tests and limits', () => {
    assert.equal(key(), key());
  });

  it('changes with the file, and with limits', () => {
    const keys = [
      key(),
      gradingKey({ root: course.root })({ ...one, sha256: 'abd' }),
      key({ limits: { seconds: 5 } }),
      key({ limits: { memoryBytes: 5 } }),
      key({ unsafe: true }),
    ];
    assert.equal(new Set(keys).size, keys.length);
  });

  it('changes with the solution, the tests, and what the tests import', () => {
    const keys = [key()];
    for (const file of [
      'solutions/09-counting.ts',
      'test/chapters/09-counting.test.ts',
      'test/helpers/labels.ts',
    ]) {
      appendFileSync(join(course.root, file), '\n// changed\n');
      keys.push(key());
    }
    writeFileSync(join(course.root, 'test', 'helpers', 'unused.ts'), '');
    assert.equal(new Set(keys).size, 4);
    assert.equal(key(), keys[3], 'a file that no test imports does not matter');
  });
});
