import { existsSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CourseError } from '../errors';
import { type Written, writeSolvedNotebook, writeStudentNotebook } from '../grading/assign';
import { type Chapter, chapterNames, loadChapter } from '../grading/chapter';
import { readNotebook } from '../grading/nbformat';
import {
  type CellReport,
  cellsOfChapter,
  cellsOfNotebook,
  folderFor,
  type RunCell,
  type RunOptions,
  type RunReport,
  runCells,
} from '../grading/run';
import type { Profile } from '../profile';
import { positiveNumber } from './options';

interface Options {
  readonly profile: Profile;
  readonly timeout: number;
  readonly write?: boolean;
  readonly generate?: boolean;
  readonly solutions?: boolean;
  readonly student?: boolean;
  readonly json?: boolean;
}

/** `course notebooks`: runs chapters from top to bottom in the kernel that notebooks use, and makes their notebooks. */
export function notebooksCommand(): Command {
  return new Command('notebooks')
    .description('run the chapters, solved, and make the notebooks that students get')
    .argument(
      '[chapters...]',
      'numbers or names such as 01, or paths of notebooks to run as they are (default: all)',
    )
    .addOption(
      new Option('--profile <profile>', 'quick, or full: train on all of the data')
        .choices(['quick', 'full'])
        .default('quick'),
    )
    .option('--timeout <seconds>', 'most seconds a cell may take', positiveNumber, 1800)
    .option('--write', 'write notebooks/NN-name.ipynb, with the outputs of this run')
    .addOption(
      new Option('--generate', 'write it without running; unchanged cells keep their outputs').conflicts(
        'write',
      ),
    )
    .option('--solutions', 'also write the solved notebook, to .course/solutions/')
    .addOption(new Option('--student', "run the students' version instead").conflicts(['write', 'solutions']))
    .option('--json', 'print one JSON object a chapter instead of progress')
    .action(async (wanted: readonly string[], options: Options) => {
      // Ending on purpose runs the exit handlers, which end the kernel; a plain Ctrl-C would leave it behind.
      const stop = () => process.exit(130);
      process.once('SIGINT', stop).once('SIGTERM', stop);
      try {
        const names = wanted.length > 0 ? wanted : chapterNames();
        if (names.length === 0) throw new CourseError('there are no chapters in solutions/ yet');
        for (const name of names) await processOne(name, options);
      } finally {
        process.off('SIGINT', stop).off('SIGTERM', stop);
      }
    });
}

async function processOne(name: string, options: Options): Promise<void> {
  if (name.endsWith('.ipynb')) {
    const path = resolve(name);
    if (!existsSync(path)) throw new CourseError(`no notebook at ${name}`);
    if (options.write || options.generate)
      throw new CourseError(`${name}: --write and --generate take chapters, such as 01`);
    const cells = cellsOfNotebook(readNotebook(path));
    report(await run(cells, { name: basename(path, '.ipynb'), folder: folderFor(path) }, options), options);
    return;
  }
  const chapter = loadChapter(name);
  if (options.generate) {
    const written = writeStudentNotebook(chapter);
    if (options.json) console.log(JSON.stringify({ name: chapter.name, ...shown(written) }));
    else printWritten(written);
    return;
  }
  const version = options.student ? 'student' : 'solved';
  // In a solved chapter an answer that fails its check is an error; a student's may.
  const env = options.student ? undefined : { COURSE_CHECK: 'strict' };
  const result = await run(cellsOfChapter(chapter, { version }), { name: chapter.name, env }, options);
  report(result, options, result.failure ? [] : write(chapter, result, options));
}

function write(chapter: Chapter, run: RunReport, { write, solutions, profile }: Options): readonly Written[] {
  const solved = solutions ? [writeSolvedNotebook(chapter, { run, profile })] : [];
  return write ? [...solved, writeStudentNotebook(chapter, { run, profile })] : solved;
}

function run(
  cells: readonly RunCell[],
  where: Pick<RunOptions, 'name' | 'folder' | 'env'>,
  { profile, timeout, json }: Options,
): Promise<RunReport> {
  const onCell: RunOptions['onCell'] = (cell, { done, total }) => {
    if (!json) console.log(`${where.name}  cell ${done} of ${total}  ${time(cell)}  ${cell.line}`);
  };
  return runCells(cells, { ...where, profile, timeoutSeconds: timeout, onCell });
}

function report(result: RunReport, { json }: Options, written: readonly Written[] = []): void {
  const { name, cells, failure, seconds, backend } = result;
  if (failure) process.exitCode = 1;
  if (json) {
    const ok = failure === undefined;
    console.log(JSON.stringify({ name, ok, seconds, backend, failure, cells, written: written.map(shown) }));
    return;
  }
  if (failure) {
    console.error(`${name}: cell ${failure.number} failed: ${failure.line}`);
    console.error((failure.failure ?? '').replace(/^/gm, '    '));
  } else {
    console.log(
      `${name}: ${cells.length} cells in ${seconds.toFixed(1)} s${backend ? ` on ${backend}` : ''}`,
    );
  }
  written.forEach(printWritten);
}

function printWritten(written: Written): void {
  const { path, warnings } = shown(written);
  console.log(`wrote ${path}`);
  for (const warning of warnings) console.error(`warning: ${warning}`);
}

function shown({ path, warnings }: Written): Written {
  return { path: relative(process.cwd(), path), warnings };
}

function time({ seconds, failure }: CellReport): string {
  return `${seconds.toFixed(1).padStart(6)} s${failure ? '  FAILED' : ''}`;
}
