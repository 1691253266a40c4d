import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CourseError } from '../../errors';
import { courseRoot } from '../../paths';
import { type Chapter, chapterNames, creditOf, loadChapter, pointsOf, questionOf } from '../chapter';
import type { GradeLimits, QuestionGrade, SubmissionGrade } from '../grades';
import { copyModel, modelFolder } from '../model/handed-in';
import type { SubmittedModel } from '../model/submitted-model';
import type { Cell } from '../percent';
import { scoreOf } from '../score';
import { sandboxProblem } from './bubblewrap';
import { defaultLimits } from './limits';
import { QuestionRun } from './question-run';
import { readSubmission, type Submission } from './submission';
import { startTester, type Tester } from './tester';

/*
 * What grading protects, and what not.
 *
 * A student's code runs in a process of its own inside bubblewrap (bubblewrap.ts): no network, no environment, no files but
 * Node, the course's library and datasets, all read-only; a small folder to write to; its own process tree, which ends as a
 * whole. The tests, the solutions and other submissions are not there. Time, memory and processes are watched from outside
 * (limits.ts). The instructor's tests run in another process (tester-process.ts), outside, and see the answer as functions
 * that they call over a pipe (bridge.ts). What comes back is data, checked byte by byte (codec.ts): whatever a student does to
 * `assert`, to mocha, to prototypes or to the tensor library, happens where nobody looks. A network that an answer builds is
 * built again on the tests' side and judged there.
 *
 * A model that is handed in is data, but from anywhere: the same sandbox opens it, and gets images without labels.
 *
 * Not protected: a student may answer the inputs of public tests by heart, which hidden tests are for; sees the inputs of hidden
 * tests while they run, but has nowhere to tell of them except the messages of its own errors, so keep messages of hidden
 * tests to yourself; may take up to the limits in time, memory and disk. A model may have learned published
 * test images by heart. A weakness of the kernel is one of bubblewrap, too. With
 * `unsafe` the answer is a plain process of yours: only the tests are still apart.
 */

export interface GradeOptions {
  /** The course's folder. */
  readonly root?: string;
  readonly limits?: GradeLimits;
  /** Grades where answers cannot be isolated, too. */
  readonly unsafe?: boolean;
  readonly signal?: AbortSignal;
  /** Chapter that was to be handed in, where the notebook may not say so. */
  readonly chapter?: string;
  /** Whether all that lies beside the notebook is the same student's, models included; default true. */
  readonly inOwnFolder?: boolean;
  /** Ids of the questions to grade; default all. */
  readonly questions?: readonly string[];
}

/**
 * Grades a notebook that a student handed in, with all tests, public and hidden. Answers to be read by a person get no
 * score.
 * @throws CourseError when answers cannot be isolated here, or nothing says what chapter the notebook is of
 */
export async function gradeSubmission(path: string, options: GradeOptions = {}): Promise<SubmissionGrade> {
  const { root = courseRoot(), unsafe = false, inOwnFolder, signal, questions } = options;
  const problem = unsafe ? undefined : sandboxProblem();
  if (problem) throw new CourseError(problem);
  const submission = readSubmission(path, { inOwnFolder });
  const chapter = chapterOf(submission, { root, path, wanted: options.chapter });
  const asked = chapter.cells.filter((cell) => {
    const id = questionOf(cell);
    return id !== undefined && (questions?.includes(id) ?? true);
  });
  const limits = { ...defaultLimits, ...definedIn(options.limits) };
  const scratch = mkdtempSync(join(tmpdir(), 'course-grade-'));
  const fixtures = join(scratch, 'fixtures');
  mkdirSync(fixtures);
  let tester: Tester | undefined;
  try {
    const grades: QuestionGrade[] = [];
    for (const cell of asked) {
      signal?.throwIfAborted();
      const model = await submittedModel(submission, { question: questionOf(cell) ?? '', fixtures });
      const run = new QuestionRun({
        ...{ root, chapter, model, cells: submission.cells, limits, unsafe, signal, scratch, fixtures },
        tester: () => (tester ??= startTester({ fixtures })),
        onTesterEnded: () => {
          tester = undefined;
        },
      });
      grades.push(cell.kind === 'markdown' ? manual(cell) : await graded(cell, run));
    }
    return summary(grades, { chapter, submission });
  } finally {
    tester?.kill();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** What was handed in for a question beside the notebook, where its sandbox may read it. */
async function submittedModel(
  { models }: Submission,
  { question, fixtures }: { readonly question: string; readonly fixtures: string },
): Promise<SubmittedModel | undefined> {
  const model = models.find((one) => one.question === question);
  if (!model) return undefined;
  const folder = join(fixtures, modelFolder(question));
  const problem = model.problem ?? (await copyModel(model, folder));
  return { folder, model: problem === undefined ? model : { ...model, files: [], problem } };
}

function manual(cell: Cell): QuestionGrade {
  return { id: questionOf(cell) ?? '', points: pointsOf(cell), manual: true, tests: [], notes: [] };
}

async function graded(cell: Cell, run: QuestionRun): Promise<QuestionGrade> {
  const id = questionOf(cell) ?? '';
  const points = pointsOf(cell);
  const { tests, notes } = await run.grade(id);
  const failed = tests.length === 0 || tests.some(({ outcome }) => outcome === 'infrastructure failure');
  const passing = tests.map(({ weight, outcome }) => ({ weight, passed: outcome === 'passed' }));
  const score = failed ? {} : { score: scoreOf(passing, { points, credit: creditOf(cell) }) };
  return { id, points, ...score, manual: false, tests, notes };
}

function summary(
  questions: readonly QuestionGrade[],
  { chapter, submission }: { readonly chapter: Chapter; readonly submission: Submission },
): SubmissionGrade {
  return {
    chapter: chapter.name,
    sha256: submission.sha256,
    questions,
    score: questions.reduce((sum, { score }) => sum + (score ?? 0), 0),
    points: questions.reduce((sum, { points }) => sum + points, 0),
    complete: questions.every(({ score }) => score !== undefined),
    notes: submission.notes,
  };
}

function chapterOf(
  { chapter, notes }: Submission,
  { root, path, wanted }: { readonly root: string; readonly path: string; readonly wanted?: string },
): Chapter {
  const names = chapterNames({ root });
  const matching = (name: string) =>
    names.find((candidate) => candidate === name || Number.parseInt(candidate, 10) === Number(name));
  const name = wanted ?? (chapter === undefined ? undefined : matching(chapter)) ?? nameIn(path, names);
  if (name) return loadChapter(name, { root });
  const why = notes[0] ?? 'neither its metadata nor its name says what chapter it is';
  throw new CourseError(`${path}: ${why}; name the file as it was given out, such as ${names[0]}.ipynb`);
}

/** The chapter in a file's or a folder's name, such as `anna/02-normalization (1).ipynb`. */
function nameIn(path: string, names: readonly string[]): string | undefined {
  return names.find((name) => path.split('/').slice(-2).join('/').includes(name));
}

function definedIn(limits: GradeLimits = {}): GradeLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
}
