import { createHash } from 'node:crypto';
import { type Chapter, checkedBy, creditOf, pointsOf, questionOf, tagsOf } from './chapter';
import {
  type Json,
  type JsonObject,
  joinText,
  kernelMetadata,
  type Notebook,
  type NotebookCell,
  type Output,
  splitText,
} from './nbformat';
import { nbgraderMetadata } from './nbgrader';
import type { Cell } from './percent';
import { firstLine } from './problems';
import { solvedSource, studentSource } from './solution';

/** How the outputs of a notebook came about. */
export interface Recorded {
  readonly profile: string;
  readonly date: string;
  readonly node: string;
  readonly tslab: string;
  readonly machine: string;
  /** The TensorFlow.js backend, where the chapter used one. */
  readonly backend?: string;
  readonly seconds: number;
  /** Hash of the code that ran: where the chapter's differs by now, the outputs are of an older version. */
  readonly code: string;
}

/** A cell of a notebook to be, with its outputs where it ran. */
export interface VersionedCell {
  readonly id: string;
  readonly cell: Cell;
  readonly source: string;
}

/** The cells a student gets: stubs in place of solutions. */
export function studentCells(chapter: Chapter): readonly VersionedCell[] {
  return versioned(chapter, studentSource);
}

/** The cells with the exercises solved. */
export function solvedCells(chapter: Chapter): readonly VersionedCell[] {
  return versioned(chapter, solvedSource);
}

/**
 * The notebook given to students. Outputs come from `outputs` (by cell id, of a run), else from `outputsFrom`, the
 * notebook as it was: cells whose source is the same keep theirs.
 */
export function toNotebook(
  chapter: Chapter,
  {
    outputs,
    recorded,
    outputsFrom,
    cells = studentCells(chapter),
  }: {
    readonly outputs?: ReadonlyMap<string, readonly Output[]>;
    readonly recorded?: Recorded;
    readonly outputsFrom?: Notebook;
    readonly cells?: readonly VersionedCell[];
  } = {},
): Notebook {
  const former = new Map(outputsFrom?.cells.map((cell) => [cell.id, cell]));
  const kept = recorded ?? (outputsFrom?.metadata.course as JsonObject | undefined)?.recorded;
  let count = 0;
  return {
    cells: cells.map(({ id, cell, source }): NotebookCell => {
      const base = { id, metadata: cellMetadata(chapter, cell), source: splitText(source) };
      if (cell.kind === 'markdown') return { cell_type: 'markdown', ...base };
      const before = former.get(id);
      const same = before?.cell_type === 'code' && joinText(before.source) === source;
      const shown = outputs?.get(id) ?? (same && !outputs ? before.outputs : []);
      return {
        cell_type: 'code',
        execution_count: shown.length > 0 ? ++count : null,
        outputs: shown,
        ...base,
      };
    }),
    metadata: {
      ...kernelMetadata,
      course: { source: `solutions/${chapter.name}.ts`, ...(kept ? { recorded: kept as Json } : {}) },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** Where a notebook is not what its chapter would make, apart from outputs, one sentence each. */
export function notebookDisagreements(chapter: Chapter, notebook: Notebook): readonly string[] {
  const expected = toNotebook(chapter);
  const disagreements: string[] = [];
  const count = Math.max(expected.cells.length, notebook.cells.length);
  for (let at = 0; at < count && disagreements.length < 5; at++) {
    const wanted = bare(expected.cells[at]);
    const got = bare(notebook.cells[at]);
    if (wanted === got) continue;
    const name = firstLine({ source: joinText((expected.cells[at] ?? notebook.cells[at]).source) });
    const reason = !got
      ? 'missing in the notebook'
      : !wanted
        ? 'not in the chapter'
        : 'differs from the chapter';
    disagreements.push(`cell ${at + 1} (${name}): ${reason}`);
  }
  for (const key of ['kernelspec', 'language_info'] as const) {
    if (sorted(notebook.metadata[key]) !== sorted(kernelMetadata[key]))
      disagreements.push(`metadata ${key} differs`);
  }
  if ((notebook.metadata.course as JsonObject | undefined)?.source !== `solutions/${chapter.name}.ts`) {
    disagreements.push('metadata course.source does not name the chapter');
  }
  return disagreements;
}

/** Hash of all code a full run of the chapter executes. */
export function codeHash(chapter: Chapter): string {
  const code = chapter.cells.filter(({ kind }) => kind === 'code').map(solvedSource);
  return hash(code.join('\n// %%\n')).slice(0, 16);
}

/** Whether the notebook's outputs were recorded from other code than the chapter has now. */
export function outputsAreStale(chapter: Chapter, notebook: Notebook): boolean {
  const recorded = (notebook.metadata.course as { readonly recorded?: Partial<Recorded> } | undefined)
    ?.recorded;
  return recorded?.code !== codeHash(chapter);
}

/** Ids do not depend on the position, so that adding a cell changes no other; same text twice is counted. */
function versioned(chapter: Chapter, sourceOf: (cell: Cell) => string): readonly VersionedCell[] {
  const seen = new Map<string, number>();
  return chapter.cells.map((cell) => {
    const named = cell.options.id ?? questionOf(cell)?.replace('.', '-');
    const checks = checkedBy(cell);
    // The student's text decides, so that both versions of a cell have one id.
    const hashed = `${chapter.name.slice(0, 2)}-${hash(`${cell.kind}\n${studentSource(cell)}`).slice(0, 8)}`;
    const id = typeof named === 'string' ? named : checks ? `${checks.replace('.', '-')}-check` : hashed;
    const times = (seen.get(id) ?? 0) + 1;
    seen.set(id, times);
    return { id: times === 1 ? id : `${id}-${times}`, cell, source: sourceOf(cell) };
  });
}

function cellMetadata(chapter: Chapter, cell: Cell): JsonObject {
  const {
    tags: _tags,
    question: _question,
    points: _points,
    credit: _credit,
    needs: _needs,
    id: _id,
    ...others
  } = cell.options;
  const tags = tagsOf(cell);
  const graded = nbgraderMetadata(chapter, cell);
  const question = questionOf(cell);
  const credit = creditOf(cell) === 'partial' ? {} : { credit: creditOf(cell) };
  return {
    ...(others as JsonObject),
    ...(tags.length > 0 ? { tags } : {}),
    ...(question ? { course: { question, points: pointsOf(cell), ...credit } } : {}),
    ...(graded ? { deletable: false, nbgrader: { ...graded } } : {}),
    ...(graded?.locked ? { editable: false } : {}),
  };
}

/** A cell as text without its outputs. */
function bare(cell: NotebookCell | undefined): string | undefined {
  if (!cell) return undefined;
  return sorted([cell.cell_type, cell.id, joinText(cell.source), cell.metadata]);
}

function sorted(value: Json | undefined): string {
  return JSON.stringify(value ?? null, (_key, item) => {
    const plain = item !== null && typeof item === 'object' && !Array.isArray(item);
    return plain ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item;
  });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
