import assert from 'node:assert/strict';
import { CourseError } from '../../lib/errors';
import { check, checkAnswer, checkReport } from '../../lib/grading/check';
import { makeMiniCourse } from '../helpers/mini-course';

describe('checkAnswer', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  before(() => {
    course = makeMiniCourse();
  });
  after(() => course.remove());

  it('has passed once every public test has', async () => {
    const passed = async (...names: readonly string[]) => {
      const answers = { nameOf: (label: number) => names[label] };
      return checkReport('q9.1', await checkAnswer('q9.1', { ...course, answers })).passed;
    };
    assert.equal(await passed('frog', 'truck'), true);
    assert.equal(await passed('frog', 'frog'), false);
  });

  const reportOn = async (answers: object) =>
    checkReport('q9.1', await checkAnswer('q9.1', { ...course, answers })).text;

  it('sums up a right answer', async () => {
    const text = await reportOn({ nameOf: (label: number) => ['frog', 'truck'][label] });
    const expected = [
      'q9.1: 2 of 2 public tests pass; 1 hidden test runs at grading',
      '  ✓ knows the first class',
      '  ✓ knows the last class',
    ];
    assert.equal(text, expected.join('\n'));
  });

  it('shows what was expected of a wrong one', async () => {
    const text = await reportOn({ nameOf: () => 'frog' });
    assert.match(text, /^q9\.1: 1 of 2 public tests pass; /);
    assert.match(text, /\n {2}✗ knows the last class\n {6}expected 'truck', got 'frog'$/);
    assert.doesNotMatch(text, / at .*\.ts/);
  });

  it('knows the stub', async () => {
    const nameOf = () => {
      throw new Error('not implemented');
    };
    assert.equal(await reportOn({ nameOf }), 'q9.1: not implemented yet');
  });

  it('says that the cell was not run', async () => {
    assert.match(await reportOn({}), /nameOf is not defined/);
  });

  it('ends at an answer that never does', async () => {
    const frozen = { namesOf: () => new Promise(() => undefined) };
    const results = await checkAnswer('q9.2', { ...course, answers: frozen, timeoutMs: 50 });
    assert.notEqual(results[0].status, 'passed');
  });

  it('names the questions there are, and the file that is missing', async () => {
    const fails = (id: string, pattern: RegExp) =>
      assert.rejects(
        checkAnswer(id, { ...course, answers: {} }),
        (error) => error instanceof CourseError && pattern.test(error.message),
      );
    await fails('q9.5', /no tests for q9\.5; there are: q9\.1, q9\.2/);
    await fails('q8.1', /test\/chapters\/08-\*\.test\.ts is missing/);
    await fails('9.1', /expected an id such as q1\.2/);
  });
});

describe('check', () => {
  it('says where it works', async () => {
    await assert.rejects(check('q9.1'), /check\(\) works in a notebook cell/);
  });
});
