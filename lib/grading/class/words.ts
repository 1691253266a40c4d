import type { Outcome, TestGrade } from '../grades';
import type { EntryStatus } from './gradebook';

/** An outcome as a student reads it. */
export const outcomeWords: Readonly<Record<Outcome, string>> = {
  passed: 'passed',
  'wrong value': 'not the value expected',
  exception: 'ended with an error',
  'not implemented': 'not implemented yet',
  'compile error': 'does not compile',
  timeout: 'took too long',
  'out of memory': 'needed too much memory',
  'infrastructure failure': 'could not be run; it will be',
};

/** A status as a student reads it. */
export const statusWords: Readonly<Record<EntryStatus, string>> = {
  graded: 'Graded.',
  'to mark': 'Some questions are still to be marked by hand.',
  'not graded': 'Not graded yet: grading failed, which is not the fault of the answers.',
  missing: 'Nothing was handed in.',
  refused: 'The file that was handed in cannot be graded.',
};

/** Of a question that has no cell in the notebook. */
export const noAnswerWords = 'The notebook has no answer to this question.';

/** What a student is told of a test. */
export interface ToldTest {
  readonly name: string;
  readonly passed: boolean;
  /** `passed`, or why not; of a hidden test only that it did not. */
  readonly result: string;
  readonly message?: string;
}

/**
 * What a student may read of a question's tests: public ones in full, hidden ones by number, without their titles,
 * messages and ways to fail.
 */
export function toldTests(tests: readonly TestGrade[]): readonly ToldTest[] {
  const open = tests.filter(({ hidden }) => !hidden);
  const secret = tests.filter(({ hidden }) => hidden);
  return [
    ...open.map(({ title, outcome, message }) => ({
      name: title,
      passed: outcome === 'passed',
      result: outcomeWords[outcome],
      ...(outcome !== 'passed' && message ? { message } : {}),
    })),
    ...secret.map(({ outcome }, at) => ({
      name: `hidden test ${at + 1}`,
      passed: outcome === 'passed',
      result: outcome === 'passed' ? 'passed' : 'not passed',
    })),
  ];
}
