import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import { type Cell, type PercentFile, parsePercent } from './percent';
import type { Credit } from './score';

/** A chapter's one source: `solutions/01-loading.ts`, with the solved exercises. */
export interface Chapter extends PercentFile {
  /** Such as `01-loading`. */
  readonly name: string;
  /** Such as 1: its questions are `q1.1`, `q1.2` ... */
  readonly number: number;
}

/** What a cell is for. A `question` is answered by the student, a `check` cell tests an answer. */
export type Role = 'text' | 'worked' | 'question' | 'check';

/** Names of all chapters, in order; `root` is the course's folder. */
export function chapterNames({ root = courseRoot() } = {}): readonly string[] {
  const folder = join(root, 'solutions');
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const names = files.flatMap((file) => (/^\d\d-[\w-]+\.ts$/.test(file) ? [basename(file, '.ts')] : []));
  return names.sort();
}

/** A chapter by its number (`1`, `01`) or its name (`01-loading`). */
export function loadChapter(nameOrNumber: string, { root = courseRoot() } = {}): Chapter {
  const names = chapterNames({ root });
  const wanted = /^\d+$/.test(nameOrNumber) ? `${nameOrNumber.padStart(2, '0')}-` : nameOrNumber;
  const name = names.find(
    (candidate) => candidate === wanted || (wanted.endsWith('-') && candidate.startsWith(wanted)),
  );
  if (!name) {
    const known = names.join(', ') || 'none yet';
    throw new CourseError(`no chapter ${nameOrNumber} in solutions/; there is: ${known}`);
  }
  return parseChapter(name, readFileSync(join(root, 'solutions', `${name}.ts`), 'utf8'));
}

/** The text of `solutions/NAME.ts` -> the chapter. */
export function parseChapter(name: string, text: string): Chapter {
  return { name, number: Number.parseInt(name, 10), ...parsePercent(text, { file: `solutions/${name}.ts` }) };
}

export function roleOf(cell: Cell): Role {
  if (questionOf(cell)) return 'question';
  if (cell.kind === 'markdown') return 'text';
  return checkedBy(cell) ? 'check' : 'worked';
}

/** The question a cell answers, such as `q1.1`: its option `question`. */
export function questionOf(cell: Cell): string | undefined {
  return typeof cell.options.question === 'string' ? cell.options.question : undefined;
}

/** The question a cell such as `await check('q1.1');` tests. */
export function checkedBy(cell: Cell): string | undefined {
  return cell.kind === 'code' ? /^\s*await check\(['"](q[\d.]+)['"]\)/m.exec(cell.source)?.[1] : undefined;
}

export function pointsOf(cell: Cell): number {
  return typeof cell.options.points === 'number' ? cell.options.points : 0;
}

/** Whether a part of the tests earns a part of the points: the option `credit`, `partial` where there is none. */
export function creditOf(cell: Cell): Credit {
  return cell.options.credit === 'all-or-nothing' ? 'all-or-nothing' : 'partial';
}

export function tagsOf(cell: Cell): readonly string[] {
  return stringsOf(cell.options.tags);
}

/** The cells whose declarations an answer uses: ids of earlier questions, or the option `id` of other cells. */
export function needsOf(cell: Cell): readonly string[] {
  return stringsOf(cell.options.needs);
}

function stringsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).filter((item) => typeof item === 'string');
}
