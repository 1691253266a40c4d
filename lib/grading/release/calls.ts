import type { TestResult } from '../testing';

/** How one test of a question went, as it goes from process to process. */
export type TestOutcome = Pick<TestResult, 'title' | 'points' | 'hidden' | 'status' | 'message'>;

/** The tests of a question, as a chapter's test file declares them, and the wrong answers that they must catch. */
export interface DeclaredQuestion {
  readonly id: string;
  readonly tests: readonly Pick<TestResult, 'title' | 'points' | 'hidden'>[];
  readonly wrongAnswers: readonly DeclaredWrongAnswer[];
  /** Whether it asks for a trained model, which is held against images that nobody has seen instead of hidden tests. */
  readonly ofModel?: boolean;
}

export interface DeclaredWrongAnswer {
  readonly name: string;
  readonly code: string;
  /** Title of the test that names the mistake. */
  readonly fails: string;
}

/** An answer to run a question's tests on: the chapter's solution or stub, or other code in the solution's place. */
export interface AnswerToTest {
  readonly question: string;
  readonly version: 'solved' | 'student';
  readonly code?: string;
  /** Place of the one test to run, from 0; default all, hidden ones too. */
  readonly only?: number;
}

/** What a worker does for a chapter: the argument and the result of each call. */
export interface Calls {
  readonly questions: { readonly argument: undefined; readonly result: readonly DeclaredQuestion[] };
  readonly test: { readonly argument: AnswerToTest; readonly result: readonly TestOutcome[] };
  /** Type errors of the students' cells, one sentence each. */
  readonly types: { readonly argument: undefined; readonly result: readonly string[] };
}

export type CallName = keyof Calls;

/** A call to the worker's process. */
export type Call = {
  [Name in CallName]: { readonly name: Name; readonly argument: Calls[Name]['argument'] };
}[CallName];

/** What the process says: the answer's cell runs; its tests run; the result of the call; or why there is none. */
export type Reply =
  | { readonly kind: 'running' | 'testing' }
  | { readonly kind: 'result'; readonly result: Calls[CallName]['result'] }
  | { readonly kind: 'failed'; readonly message: string };
