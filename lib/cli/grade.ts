import { availableParallelism, totalmem } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Command } from 'commander';
import { writeFileAtomically } from '../atomic-file';
import { CourseError } from '../errors';
import { writeAutograder } from '../grading/class/autograder';
import type { ClassProgress, GradeOne } from '../grading/class/grade-class';
import { type GradedFolder, gradeFolder } from '../grading/class/grade-folder';
import { gradescopeResults } from '../grading/class/gradescope';
import { analyseItems } from '../grading/class/item-analysis';
import { parseDue, parseLatePolicy } from '../grading/class/late-policy';
import { formatPoints, plainLine, plainText } from '../grading/class/plain-text';
import { classStatistics } from '../grading/class/statistics';
import { findNotebooksOf } from '../grading/class/submissions';
import { outcomeWords } from '../grading/class/words';
import type { GradeLimits, QuestionGrade, SubmissionGrade } from '../grading/grades';
import { sandboxProblem } from '../grading/sandbox/bubblewrap';
import { gradeSubmission } from '../grading/sandbox/grade-submission';
import { courseRoot } from '../paths';
import { commandLine, positiveInteger, positiveNumber } from './options';
import { duration, ProgressBar } from './progress-bar';

/** What grades one notebook; a test's own in its place. */
export interface Grader {
  readonly gradeSubmission: (
    notebookPath: string,
    options: {
      readonly root?: string;
      readonly chapter?: string;
      readonly limits?: GradeLimits;
      readonly unsafe?: boolean;
      readonly inOwnFolder?: boolean;
      readonly signal?: AbortSignal;
    },
  ) => Promise<SubmissionGrade>;
  /** Why answers cannot be kept apart from this machine, in a sentence. */
  readonly sandboxProblem: () => string | undefined;
}

const courseGrader: Grader = { gradeSubmission, sandboxProblem };

interface Options {
  readonly chapter?: string;
  readonly out?: string;
  readonly jobs?: number;
  readonly roster?: string;
  readonly due?: string;
  readonly late?: string;
  readonly fileDates?: boolean;
  readonly seconds?: number;
  readonly memoryMb?: number;
  readonly unsafe?: boolean;
  readonly only?: string;
  readonly results?: string;
  readonly gradescope?: string;
}

/** `course grade`: the notebooks of a class -> grades, feedback, and what an instructor has to look at. */
export function gradeCommand({
  grader = courseGrader,
  root = courseRoot(),
}: {
  readonly grader?: Grader;
  readonly root?: string;
} = {}): Command {
  return new Command('grade')
    .description('grade the notebooks of a class; goes on where it was interrupted')
    .argument(
      '[folder]',
      'with submitted/STUDENT/ASSIGNMENT/NAME.ipynb, STUDENT/NAME.ipynb or NAME_STUDENT.ipynb; or one notebook',
    )
    .option('--chapter <number>', 'grade this chapter alone (default: all that were handed in)')
    .option('--out <folder>', 'where the results go (default: FOLDER-grades)')
    .option('--only <student>', 'grade this student alone, and print the grade')
    .option(
      '--roster <file>',
      'the class: student_id,last_name,first_name,email (default: FOLDER/roster.csv)',
    )
    .option('--due <time>', 'with its zone, such as 2026-10-01T23:59Z')
    .option('--late <rules>', 'such as grace=15m,deduct=10%/day,max=50%,refuse-after=7d (default: none)')
    .option('--file-dates', 'where there is no timestamp.txt, a file was handed in when it was last changed')
    .option(
      '--jobs <n>',
      'submissions at once (default: one for each core that has the memory)',
      positiveInteger,
    )
    .option('--seconds <n>', 'most for the tests of a question (default: 120)', positiveNumber)
    .option('--memory-mb <n>', 'most for an answer (default: 2048)', positiveInteger)
    .option('--unsafe', 'run answers although this machine cannot keep them from harming it')
    .option('--results <file>', "grade FOLDER as one student's submission; write Gradescope's results.json")
    .option('--gradescope <folder>', "write the files of Gradescope's autograder zip, and grade nothing")
    .action(async (folder: string | undefined, options: Options) => {
      if (options.gradescope !== undefined) return printAutograder(options.gradescope, root);
      if (folder === undefined) throw new CourseError('grade: expected the folder of a class, got none');
      const limits = limitsOf(options);
      const problem = grader.sandboxProblem();
      if (problem !== undefined && !options.unsafe) {
        throw new CourseError(`${problem} (--unsafe runs answers all the same, with your rights)`);
      }
      const { unsafe = false } = options;
      const gradeOne: GradeOne = (path, { chapter, inOwnFolder, signal }) =>
        grader.gradeSubmission(path, { root, chapter, inOwnFolder, limits, unsafe, signal });
      const one = options.results !== undefined || folder.endsWith('.ipynb');
      await (one ? gradeOneStudent : gradeClassIn)(folder, { ...options, gradeOne, limits, root });
    });
}

interface Job extends Options {
  readonly gradeOne: GradeOne;
  readonly limits: GradeLimits;
  readonly root: string;
}

async function gradeClassIn(folder: string, job: Job): Promise<void> {
  const out = job.out ?? `${resolve(folder)}-grades`;
  const due = job.due === undefined ? undefined : parseDue(job.due);
  const late = parseLatePolicy(job.late ?? 'none');
  if (job.late !== undefined && !due)
    throw new CourseError('--late: expected --due too: late is after what?');
  const { jobs = defaultJobs(job.limits) } = job;
  const progress = new GradingProgress();
  const controller = new AbortController();
  const stop = () => controller.abort(new Stopped());
  process.once('SIGINT', stop).once('SIGTERM', stop); // once: a second Ctrl-C ends it at once
  try {
    const graded = await gradeFolder(folder, {
      ...job,
      ...{ out, due, late, jobs, signal: controller.signal, madeBy: commandLine() },
      dateFromFile: job.fileDates,
      onFound: (found) =>
        console.log(`${found.length} ${found.length === 1 ? 'submission' : 'submissions'}, ${jobs} at once`),
      onProgress: progress.update,
    }).finally(progress.end);
    if (job.only !== undefined) for (const line of detailsOf(graded)) console.log(line);
    else for (const line of summaryOf(graded, out)) console.log(line);
    const failed = graded.gradebook.entries.filter(({ status }) => status === 'not graded').length;
    if (failed > 0) {
      console.error(`course: ${failed} not graded, which counts for nobody; run the same command again`);
      process.exitCode = 1;
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    console.log(`stopped; ${progress.done} grades are kept, the same command goes on`);
    process.exitCode = 130;
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
  }
}

/** One student's notebooks: printed, or as Gradescope's results. */
async function gradeOneStudent(path: string, job: Job): Promise<void> {
  const { submissions, problems } = findNotebooksOf(resolve(path), { root: job.root, chapter: undefined });
  const refused = submissions.find((one) => one.refused !== undefined);
  if (submissions.length === 0 || refused) {
    const why = refused ? `the file ${refused.refused}` : (problems[0] ?? 'no notebook in it');
    throw new CourseError(`${path}: ${why}; expected a notebook of a chapter`);
  }
  const grades: SubmissionGrade[] = [];
  for (const submission of submissions) grades.push(await job.gradeOne(submission.path, submission));
  if (job.results === undefined) {
    for (const grade of grades) for (const line of gradeLines(grade)) console.log(line);
    return;
  }
  const results = gradescopeResults(grades, { notes: submissions.flatMap(({ notes }) => notes) });
  await writeFileAtomically(job.results, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`wrote ${job.results}`);
}

async function printAutograder(folder: string, root: string): Promise<void> {
  const files = await writeAutograder(folder, { root });
  console.log(
    `wrote ${files} files to ${folder}; zip what is in it: (cd ${folder} && zip -r ../autograder.zip .)`,
  );
}

/** As many as have a core each, and the memory that an answer may take. */
function defaultJobs({ memoryBytes = 2 ** 31 }: GradeLimits): number {
  return Math.max(1, Math.min(availableParallelism(), Math.floor((0.75 * totalmem()) / memoryBytes)));
}

function limitsOf({ seconds, memoryMb }: Options): GradeLimits {
  return {
    ...(seconds === undefined ? {} : { seconds }),
    ...(memoryMb === undefined ? {} : { memoryBytes: memoryMb * 2 ** 20 }),
  };
}

class Stopped extends Error {}

/** A bar on a terminal, elsewhere a line at each tenth. */
class GradingProgress {
  done = 0;
  private readonly bar = new ProgressBar();
  private tenth = 0;

  readonly update = ({ done, total, kept, remainingMs, last }: ClassProgress): void => {
    this.done = done;
    if (remainingMs === undefined) return; // known from an earlier run
    const label = plainLine(last?.submission.student ?? '', { length: 24 });
    this.bar.update({ label, done: done - kept, total: total - kept, unit: 'files' });
    const tenth = Math.floor((10 * done) / total);
    if (process.stderr.isTTY || tenth === this.tenth) return;
    this.tenth = tenth;
    process.stderr.write(`graded ${done} of ${total}, about ${duration(remainingMs)} left\n`);
  };

  readonly end = (): void => this.bar.end();
}

function summaryOf({ gradebook, pairs, problems, open }: GradedFolder, out: string): readonly string[] {
  const { entries } = gradebook;
  const near = relative(process.cwd(), out);
  const place = near.startsWith('..') ? resolve(out) : near;
  const names = [...new Set(entries.map(({ chapter }) => chapter.name))];
  const chapters = names.flatMap((name) => {
    const ofChapter = entries.filter(({ chapter }) => chapter.name === name);
    const { count, missing, mean, median, points, histogram } = classStatistics(ofChapter);
    const hard = analyseItems(ofChapter).filter(({ passed }) => passed === 0);
    const number = (value: number) => formatPoints(Number(value.toFixed(2)));
    return [
      `${name}: mean ${number(mean)} of ${number(points)}, median ${number(median)}; ${count} graded, ${missing} missing`,
      ...histogramLines(histogram),
      ...hard.map(({ question, title }) => `  nobody passes ${question} "${plainLine(title)}"`),
    ];
  });
  const alike = [...pairs.values()].reduce((sum, found) => sum + found.length, 0);
  return [
    ...chapters,
    ...problems.map((problem) => `left aside: ${problem}`),
    ...(open > 0 ? [`${open} answers to mark by hand: see ${join(place, 'marking.html')}`] : []),
    ...(alike > 0
      ? [`${alike} similar ${alike === 1 ? 'pair' : 'pairs'} to read: see ${join(place, 'similarity.html')}`]
      : []),
    `wrote ${join(place, 'grades.csv')}, ${join(place, 'index.html')}, ${join(place, 'feedback', '*.html')}`,
  ];
}

function histogramLines(histogram: readonly number[]): readonly string[] {
  const most = Math.max(1, ...histogram);
  return histogram.map((count, at) => {
    const range = `${String(at * 10).padStart(4)} to ${String(at * 10 + 10).padStart(3)} %`;
    return `${range} ${String(count).padStart(5)} ${'#'.repeat(Math.round((40 * count) / most))}`.trimEnd();
  });
}

function detailsOf({ gradebook }: GradedFolder): readonly string[] {
  return gradebook.entries.flatMap(({ student, chapter, questions, score, points, status, notes }) => [
    `${plainLine(student.id)}, ${chapter.name}: ${formatPoints(score)} of ${formatPoints(points)} points, ${status}`,
    ...questions.flatMap(questionLines),
    ...notes.map((note) => `  note: ${plainLine(note, { length: 500 })}`),
  ]);
}

function gradeLines({ chapter, score, points, questions, notes }: SubmissionGrade): readonly string[] {
  return [
    `${chapter}: ${formatPoints(score)} of ${formatPoints(points)} points`,
    ...questions.flatMap(questionLines),
    ...[...notes, ...questions.flatMap((question) => question.notes)].map(
      (note) => `  note: ${plainLine(note, { length: 500 })}`,
    ),
  ];
}

function questionLines({ id, score, points, tests, manual }: QuestionGrade): readonly string[] {
  const earned = score === undefined ? (manual ? 'to mark' : 'not graded') : formatPoints(score);
  return [
    `  ${id}: ${earned} of ${formatPoints(points)}`,
    ...tests.flatMap(({ title, hidden, outcome, message }) => [
      `    ${outcome === 'passed' ? '✓' : '✗'} ${plainLine(title)}${hidden ? ' (hidden)' : ''}${outcome === 'passed' ? '' : `: ${outcomeWords[outcome]}`}`,
      ...(outcome === 'passed' || !message
        ? []
        : plainText(message)
            .split('\n')
            .map((line) => `        ${line}`)),
    ]),
  ];
}
