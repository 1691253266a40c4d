/**
 * How a test of a question ended. Only `infrastructure failure` is nobody's answer: it never counts as a student's zero,
 * and the submission is graded again.
 */
export type Outcome =
  | 'passed'
  | 'wrong value'
  | 'exception'
  | 'not implemented'
  | 'compile error'
  | 'timeout'
  | 'out of memory'
  | 'infrastructure failure';

/** How one test of a question went. */
export interface TestGrade {
  /** Without its weight. */
  readonly title: string;
  /** Weight among the tests of its question. */
  readonly weight: number;
  readonly hidden: boolean;
  readonly outcome: Outcome;
  /** Why it did not pass, in a line or a few; of a hidden test for the instructor only. */
  readonly message?: string;
}

/** What a question of one submission earned. */
export interface QuestionGrade {
  /** Such as `q2.1`. */
  readonly id: string;
  /** At most. */
  readonly points: number;
  /** Earned; nothing where it is not known yet: marked by hand, or an infrastructure failure. */
  readonly score?: number;
  readonly manual: boolean;
  readonly tests: readonly TestGrade[];
  /** What an instructor should look at, such as an answer that ended the process, in a sentence each. */
  readonly notes: readonly string[];
}

/** What one notebook of one student earned, the same each time for the same file. */
export interface SubmissionGrade {
  /** Such as `02-normalization`. */
  readonly chapter: string;
  /** Of the notebook file. */
  readonly sha256: string;
  readonly questions: readonly QuestionGrade[];
  /** Earned by questions whose score is known. */
  readonly score: number;
  readonly points: number;
  /** Whether every question has its score. */
  readonly complete: boolean;
  readonly notes: readonly string[];
}

/** Limits of one question's answer. */
export interface GradeLimits {
  /** Of all tests of a question together, once the answer's process has started; default 120. */
  readonly seconds?: number;
  /** Default 2 GiB. */
  readonly memoryBytes?: number;
  /** Processes and threads; default 64. */
  readonly processes?: number;
  /** Of what it writes to its scratch folder; default 64 MiB. */
  readonly diskBytes?: number;
}
