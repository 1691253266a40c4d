import os from 'node:os';
import { dirname, join, relative } from 'node:path';
import { courseRoot } from '../paths';
import type { Profile } from '../profile';
import { type Chapter, tagsOf } from './chapter';
import { type Execution, Kernel } from './kernel';
import { joinText, type Notebook, type Output } from './nbformat';
import { codeHash, type Recorded, solvedCells, studentCells } from './notebook';
import { stderrText } from './outputs';
import { firstLine } from './problems';

/** A code cell to run. */
export interface RunCell {
  readonly id: string;
  /** Position among all cells of the notebook, from 1. */
  readonly number: number;
  readonly source: string;
  readonly tags: readonly string[];
}

/** How one cell went. */
export interface CellReport {
  readonly number: number;
  readonly id: string;
  /** The cell's first line, to recognise it by. */
  readonly line: string;
  readonly seconds: number;
  /** Why it counts as failed: what it printed to stderr, or how it ended. */
  readonly failure?: string;
}

/** How a notebook went, up to its first failure. */
export interface RunReport {
  readonly name: string;
  readonly cells: readonly CellReport[];
  readonly failure?: CellReport;
  readonly seconds: number;
  /** What each cell put out, by its id, as it came. */
  readonly outputs: ReadonlyMap<string, readonly Output[]>;
  /** The TensorFlow.js backend that was in use at the end. */
  readonly backend?: string;
}

export interface RunOptions {
  readonly name: string;
  readonly folder?: string;
  readonly profile: Profile;
  /** Most seconds a cell may take. */
  readonly timeoutSeconds?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly onCell?: (report: CellReport, place: { readonly done: number; readonly total: number }) => void;
}

/** The code cells of a chapter, solved or as students get them. */
export function cellsOfChapter(
  chapter: Chapter,
  { version }: { readonly version: 'solved' | 'student' },
): readonly RunCell[] {
  const cells = version === 'solved' ? solvedCells(chapter) : studentCells(chapter);
  return cells.flatMap(({ id, cell, source }, at) =>
    cell.kind === 'code' ? [{ id, number: at + 1, source, tags: tagsOf(cell) }] : [],
  );
}

/** The code cells of any notebook, as it is. */
export function cellsOfNotebook(notebook: Notebook): readonly RunCell[] {
  return notebook.cells.flatMap((cell, at) => {
    if (cell.cell_type !== 'code') return [];
    const tags = Array.isArray(cell.metadata.tags) ? cell.metadata.tags.map(String) : [];
    return [{ id: cell.id ?? `cell-${at}`, number: at + 1, source: joinText(cell.source), tags }];
  });
}

/** Runs cells in order in a kernel of their own, until one fails; the kernel is ended whatever happens. */
export async function runCells(
  cells: readonly RunCell[],
  { name, folder = join(courseRoot(), 'notebooks'), profile, timeoutSeconds = 600, env, onCell }: RunOptions,
): Promise<RunReport> {
  const started = performance.now();
  const reports: CellReport[] = [];
  const outputs = new Map<string, readonly Output[]>();
  const filled = cells.filter(({ source }) => source.trim() !== '');
  const kernel = await Kernel.start({ folder, env: { ...env, COURSE_PROFILE: profile } });
  try {
    for (const cell of filled) {
      const start = performance.now();
      const execution = await kernel.execute(cell.source, { timeoutMs: timeoutSeconds * 1000 });
      const seconds = (performance.now() - start) / 1000;
      outputs.set(cell.id, execution.outputs);
      const failure = failureOf(cell, execution, timeoutSeconds);
      reports.push({
        number: cell.number,
        id: cell.id,
        line: firstLine(cell),
        seconds,
        ...(failure ? { failure } : {}),
      });
      onCell?.(reports[reports.length - 1], { done: reports.length, total: filled.length });
      if (failure) break;
    }
    const failure = reports.find((report) => report.failure !== undefined);
    const backend = failure ? undefined : await backendOf(kernel);
    const seconds = (performance.now() - started) / 1000;
    return {
      name,
      cells: reports,
      outputs,
      seconds,
      ...(failure ? { failure } : {}),
      ...(backend ? { backend } : {}),
    };
  } finally {
    await kernel.close();
  }
}

/** How a run's outputs came about, to be kept in the notebook. */
export function recordedBy(
  chapter: Chapter,
  report: RunReport,
  { profile }: { readonly profile: Profile },
): Recorded {
  const { version: tslab } = require('tslab/package.json') as { readonly version: string };
  const cpus = os.cpus();
  return {
    profile,
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    tslab,
    machine: `${cpus.length} x ${cpus[0]?.model.trim() ?? os.arch()}`,
    ...(report.backend ? { backend: report.backend } : {}),
    seconds: Math.round(report.seconds),
    code: codeHash(chapter),
  };
}

/** The folder a notebook file runs in: its own within the course, else `notebooks/`, where imports can be found. */
export function folderFor(path: string, { root = courseRoot() } = {}): string {
  const folder = dirname(path);
  return relative(root, folder).startsWith('..') ? join(root, 'notebooks') : folder;
}

function failureOf(
  cell: RunCell,
  { status, outputs, death }: Execution,
  timeoutSeconds: number,
): string | undefined {
  const stderr = stderrText(outputs).trim();
  if (status === 'timeout') return `not finished after ${timeoutSeconds} s`;
  if (status === 'died') return `the kernel died: ${death}`;
  const expected = cell.tags.includes('expect-error');
  if (status === 'error') return expected ? undefined : stderr || 'failed without a message';
  // tslab catches what nobody awaited, prints it, and calls the cell fine.
  if (/^(UncaughtException|UnhandledPromiseRejection):/m.test(stderr)) return stderr;
  return expected ? 'is tagged expect-error but did not fail' : undefined;
}

/** Asks the kernel for the name of the TensorFlow.js backend, if it loaded the library at all. */
async function backendOf(kernel: Kernel): Promise<string | undefined> {
  const code = `{
    const { require } = Reflect.get(globalThis, '__tslab__');
    const loaded = Object.keys(require.cache).some((path) => path.includes('tfjs-core'));
    if (loaded) process.stdout.write(require('@tensorflow/tfjs-core').getBackend() ?? '');
  }`;
  const { outputs } = await kernel.execute(code, { timeoutMs: 20_000 });
  const text = outputs.flatMap((output) =>
    output.output_type === 'stream' && output.name === 'stdout' ? [output.text] : [],
  );
  return text.map(joinText).join('').trim() || undefined;
}
