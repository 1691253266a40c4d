import assert from 'node:assert/strict';
import type { AnswerToTest, DeclaredQuestion, TestOutcome } from '../../../lib/grading/release/calls';
import { checkQuestion, type Tests } from '../../../lib/grading/release/check-question';
import { CallError } from '../../../lib/grading/release/worker';

const declared: DeclaredQuestion = {
  id: 'q9.1',
  tests: [
    { title: 'adds', points: 1, hidden: false },
    { title: 'carries', points: 1, hidden: true },
  ],
  wrongAnswers: [{ name: 'never carries', code: 'wrong', fails: 'carries' }],
};

/** Outcomes of the two tests, such as `pass, fail`. */
function outcomes(...statuses: readonly TestOutcome['status'][]): readonly TestOutcome[] {
  return declared.tests.map((test, at) => ({
    ...test,
    status: statuses[at],
    ...(statuses[at] === 'failed' ? { message: 'expected 10, got 0' } : {}),
  }));
}

/** Tests that are sound, but for what is given: what each version of the answer gets. */
function testsThat(
  given: Partial<Record<'solved' | 'student' | 'wrong', readonly TestOutcome[] | Error>> = {},
): Tests & { readonly asked: AnswerToTest[] } {
  const all = {
    solved: outcomes('passed', 'passed'),
    student: outcomes('failed', 'failed'),
    wrong: outcomes('not run', 'failed'),
    ...given,
  };
  const asked: AnswerToTest[] = [];
  const call: Tests['call'] = async (_name, argument) => {
    const answer = argument as AnswerToTest;
    asked.push(answer);
    const result = all[answer.code === undefined ? answer.version : 'wrong'];
    if (result instanceof Error) throw result;
    return result as never;
  };
  return { call, asked };
}

const check = (tests: Tests, question: Partial<DeclaredQuestion> = {}) =>
  checkQuestion({ ...declared, ...question }, { points: 2, credit: 'partial', tests });
const problemsOf = async (...args: Parameters<typeof check>) => (await check(...args)).problems.join('\n');

describe('checkQuestion', () => {
  it('has nothing against a sound question, and runs a wrong answer on the test that names it alone', async () => {
    const tests = testsThat();
    assert.deepEqual(await check(tests), {
      publicTests: 1,
      hiddenTests: 1,
      wrongAnswers: { listed: 1, caught: 1 },
      problems: [],
      warnings: [],
    });
    assert.deepEqual(
      tests.asked.map(({ version, only }) => [version, only]),
      [
        ['solved', undefined],
        ['student', undefined],
        ['solved', 1],
      ],
    );
  });

  it('names the test that the solution fails, and why', async () => {
    assert.equal(
      await problemsOf(testsThat({ solved: outcomes('passed', 'failed') })),
      'q9.1: the solution fails "carries": expected 10, got 0',
    );
    assert.equal(
      await problemsOf(testsThat({ solved: outcomes('passed', 'not run') })),
      'q9.1: the solution fails "carries": it was not run',
    );
    const late = new CallError('did not end within 1 s', true);
    assert.equal(await problemsOf(testsThat({ solved: late })), 'q9.1: the solution did not end within 1 s');
  });

  it('refuses a test that the stub passes', async () => {
    assert.equal(
      await problemsOf(testsThat({ student: outcomes('passed', 'failed') })),
      'q9.1: the stub passes "adds"',
    );
  });

  it('refuses a wrong answer that passes, that names no test, or that says nothing', async () => {
    const wrong = (result: readonly TestOutcome[] | Error) => problemsOf(testsThat({ wrong: result }));
    const about = 'q9.1: the wrong answer "never carries"';
    assert.equal(await wrong(outcomes('not run', 'passed')), `${about} passes "carries"`);
    assert.match(await wrong(outcomes('not run', 'not run')), /should fail "carries", which was not run$/);
    const undefinedName = outcomes('not run', 'failed').map((outcome) => ({
      ...outcome,
      message: 'threw ReferenceError: add is not defined',
    }));
    assert.equal(await wrong(undefinedName), `${about} fails for another reason: add is not defined`);
    const broken = new CallError('threw SyntaxError: Unexpected token', false);
    assert.equal(await wrong(broken), `${about} does not run: threw SyntaxError: Unexpected token`);
    const wrongAnswers = [{ name: 'never carries', code: 'wrong', fails: 'carrys' }];
    assert.match(
      await problemsOf(testsThat(), { wrongAnswers }),
      /should fail "carrys", but no test is called so$/,
    );
  });

  it('counts a wrong answer as caught that ends the process or never ends, once its test began', async () => {
    const { problems, wrongAnswers } = await check(
      testsThat({ wrong: new CallError('did not end within 1 s', true) }),
    );
    assert.deepEqual([problems, wrongAnswers.caught], [[], 1]);
  });

  it('asks for wrong answers, and would like hidden tests', async () => {
    assert.match(await problemsOf(testsThat(), { wrongAnswers: [] }), /^q9\.1: it lists no wrong answer/);
    const open = declared.tests.map((test) => ({ ...test, hidden: false }));
    const { problems, warnings } = await check(testsThat(), { tests: open });
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /^q9\.1: it has no hidden test/);
  });

  it('refuses two tests of one title', async () => {
    const tests = [declared.tests[1], declared.tests[1]];
    assert.match(await problemsOf(testsThat(), { tests }), /two tests are called "carries"/);
  });
});
