import type { Credit, ScoredTest } from '../score';
import { scoreOf } from '../score';
import type { DeclaredQuestion, DeclaredWrongAnswer, TestOutcome } from './calls';
import { CallError, type ReleaseWorker } from './worker';

/** What the tests of one question are worth. */
export interface QuestionReport {
  readonly publicTests: number;
  readonly hiddenTests: number;
  readonly wrongAnswers: { readonly listed: number; readonly caught: number };
  /** Why the question cannot be given out, and what its author might better, one sentence each. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What runs the tests: a `ReleaseWorker`. */
export type Tests = Pick<ReleaseWorker, 'call'>;

/**
 * Tests the tests of a question: the chapter's solution must earn all points, the stub none, and each wrong answer must
 * fail the very test that names its mistake.
 */
export async function checkQuestion(
  declared: DeclaredQuestion,
  { points, credit, tests }: { readonly points: number; readonly credit: Credit; readonly tests: Tests },
): Promise<QuestionReport> {
  const { id, wrongAnswers } = declared;
  const shape = shapeOf(declared);
  const problems = [...shape.problems];
  problems.push(...(await solutionProblems(id, { points, credit, tests })));
  problems.push(...(await stubProblems(id, { tests })));
  let caught = 0;
  for (const wrong of wrongAnswers) {
    const problem = await wrongAnswerProblem(wrong, { declared, tests });
    if (problem) problems.push(`the wrong answer "${wrong.name}" ${problem}`);
    else caught += 1;
  }
  const named = (sentences: readonly string[]) => sentences.map((sentence) => `${id}: ${sentence}`);
  return {
    publicTests: declared.tests.filter(({ hidden }) => !hidden).length,
    hiddenTests: declared.tests.filter(({ hidden }) => hidden).length,
    wrongAnswers: { listed: wrongAnswers.length, caught },
    problems: named(problems),
    warnings: named(shape.warnings),
  };
}

/** What can be said of the tests without running them. */
function shapeOf({
  tests,
  wrongAnswers,
  ofModel,
}: DeclaredQuestion): Pick<QuestionReport, 'problems' | 'warnings'> {
  const titles = tests.map(({ title }) => title);
  const twice = titles.filter((title, at) => titles.indexOf(title) !== at);
  return {
    problems: [
      ...twice.map((title) => `two tests are called "${title}"`),
      ...(tests.length === 0 ? ['it has no tests'] : []),
      ...(wrongAnswers.length === 0 ? ['it lists no wrong answer, so nothing tests its tests'] : []),
    ],
    warnings: [
      ...(tests.every(({ hidden }) => hidden) ? ['it has no public test: check() tells nothing'] : []),
      ...(ofModel || tests.some(({ hidden }) => hidden)
        ? []
        : ['it has no hidden test: an answer by heart passes']),
    ],
  };
}

async function solutionProblems(
  question: string,
  { points, credit, tests }: { readonly points: number; readonly credit: Credit; readonly tests: Tests },
): Promise<readonly string[]> {
  const outcomes = await outcomesOf(tests, { question, version: 'solved' });
  if (typeof outcomes === 'string') return [`the solution ${outcomes}`];
  const failed = outcomes.filter(({ status }) => status !== 'passed');
  const score = scoreOf(outcomes.map(scored), { points, credit });
  const short = failed.length === 0 && score !== points && outcomes.length > 0;
  return [
    ...failed.map(({ title, message }) => `the solution fails "${title}": ${message ?? 'it was not run'}`),
    ...(short ? [`the solution earns ${score} of ${points} points`] : []),
  ];
}

async function stubProblems(
  question: string,
  { tests }: { readonly tests: Tests },
): Promise<readonly string[]> {
  const outcomes = await outcomesOf(tests, { question, version: 'student' });
  if (typeof outcomes === 'string') return [`the stub ${outcomes}`];
  const passed = outcomes.filter(({ status }) => status === 'passed');
  return passed.map(({ title }) => `the stub passes "${title}"`);
}

/** Why a wrong answer proves nothing of the tests; undefined where the test that names its mistake catches it. */
async function wrongAnswerProblem(
  { code, fails }: DeclaredWrongAnswer,
  { declared, tests }: { readonly declared: DeclaredQuestion; readonly tests: Tests },
): Promise<string | undefined> {
  const only = declared.tests.findIndex(({ title }) => title === fails);
  if (only < 0) return `should fail "${fails}", but no test is called so`;
  try {
    const outcomes = await tests.call('test', { question: declared.id, version: 'solved', code, only });
    const { status, message = '' } = outcomes[only];
    if (status === 'passed') return `passes "${fails}"`;
    if (status === 'not run') return `should fail "${fails}", which was not run`;
    const [, missing] = /^threw ReferenceError: (\S+ is not defined)/.exec(message) ?? [];
    return missing && `fails for another reason: ${missing}`;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    // The named test is the only one that ran: that it never ended, or ended the process, is a failure.
    return error.testing ? undefined : `does not run: ${error.message}`;
  }
}

/** The outcomes of all tests, or what came instead, in words. */
async function outcomesOf(
  tests: Tests,
  answer: { readonly question: string; readonly version: 'solved' | 'student' },
): Promise<readonly TestOutcome[] | string> {
  try {
    return await tests.call('test', answer);
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return error.message;
  }
}

function scored({ points, status }: TestOutcome): ScoredTest {
  return { weight: points, passed: status === 'passed' };
}
