import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CourseError } from '../../errors';
import { courseRoot } from '../../paths';
import { loadChapter } from '../chapter';
import type { GradeLimits } from '../grades';
import { answerIn, readSubmission } from '../sandbox/submission';
import { type AskedChapter, askedChapter } from './chapter-questions';
import { type ClassProgress, type GradeOne, gradeClass } from './grade-class';
import { buildGradebook, type Gradebook, openQuestions } from './gradebook';
import { gradingKey } from './grading-key';
import { GradeJournal } from './journal';
import { type LatePolicy, parseLatePolicy } from './late-policy';
import { readManualScores } from './manual-scores';
import { byText } from './plain-text';
import { readRoster, type Student } from './roster';
import { type SimilarPair, similarPairs } from './similarity';
import { findSubmissions, type Submission } from './submissions';
import { manualScoresFile, writeResults } from './write-results';

export interface GradeFolderOptions {
  readonly gradeOne: GradeOne;
  /** Where the results go; made where it is missing. */
  readonly out: string;
  readonly root?: string;
  /** A number or name; default: every chapter that was handed in. */
  readonly chapter?: string;
  /** This student alone: then no file of the class is written. */
  readonly only?: string;
  /** Default: roster.csv in the folder, where there is one. */
  readonly roster?: string;
  readonly due?: Date;
  readonly late?: LatePolicy;
  readonly dateFromFile?: boolean;
  readonly limits?: GradeLimits;
  readonly unsafe?: boolean;
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly onFound?: (submissions: readonly Submission[]) => void;
  readonly onProgress?: (progress: ClassProgress) => void;
  /** The command, to be kept with what it made. */
  readonly madeBy?: string;
}

export interface GradedFolder {
  readonly gradebook: Gradebook;
  readonly pairs: ReadonlyMap<string, readonly SimilarPair[]>;
  readonly problems: readonly string[];
  /** Questions that wait to be marked by hand. */
  readonly open: number;
}

/**
 * Grades the notebooks below a folder and writes what comes of it to `out`. What `out` knows from before is not graded
 * again; scores that an instructor entered there stand.
 * @throws the signal's reason, with every finished grade kept in `out`.
 */
export async function gradeFolder(folder: string, options: GradeFolderOptions): Promise<GradedFolder> {
  const { gradeOne, out, root = courseRoot(), only, due, late = parseLatePolicy('none') } = options;
  const { dateFromFile, limits, unsafe, jobs, signal, onProgress, madeBy = 'course grade' } = options;
  const chapterOf = cached((name: string) => askedChapter(name, { root }));
  const chapter = options.chapter === undefined ? undefined : chapterOf(options.chapter).name;
  const roster = rosterOf(folder, options);
  const find = { root, chapter, student: only, dateFromFile, skip: [out] };
  const { submissions, problems } = findSubmissions(folder, find);
  if (submissions.length === 0) throw new CourseError(nothingFound(folder, { chapter, only, problems }));
  const names = new Set([...submissions.map((one) => one.chapter), ...(chapter ? [chapter] : [])]);
  const chapters = [...names].sort(byText).map(chapterOf);
  const manual = readManualScores(join(out, manualScoresFile), { chapterOf }); // its mistakes before an hour of grading
  options.onFound?.(submissions);
  const journal = new GradeJournal(join(out, 'journal.jsonl'));
  const key = gradingKey({ root, limits, unsafe });
  const graded = await gradeClass(submissions, { gradeOne, journal, key, jobs, signal, onProgress });
  const answersOf = cached((submission: Submission) => readAnswers(submission, { root }));
  const gradebook = buildGradebook({
    ...{ graded, submissions, chapters, manual, late, due, answersOf },
    roster: only === undefined ? roster : roster.filter(({ id }) => id === only),
  });
  const open = openQuestions(gradebook, { answersOf });
  if (only !== undefined) return { gradebook, pairs: new Map(), problems, open: open.length };
  const pairs = new Map(chapters.map((one) => [one.name, pairsOf(one, { submissions, answersOf })]));
  const submissionOf = new Map(submissions.map((one) => [`${one.chapter}\n${one.student}`, one]));
  const answerOf = (name: string, student: string, question: string) => {
    const submission = submissionOf.get(`${name}\n${student}`);
    return (submission && answersOf(submission).get(question)) ?? '';
  };
  await writeResults(out, { gradebook, chapters, pairs, open, manual, problems, madeBy, answerOf });
  return { gradebook, pairs, problems, open: open.length };
}

function pairsOf(
  chapter: AskedChapter,
  {
    submissions,
    answersOf,
  }: {
    readonly submissions: readonly Submission[];
    readonly answersOf: (submission: Submission) => ReadonlyMap<string, string>;
  },
): readonly SimilarPair[] {
  const ofChapter = submissions.filter((one) => one.chapter === chapter.name && one.refused === undefined);
  const handedIn = ofChapter.map((one) => ({ student: one.student, answers: answersOf(one) }));
  return similarPairs(handedIn, chapter.questions);
}

/** What a student wrote, by question, as it is graded. */
function readAnswers(
  { path, chapter, refused }: Submission,
  { root }: { readonly root: string },
): ReadonlyMap<string, string> {
  if (refused !== undefined) return new Map();
  const notebook = readSubmission(path);
  const loaded = loadChapter(chapter, { root });
  const answers = askedChapter(chapter, { root }).questions.map(({ id, manual }) => {
    const words = notebook.cells.filter(({ kind, question }) => kind === 'markdown' && question === id);
    const text = manual
      ? words.map(({ source }) => source).join('\n\n')
      : answerIn(notebook, { chapter: loaded, id })?.answer;
    return [id, text ?? ''] as const;
  });
  return new Map(answers);
}

function rosterOf(folder: string, { roster }: GradeFolderOptions): readonly Student[] {
  const file = roster ?? join(folder, 'roster.csv');
  return roster !== undefined || existsSync(file) ? readRoster(file) : [];
}

function nothingFound(
  folder: string,
  {
    chapter,
    only,
    problems,
  }: { readonly chapter?: string; readonly only?: string; readonly problems: readonly string[] },
): string {
  const what = `no notebook${chapter ? ` of ${chapter}` : ''}${only ? ` by ${only}` : ''} in ${folder}`;
  const layouts = 'submitted/STUDENT/ASSIGNMENT/NAME.ipynb, STUDENT/NAME.ipynb or NAME_STUDENT.ipynb';
  const rest = problems.length > 0 ? ` (${problems.length} left aside: ${problems[0]})` : '';
  return `${what}${rest}; expected ${layouts}`;
}

function cached<Argument, Result>(make: (argument: Argument) => Result): (argument: Argument) => Result {
  const known = new Map<Argument, Result>();
  return (argument) => {
    const result = known.get(argument) ?? make(argument);
    known.set(argument, result);
    return result;
  };
}
