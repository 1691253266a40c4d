import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { AskedChapter } from '../../../lib/grading/class/chapter-questions';
import type { Entry, QuestionResult } from '../../../lib/grading/class/gradebook';
import { unknownStudent } from '../../../lib/grading/class/roster';
import type { Submission } from '../../../lib/grading/class/submissions';
import type { Outcome, QuestionGrade, SubmissionGrade, TestGrade } from '../../../lib/grading/grades';
import { formatNotebook, type Notebook } from '../../../lib/grading/nbformat';

/** A folder with the files given, by path; remove it when done. */
export function makeFolder(files: Readonly<Record<string, string>> = {}): {
  readonly folder: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'grading-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The text of a notebook whose code cells answer questions. */
export function notebookText(answers: Readonly<Record<string, string>>): string {
  const cells = Object.entries(answers).map(([question, source]) => ({
    cell_type: 'code' as const,
    id: question.replace('.', '-'),
    metadata: { course: { question } },
    source,
    outputs: [],
    execution_count: null,
  }));
  const notebook: Notebook = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
  return formatNotebook(notebook);
}

export function aTest(outcome: Outcome, rest: Partial<TestGrade> = {}): TestGrade {
  return { title: 'works', weight: 1, hidden: false, outcome, ...rest };
}

export function aQuestion(id: string, rest: Partial<QuestionGrade> = {}): QuestionGrade {
  return { id, points: 2, score: 2, manual: false, tests: [aTest('passed')], notes: [], ...rest };
}

export function aGrade(
  questions: readonly QuestionGrade[],
  rest: Partial<SubmissionGrade> = {},
): SubmissionGrade {
  return {
    chapter: '09-counting',
    sha256: 'abc',
    questions,
    score: questions.reduce((sum, { score = 0 }) => sum + score, 0),
    points: questions.reduce((sum, { points }) => sum + points, 0),
    complete: questions.every(({ score }) => score !== undefined),
    notes: [],
    ...rest,
  };
}

export function aSubmission(student: string, rest: Partial<Submission> = {}): Submission {
  return {
    student,
    chapter: '09-counting',
    path: `/class/${student}.ipynb`,
    sha256: `hash of ${student}`,
    notes: [],
    ...rest,
  };
}

/** One question by tests, of 2 points, and one in words, of 3. */
export const counting: AskedChapter = {
  name: '09-counting',
  title: '9 Counting',
  questions: [
    { id: 'q9.1', points: 2, manual: false, stub: '', solution: '' },
    { id: 'q9.3', points: 3, manual: true, stub: '*Write here.*', solution: 'Because.' },
  ],
};

export function anEntry(
  id: string,
  questions: readonly Partial<QuestionResult>[],
  rest: Partial<Entry> = {},
): Entry {
  const results = questions.map(
    (question): QuestionResult => ({
      ...aQuestion('q9.1'),
      byHand: false,
      comment: '',
      ...question,
    }),
  );
  const rawScore = results.reduce((sum, { score = 0 }) => sum + score, 0);
  return {
    student: unknownStudent(id),
    chapter: counting,
    status: 'graded',
    submission: aSubmission(id),
    questions: results,
    rawScore,
    penalty: 0,
    score: rawScore,
    points: 5,
    lateMs: 0,
    notes: [],
    ...rest,
  };
}
