import { createHash } from 'node:crypto';
import { type Chapter, checkedBy, pointsOf, questionOf } from './chapter';
import type { Cell } from './percent';
import { studentSource } from './solution';

/** What nbgrader keeps with a cell that it knows: its metadata, schema 3 (https://nbgrader.readthedocs.io). */
export interface NbgraderMetadata {
  readonly schema_version: 3;
  readonly grade: boolean;
  readonly solution: boolean;
  readonly locked: boolean;
  readonly task: boolean;
  readonly grade_id: string;
  /** At most, of a cell with `grade`. */
  readonly points?: number;
  readonly cell_type: 'code' | 'markdown';
  /** Of the cell as it is given out: an answer that still has it was never begun. */
  readonly checksum: string;
}

/**
 * nbgrader's metadata of a cell, where it has any. An answer in code is open and carries no points, the cell that checks
 * it is locked and carries them; an answer in words carries its own and is graded by hand.
 */
export function nbgraderMetadata(chapter: Chapter, cell: Cell): NbgraderMetadata | undefined {
  const question = questionOf(cell);
  const checked = checkedBy(cell);
  const base = { schema_version: 3, task: false, cell_type: cell.kind } as const;
  if (question) {
    const grade = cell.kind === 'markdown';
    const points = grade ? { points: pointsOf(cell) } : {};
    const grade_id = gradeId(question);
    return withChecksum(cell, { ...base, grade, solution: true, locked: false, grade_id, ...points });
  }
  if (!checked) return undefined;
  const asked = chapter.cells.find((other) => questionOf(other) === checked);
  const points = asked ? pointsOf(asked) : 0;
  const grade_id = `${gradeId(checked)}-check`;
  return withChecksum(cell, { ...base, grade: true, solution: false, locked: true, grade_id, points });
}

/** `q2.1` as nbgrader takes it: letters, digits, `-` and `_`. */
function gradeId(question: string): string {
  return question.replace('.', '-');
}

/** With nbgrader's checksum (`compute_checksum` of its utils.py), in the words of Python: `True`, `2.0`. */
function withChecksum(cell: Cell, metadata: Omit<NbgraderMetadata, 'checksum'>): NbgraderMetadata {
  const { cell_type, grade, solution, locked, grade_id, points } = metadata;
  const md5 = createHash('md5').update(studentSource(cell)).update(cell_type);
  for (const flag of [grade, solution, locked]) md5.update(flag ? 'True' : 'False');
  md5.update(grade_id);
  if (points !== undefined) md5.update(Number.isInteger(points) ? points.toFixed(1) : String(points));
  return { ...metadata, checksum: md5.digest('hex') };
}
