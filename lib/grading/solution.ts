import { CourseError } from '../errors';
import type { Cell } from './percent';

type Marked = Pick<Cell, 'kind' | 'source'>;

/** What stands in a student's cell in place of a solution that names no stub of its own. */
export const defaultStub = {
  code: "throw new Error('not implemented'); // your code here",
  markdown: '*Write your answer here.*',
} as const;

/** A piece of a cell: shared by both versions, only in the solved one, or only in the student's. */
interface Piece {
  readonly version: 'both' | 'solved' | 'student';
  readonly line: string;
}

/** The cell as a student gets it: stubs in place of what is marked as solution. */
export function studentSource(cell: Marked): string {
  return linesOf(cell, 'student').join('\n');
}

/** The cell with its solution, without the marks. */
export function solvedSource(cell: Marked): string {
  return linesOf(cell, 'solved').join('\n');
}

/** The lines, trimmed, that only the solved version has. */
export function solutionLines(cell: Marked): readonly string[] {
  const solved = pieces(cell).filter(({ version }) => version === 'solved');
  return solved.map(({ line }) => line.trim()).filter((line) => line !== '');
}

export function hasSolution(cell: Marked): boolean {
  return pieces(cell).some(({ version }) => version === 'solved');
}

function linesOf(cell: Marked, wanted: 'solved' | 'student'): string[] {
  return pieces(cell).flatMap(({ version, line }) =>
    version === 'both' || version === wanted ? [line] : [],
  );
}

/**
 * Cuts a cell at its marks: `BEGIN SOLUTION`, `END SOLUTION` and `STUB: line` on lines of their own (comments in code),
 * and in code `// SOLUTION` or `// SOLUTION: stub` at the end of a line. Throws where begin and end do not pair.
 */
function pieces({ kind, source }: Marked): readonly Piece[] {
  const result: Piece[] = [];
  let block: { indent: string; solved: string[]; stubs: string[] } | undefined;
  for (const line of source.split('\n')) {
    const [, indent, mark, stub] = wholeLine[kind].exec(line) ?? [];
    if (mark === 'BEGIN SOLUTION' && !block) {
      block = { indent, solved: [], stubs: [] };
    } else if (mark === 'END SOLUTION' && block) {
      const { indent, solved, stubs } = block;
      if (stubs.length === 0) stubs.push(defaultStub[kind]);
      result.push(...solved.map((line): Piece => ({ version: 'solved', line })));
      result.push(...stubs.map((line): Piece => ({ version: 'student', line: (indent + line).trimEnd() })));
      block = undefined;
    } else if (mark === 'STUB:' && block) {
      block.stubs.push(stub ?? '');
    } else if (mark) {
      throw new CourseError(`${mark} out of place: BEGIN SOLUTION, then STUB: lines, then END SOLUTION`);
    } else if (block) {
      block.solved.push(line);
    } else {
      result.push(...endOfLine(line, kind));
    }
  }
  if (block) throw new CourseError('BEGIN SOLUTION without END SOLUTION');
  return result;
}

const wholeLine = {
  code: /^(\s*)\/\/ (BEGIN SOLUTION|END SOLUTION|STUB:)(?: (.*)|)$/,
  markdown: /^(\s*)(BEGIN SOLUTION|END SOLUTION|STUB:)(?: (.*)|)$/,
};

function endOfLine(line: string, kind: Cell['kind']): Piece[] {
  const match = kind === 'code' ? /^(\s*)(.*\S)\s*\/\/ SOLUTION(?:: (.*))?$/.exec(line) : null;
  if (!match) return [{ version: 'both', line }];
  const [, indent, solved, stub] = match;
  const dropped: Piece = { version: 'solved', line: indent + solved };
  return stub === undefined ? [dropped] : [dropped, { version: 'student', line: indent + stub }];
}
