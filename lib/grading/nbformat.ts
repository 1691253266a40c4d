import { readFileSync } from 'node:fs';
import { CourseError } from '../errors';

/** A value of a JSON file. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };
export type JsonObject = Readonly<Record<string, Json | undefined>>;

export interface StreamOutput {
  readonly output_type: 'stream';
  readonly name: 'stdout' | 'stderr';
  readonly text: Text;
}

export interface DisplayOutput {
  readonly output_type: 'display_data';
  readonly data: JsonObject;
  readonly metadata: JsonObject;
}

/** What a cell put out. tslab sends streams and display data only: an error is text on stderr. */
export type Output = StreamOutput | DisplayOutput;

/** Text as nbformat stores it: its lines, each with its line end, or one string. */
export type Text = string | readonly string[];

interface BaseCell {
  readonly id: string;
  readonly metadata: JsonObject;
  readonly source: Text;
}

export interface MarkdownCell extends BaseCell {
  readonly cell_type: 'markdown';
}

export interface CodeCell extends BaseCell {
  readonly cell_type: 'code';
  readonly execution_count: number | null;
  readonly outputs: readonly Output[];
}

export type NotebookCell = MarkdownCell | CodeCell;

/** A Jupyter notebook, nbformat 4.5 (https://nbformat.readthedocs.io). */
export interface Notebook {
  readonly cells: readonly NotebookCell[];
  readonly metadata: JsonObject;
  readonly nbformat: 4;
  readonly nbformat_minor: number;
}

/** Metadata that makes Jupyter start the course's kernel, in the words that tslab itself answers. */
export const kernelMetadata = {
  kernelspec: { display_name: 'TypeScript', language: 'typescript', name: 'tslab' },
  language_info: {
    codemirror_mode: { mode: 'typescript', name: 'javascript', typescript: true },
    file_extension: '.ts',
    mimetype: 'text/typescript',
    name: 'typescript',
    version: '3.7.2',
  },
} as const;

export function readNotebook(path: string): Notebook {
  let notebook: Partial<Notebook>;
  try {
    notebook = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CourseError(`${path}: expected a notebook (JSON), got: ${(error as Error).message}`);
  }
  if (notebook.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw new CourseError(`${path}: expected a notebook of nbformat 4, got nbformat ${notebook.nbformat}`);
  }
  return { metadata: {}, nbformat_minor: 5, ...notebook, nbformat: 4, cells: notebook.cells };
}

/** The file's text, byte for byte as Jupyter writes it: keys sorted, indented by one blank. */
export function formatNotebook(notebook: Notebook): string {
  return JSON.stringify(notebook, sortKeys, 1) + '\n';
}

export function codeCells({ cells }: Notebook): readonly CodeCell[] {
  return cells.flatMap((cell) => (cell.cell_type === 'code' ? [cell] : []));
}

export function joinText(text: Text): string {
  return typeof text === 'string' ? text : text.join('');
}

/** `a\nb` -> `['a\n', 'b']`. */
export function splitText(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

function sortKeys(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
