import { readFileSync } from 'node:fs';
import { CourseError } from '../../errors';
import { parseCsv } from './csv';
import { byText } from './plain-text';

/** A student, as the roster knows them or as their folder is called. */
export interface Student {
  readonly id: string;
  readonly lastName: string;
  readonly firstName: string;
  readonly email: string;
}

/** A class list in CSV: the column student_id, and last_name, first_name and email where there are such. */
export function readRoster(file: string): readonly Student[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new CourseError(`${file}: cannot be read: ${(error as Error).message}`);
  }
  const { header, rows } = parseCsv(text, { file });
  if (!header.includes('student_id')) {
    throw new CourseError(
      `${file}: expected the columns student_id,last_name,first_name,email, got ${header.join(',')}`,
    );
  }
  const lines = new Map<string, number>();
  const students = rows.map(({ line, cells }) => {
    const cell = (name: string) => (cells.get(name) ?? '').trim();
    const id = cell('student_id').normalize('NFC');
    if (id === '') throw new CourseError(`${file}: line ${line}: the student_id is empty`);
    const before = lines.get(id);
    if (before !== undefined) throw new CourseError(`${file}: line ${line}: ${id} is in line ${before} too`);
    lines.set(id, line);
    return { id, lastName: cell('last_name'), firstName: cell('first_name'), email: cell('email') };
  });
  return students.sort((a, b) => byText(a.id, b.id));
}

/** A student of whom only the id is known. */
export function unknownStudent(id: string): Student {
  return { id, lastName: '', firstName: '', email: '' };
}
