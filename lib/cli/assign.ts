import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { Command, Option } from 'commander';
import { CourseError } from '../errors';
import { writeStudentNotebook } from '../grading/assign';
import { type Chapter, chapterNames, loadChapter } from '../grading/chapter';
import { checkRelease, type ReleaseReport } from '../grading/release/check-release';
import { writeStudentCourse } from '../grading/release/student-course';
import { courseRoot } from '../paths';
import { positiveInteger, positiveNumber } from './options';

interface Options {
  readonly check?: boolean;
  readonly students?: string;
  readonly jobs: number;
  readonly timeout: number;
  readonly json?: boolean;
}

/** `course assign`: checks chapters and the tests of their questions, and writes the notebooks to give out. */
export function assignCommand({ root = courseRoot() }: { readonly root?: string } = {}): Command {
  return new Command('assign')
    .description('check the exercises of chapters and their tests, and write the notebooks to give out')
    .argument('[chapters...]', 'numbers or names such as 01 (default: all)')
    .option('--check', 'write nothing')
    .addOption(
      new Option(
        '--students <folder>',
        'also write the course as students get it: these notebooks, no solutions, no hidden tests',
      ).conflicts('check'),
    )
    .option('--jobs <n>', 'chapters at once', positiveInteger, availableParallelism())
    .option('--timeout <seconds>', 'most for one answer and its tests', positiveNumber, 60)
    .option('--json', 'print one JSON object a chapter instead of a table')
    .action(async (wanted: readonly string[], options: Options) => {
      // Ending on purpose runs the exit handlers, which end the processes that answers run in.
      const stop = () => process.exit(130);
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const names = wanted.length > 0 ? wanted : chapterNames({ root });
        if (names.length === 0) throw new CourseError('there are no chapters in solutions/ yet');
        await assign(
          names.map((name) => loadChapter(name, { root })),
          { ...options, root },
        );
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}

async function assign(
  chapters: readonly Chapter[],
  { root, check, students, jobs, timeout, json }: Options & { readonly root: string },
): Promise<void> {
  if (!json) console.log(tableLine(titles));
  const open = [...chapters];
  const reports = new Map<Chapter, ReleaseReport>();
  let shown = 0;
  const work = async () => {
    for (let chapter = open.shift(); chapter; chapter = open.shift()) {
      reports.set(chapter, await checkRelease(chapter, { root, timeoutMs: timeout * 1000 }));
      for (; shown < chapters.length; shown++) {
        const report = reports.get(chapters[shown]);
        if (!report) break; // in the order of the chapters
        console.log(json ? JSON.stringify(report) : tableLine(valuesOf(report)));
      }
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const sound = chapters.filter((chapter) => reports.get(chapter)?.problems.length === 0);
  const written = check ? [] : sound.map((chapter) => writeStudentNotebook(chapter, { root }));
  const said = chapters.flatMap((chapter) => reports.get(chapter) ?? []);
  const refused = chapters.length - sound.length;
  if (refused > 0) process.exitCode = 1;
  const copied =
    students === undefined || refused > 0 ? undefined : writeStudentCourse(students, { chapters, root });
  if (json) return;
  for (const { path } of written) console.log(`wrote ${relative(process.cwd(), path)}`);
  if (copied) console.log(`wrote ${copied.files} files to ${students}, for students`);
  for (const { chapter, isWritten, problems, warnings } of said) {
    for (const warning of warnings) console.error(`warning: ${warning}`);
    if (check && problems.length === 0 && !isWritten)
      console.error(`warning: ${chapter}: notebooks/${chapter}.ipynb is not what the chapter would make now`);
    for (const problem of problems) console.error(`course: ${problem}`);
  }
  if (refused > 0) console.error(`course: ${refused} of ${chapters.length} chapters cannot be given out`);
}

const titles = ['chapter', 'questions', 'points', 'public', 'hidden', 'wrong answers', 'seconds'];

function valuesOf(report: ReleaseReport): readonly string[] {
  const { chapter, questions, points, publicTests, hiddenTests, wrongAnswers, seconds } = report;
  const caught = `${wrongAnswers.caught} of ${wrongAnswers.listed} caught`;
  return [
    ...[chapter, questions, points, publicTests, hiddenTests].map(String),
    ...[caught, seconds.toFixed(1), report.problems.length > 0 ? 'REFUSED' : ''],
  ];
}

function tableLine([chapter, ...values]: readonly string[]): string {
  const widths = [9, 6, 6, 6, 15, 7];
  const columns = values.map((value, at) => value.padStart(widths[at] ?? 0));
  return [chapter.padEnd(20), ...columns].join('  ').trimEnd();
}
