import assert from 'node:assert/strict';
import { CourseError } from '../errors';
import { loadChapter } from './chapter';
import { evaluateAnswer, questionCode } from './lift';
import { runTests, type TestResult } from './testing';

/** An answer as students get it wrong, and the title of the test that must catch it. */
export interface WrongAnswer {
  /** What is wrong with it. */
  readonly name: string;
  /** TypeScript that takes the place of the question's cell. */
  readonly code: string;
  readonly fails: string;
}

/** The tests of one question, not yet run. `define` declares them with mocha's `it`; `answers` gives what the student wrote. */
export interface Question {
  /** Such as `q1.2`: chapter 1, question 2. */
  readonly id: string;
  readonly define: (answers: () => object) => void;
  readonly wrongAnswers: readonly WrongAnswer[];
}

let collected: Question[] | undefined;

/**
 * Declares the tests of a question, in `test/chapters/NN-name.test.ts`. A title may end in its weight, such as
 * `[2 points]`. Under mocha they run against the chapter's own solution, and then the tests are tested: none may pass for
 * the stub that students start from, and each wrong answer must fail the test that names its mistake.
 */
export function question<Answers extends object>(
  id: string,
  define: (answers: () => Answers) => void,
  { wrongAnswers = [] }: { readonly wrongAnswers?: readonly WrongAnswer[] } = {},
): void {
  // The caller's type says which names the answer has; a missing name fails when it is read.
  const declared = { id, define: define as Question['define'], wrongAnswers };
  if (collected) collected.push(declared);
  else describeQuestion(declared);
}

/** Tests that a student does not see: they run at grading only. */
export function hidden(define: () => void): void {
  describe('hidden', define);
}

/** The questions that `load` declares by calling `question`, which then hands nothing to mocha. */
export function collectQuestions(load: () => void): readonly Question[] {
  const before = collected;
  const mine: Question[] = [];
  collected = mine;
  try {
    load();
  } finally {
    collected = before;
  }
  return mine;
}

/** Tests that pass although the student wrote nothing yet. */
export async function passedByStub(
  question: Question,
  { root }: { readonly root?: string } = {},
): Promise<readonly string[]> {
  const results = await testsOf(question, { version: 'student', root });
  return results.filter(({ status }) => status === 'passed').map(({ title }) => title);
}

/** The titles of all tests that fail for a wrong answer. */
export async function failedBy(
  question: Question,
  { code, root }: { readonly code: string; readonly root?: string },
): Promise<readonly string[]> {
  const results = await testsOf(question, { version: 'solved', code, root });
  return results.filter(({ status }) => status === 'failed').map(({ title }) => title);
}

async function testsOf(
  { id, define }: Question,
  {
    root,
    ...options
  }: { readonly version: 'student' | 'solved'; readonly code?: string; readonly root?: string },
): Promise<readonly TestResult[]> {
  const chapter = loadChapter(chapterNumber(id), { root });
  const answers = await evaluateAnswer(questionCode(chapter, id, options), { root });
  return runTests((get) => define(get), { answers, includeHidden: true });
}

/** `q1.2` -> `1`. */
export function chapterNumber(id: string): string {
  const match = /^q(\d+)\.\d+$/.exec(id);
  if (!match) throw new CourseError(`question "${id}": expected an id such as q1.2 (chapter 1, question 2)`);
  return match[1];
}

function describeQuestion(declared: Question): void {
  const { id, define, wrongAnswers } = declared;
  describe(id, () => {
    let answers: object | undefined;
    before(async () => {
      answers = await evaluateAnswer(questionCode(loadChapter(chapterNumber(id)), id, { version: 'solved' }));
    });
    define(() => {
      assert.ok(answers, 'answers() can be called inside it() and hooks only');
      return answers;
    });
    it('gives the stub nothing', async () => assert.deepEqual(await passedByStub(declared), []));
    for (const { name, code, fails } of wrongAnswers) {
      it(`catches: ${name}`, async () => {
        const failed = await failedBy(declared, { code });
        assert.ok(
          failed.includes(fails),
          `"${fails}" should fail, what fails is: ${failed.join('; ') || 'nothing'}`,
        );
      });
    }
  });
}
