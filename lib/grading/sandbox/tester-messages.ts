import type { Outcome, TestGrade } from '../grades';
import type { SubmittedModel } from '../model/submitted-model';
import type { Loss } from './bridge';
import type { SubmittedCell } from './submission';

/** What the tests of a question are to be run on. */
export interface RunRequest {
  readonly root: string;
  /** Such as `02-normalization`. */
  readonly chapter: string;
  readonly question: string;
  /** The student's notebook. It is parsed over there only: a parser can be kept busy, too. */
  readonly cells: readonly SubmittedCell[];
  /** What was handed in for the question, where it may ask for a model. */
  readonly model?: SubmittedModel;
  /** Named pipes to and from the process of the answer. */
  readonly input: string;
  readonly output: string;
  /** Places of the tests that were run already. */
  readonly done: readonly number[];
  /** Until the process of the answer has started, then of one test, and of all together. */
  readonly startMs: number;
  readonly testMs: number;
  readonly allMs: number;
}

/** How one test went, by its place. */
export interface TestReport {
  readonly index: number;
  readonly outcome: Outcome;
  readonly message?: string;
}

/** What the tester tells its parent, in this order; `lost`, `failed` or `done` comes last. */
export type TesterMessage =
  | { readonly kind: 'opened' }
  /** The answer was found, which may need a note, and compiled. */
  | { readonly kind: 'compiled'; readonly notes: readonly string[] }
  /** The process of the answer is there; from now on it is the answer's time. */
  | { readonly kind: 'started' }
  | { readonly kind: 'tests'; readonly tests: readonly Pick<TestGrade, 'title' | 'weight' | 'hidden'>[] }
  | { readonly kind: 'testing'; readonly index: number }
  | { readonly kind: 'test'; readonly report: TestReport }
  /** All tests ended alike, since the answer could not even be loaded. */
  | { readonly kind: 'all'; readonly outcome: Outcome; readonly message: string }
  /** The process of the answer is gone, or is no use any more. */
  | { readonly kind: 'lost'; readonly loss: Loss; readonly stage: Stage }
  /** Something failed that is not the student's. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'done' };

/** How far the process of an answer came: it started, loaded the answer, is being tested. */
export type Stage = 'starting' | 'loading' | 'testing';
