import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { type Chapter, questionOf } from '../chapter';
import { hashOf } from '../class/read-file';
import { declaredNames, parseCode } from '../declarations';
import { type HandedInModel, modelHash, modelsBeside } from '../model/handed-in';
import { solvedSource } from '../solution';
import type { AnswerSources } from './answer-code';

/** A notebook as a student handed it in, as far as grading looks at it. */
export interface Submission {
  /** Of the file; where models belong to it, of all together. */
  readonly sha256: string;
  /** What the notebook says its chapter is: a name, or the number that its questions begin with. */
  readonly chapter?: string;
  readonly cells: readonly SubmittedCell[];
  /** Handed in with it. */
  readonly models: readonly HandedInModel[];
  /** What is wrong with the file, a sentence each. */
  readonly notes: readonly string[];
}

export interface SubmittedCell {
  readonly kind: 'code' | 'markdown';
  readonly source: string;
  /** The question that the cell says it answers. */
  readonly question?: string;
}

export const submissionLimits = { fileBytes: 20_000_000, cellCharacters: 200_000, cells: 5000 } as const;

/**
 * Reads what a student handed in; anything may stand in the file. A file that is no notebook has no cells and a note that
 * says why. Models belong to it where its folder is the student's own. Throws only where the file itself cannot be read.
 */
export function readSubmission(path: string, { inOwnFolder = true } = {}): Submission {
  const bytes = readBounded(path, submissionLimits.fileBytes + 1);
  const fileHash = createHash('sha256').update(bytes).digest('hex');
  const models = inOwnFolder ? modelsBeside(path) : [];
  const sha256 = models.length === 0 ? fileHash : hashOf(`${fileHash} ${modelHash(models)}`);
  const empty = (note: string): Submission => ({ sha256, cells: [], models, notes: [note] });
  if (bytes.length > submissionLimits.fileBytes)
    return empty(`the file is larger than ${submissionLimits.fileBytes / 1e6} MB and was not read`);
  let notebook: unknown;
  try {
    notebook = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch {
    return empty('the file is no notebook: it is not JSON');
  }
  const cells = own(notebook, 'cells');
  if (!Array.isArray(cells)) return empty('the file is no notebook: it has no cells');
  const notes: string[] = [];
  if (cells.length > submissionLimits.cells)
    notes.push(`only the first ${submissionLimits.cells} cells were read`);
  const read = cells.slice(0, submissionLimits.cells).flatMap((cell, at) => {
    const submitted = readCell(cell);
    if (typeof submitted !== 'string') return [submitted];
    if (submitted) notes.push(`cell ${at + 1} was not read: ${submitted}`);
    return [];
  });
  return { sha256, chapter: chapterOf(notebook, read, path), cells: read, models, notes };
}

/** A cell, or why it was left out; nothing to say of cells that hold no work. */
function readCell(cell: unknown): SubmittedCell | string {
  const kind = own(cell, 'cell_type');
  if (kind !== 'code' && kind !== 'markdown') return kind === 'raw' ? '' : 'it is of no known kind';
  const text = own(cell, 'source');
  const lines = Array.isArray(text) ? text : [text];
  if (!lines.every((line) => typeof line === 'string')) return 'it has no text';
  const source = withoutLoneSurrogates(lines.join(''));
  if (source.length > submissionLimits.cellCharacters)
    return `it has more than ${submissionLimits.cellCharacters} characters`;
  return { kind, source, question: questionIn(own(cell, 'metadata'), own(cell, 'id')) };
}

/** Of the course's metadata, else nbgrader's, else the cell's id: whatever a student's tools left. */
function questionIn(metadata: unknown, id: unknown): string | undefined {
  const named = own(own(metadata, 'course'), 'question');
  if (typeof named === 'string') return named;
  for (const candidate of [own(own(metadata, 'nbgrader'), 'grade_id'), id]) {
    if (typeof candidate === 'string' && /^q\d+-\d+$/.test(candidate)) return candidate.replace('-', '.');
  }
  return undefined;
}

function chapterOf(notebook: unknown, cells: readonly SubmittedCell[], path: string): string | undefined {
  const source = own(own(own(notebook, 'metadata'), 'course'), 'source');
  const named = typeof source === 'string' ? /^solutions\/(\d\d-[\w-]+)\.ts$/.exec(source) : null;
  if (named) return named[1];
  const number = cells.map(({ question }) => /^q(\d+)\./.exec(question ?? '')?.[1]).find(Boolean);
  return number ?? /^\d\d-[\w-]+(?=.*\.ipynb$)/.exec(basename(path))?.[0].match(/^\d\d/)?.[0];
}

/** A student's answer, with what it was lifted from. */
export interface FoundAnswer extends AnswerSources {
  readonly notes: readonly string[];
}

/**
 * The answer to a question. Of several cells that say they answer it (a cell was split, or copied), it is the last one that
 * declares what is asked for, else the last one with any text; the others count as cells of their own. A notebook whose
 * tools lost the metadata is searched for what is asked for. Undefined where there is nothing.
 */
export function answerIn(
  { cells }: Pick<Submission, 'cells'>,
  { chapter, id }: { readonly chapter: Chapter; readonly id: string },
): FoundAnswer | undefined {
  const code = cells.filter(({ kind, source }) => kind === 'code' && source.trim() !== '');
  const marked = code.filter(({ question }) => question === id);
  const asked = chapter.cells.find((cell) => cell.kind === 'code' && questionOf(cell) === id);
  const names = asked ? declaredNames(parseCode(solvedSource(asked))) : [];
  const declares = ({ source }: SubmittedCell) => {
    const declared = namesIn(source);
    return names.some((name) => declared.includes(name));
  };
  const notes: string[] = [];
  const answer = marked.filter(declares).at(-1) ?? marked.at(-1) ?? code.filter(declares).at(-1);
  if (!answer) return undefined;
  if (marked.length > 1) notes.push(`${marked.length} cells say that they answer ${id}; one was graded`);
  if (marked.length === 0)
    notes.push(`no cell says that it answers ${id}; the one that declares it was graded`);
  return {
    answer: answer.source,
    others: code.filter((cell) => cell !== answer).map(({ source }) => source),
    notes,
  };
}

/** What code declares; nothing where it is too much for the parser. */
function namesIn(source: string): readonly string[] {
  try {
    return declaredNames(parseCode(source));
  } catch {
    return [];
  }
}

function withoutLoneSurrogates(text: string): string {
  return Buffer.from(text).toString('utf8');
}

/** A property of an object from a file; what every object inherits does not count. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return Reflect.get(value, key);
}

function readBounded(path: string, limit: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(limit);
    let length = 0;
    for (let got = 1; got > 0 && length < limit; length += got)
      got = readSync(file, buffer, length, limit - length, null);
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}
