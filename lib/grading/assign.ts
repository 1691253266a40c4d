import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import type { Profile } from '../profile';
import { type Chapter, roleOf } from './chapter';
import { leaksIn, solutionSecrets } from './leaks';
import { formatNotebook, joinText, type Notebook, type Output, readNotebook } from './nbformat';
import { outputsAreStale, solvedCells, toNotebook, type VersionedCell } from './notebook';
import { cleanOutputs, machinePaths, stderrText } from './outputs';
import { chapterProblems, firstLine } from './problems';
import { type RunReport, recordedBy } from './run';

/** A notebook that was written, and what its author should know. */
export interface Written {
  readonly path: string;
  readonly warnings: readonly string[];
}

/** A notebook larger than the first is worth a warning, larger than the second is refused. */
export const notebookLimits = { warnBytes: 800_000, maxBytes: 1_500_000 } as const;

/** `notebooks/NAME.ipynb`, what students get. */
export function notebookPath(chapter: Chapter, { root = courseRoot() } = {}): string {
  return join(root, 'notebooks', `${chapter.name}.ipynb`);
}

/** The students' notebook of a chapter; cells that are as in the notebook on disk have its outputs. */
export function studentNotebook(chapter: Chapter, { root = courseRoot() } = {}): Notebook {
  const path = notebookPath(chapter, { root });
  return toNotebook(chapter, { outputsFrom: existsSync(path) ? readNotebook(path) : undefined });
}

/**
 * Writes the students' notebook of a chapter. With a `run` of the solved chapter, worked cells show what they put out;
 * without one, cells that are as before keep their outputs. Refuses a chapter with problems, and a notebook that would
 * give away a solution, name a folder of this machine or be too large.
 */
export function writeStudentNotebook(
  chapter: Chapter,
  { run, profile = 'quick', root = courseRoot() }: { run?: RunReport; profile?: Profile; root?: string } = {},
): Written {
  refuse(chapterProblems(chapter));
  const path = notebookPath(chapter, { root });
  const worked = solvedCells(chapter).filter(({ cell }) => roleOf(cell) === 'worked');
  const notebook = run
    ? toNotebook(chapter, {
        outputs: savedOutputs(worked, run),
        recorded: recordedBy(chapter, run, { profile }),
      })
    : studentNotebook(chapter, { root });
  refuse(notebookProblems(chapter, notebook));
  const warnings = run ? stderrWarnings(worked, run) : [];
  if (!run && outputsAreStale(chapter, notebook)) {
    warnings.push(
      `${chapter.name}: the outputs are of other code than the chapter has now; run it with --write`,
    );
  }
  return save(path, notebook, warnings);
}

/** Writes the solved chapter with all outputs of its run to `.course/solutions/`, which git ignores. */
export function writeSolvedNotebook(
  chapter: Chapter,
  { run, profile, root = courseRoot() }: { run: RunReport; profile: Profile; root?: string },
): Written {
  const cells = solvedCells(chapter);
  const outputs = savedOutputs(cells, run);
  const notebook = toNotebook(chapter, { cells, outputs, recorded: recordedBy(chapter, run, { profile }) });
  return save(join(root, '.course', 'solutions', `${chapter.name}.ipynb`), notebook, []);
}

/** Why a notebook cannot be given to students, one sentence each. */
export function notebookProblems(chapter: Chapter, notebook: Notebook): readonly string[] {
  const problems = [...leaksIn(notebook, solutionSecrets(chapter))];
  for (const [at, cell] of notebook.cells.entries()) {
    if (cell.cell_type !== 'code') continue;
    const keeps = keepsStderr(Array.isArray(cell.metadata.tags) ? cell.metadata.tags : []);
    const name = `cell ${at + 1} (${firstLine({ source: joinText(cell.source) })})`;
    const paths = machinePaths(cell.outputs);
    if (paths.length > 0)
      problems.push(`${name} shows paths of this machine: ${paths.slice(0, 3).join(', ')}`);
    if (!keeps && stderrText(cell.outputs)) problems.push(`${name} shows stderr output`);
  }
  const bytes = Buffer.byteLength(formatNotebook(notebook));
  if (bytes > notebookLimits.maxBytes) {
    const largest = Math.max(...notebook.cells.map((cell) => JSON.stringify(cell).length));
    const kB = (count: number) => `${Math.round(count / 1000)} kB`;
    problems.push(
      `${kB(bytes)}, at most ${kB(notebookLimits.maxBytes)}; the largest cell has ${kB(largest)}`,
    );
  }
  return problems.map((problem) => `notebooks/${chapter.name}.ipynb: ${problem}`);
}

function savedOutputs(
  cells: readonly VersionedCell[],
  run: RunReport,
): ReadonlyMap<string, readonly Output[]> {
  return new Map(
    cells.map(({ id, cell }) => {
      const tags = Array.isArray(cell.options.tags) ? cell.options.tags : [];
      return [id, cleanOutputs(run.outputs.get(id) ?? [], { keepStderr: keepsStderr(tags) })];
    }),
  );
}

function keepsStderr(tags: readonly unknown[]): boolean {
  return tags.includes('expect-stderr') || tags.includes('expect-error');
}

function stderrWarnings(cells: readonly VersionedCell[], run: RunReport): string[] {
  return cells.flatMap(({ id, cell }) => {
    const tags = Array.isArray(cell.options.tags) ? cell.options.tags : [];
    const text = keepsStderr(tags) ? '' : stderrText(run.outputs.get(id) ?? []).trim();
    return text
      ? [`${run.name}: not saved, stderr of the cell "${firstLine(cell)}": ${firstLine({ source: text })}`]
      : [];
  });
}

function save(path: string, notebook: Notebook, warnings: readonly string[]): Written {
  const text = formatNotebook(notebook);
  const bytes = Buffer.byteLength(text);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  const large = bytes > notebookLimits.warnBytes ? [`${path}: ${Math.round(bytes / 1000)} kB is large`] : [];
  return { path, warnings: [...warnings, ...large] };
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw new CourseError(problems.join('\n'));
}
