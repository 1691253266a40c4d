import { JournalFile } from '../../tuning/journal-file';
import type { SubmissionGrade } from '../grades';

/**
 * The grades that are known already, by key, in a file that only grows: one JSON object a line, on the disk before anyone
 * is told. What a killed run left unfinished at its end is ignored, and so is a line that is none of ours.
 */
export class GradeJournal {
  readonly #grades = new Map<string, SubmissionGrade>();
  readonly #file: JournalFile;

  constructor(path: string) {
    this.#file = new JournalFile(path);
    this.#file.readNew(this.#take);
  }

  get(key: string): SubmissionGrade | undefined {
    return this.#grades.get(key);
  }

  /** @throws CourseError when the disk refuses. */
  append(key: string, grade: SubmissionGrade): void {
    this.#file.append(this.#take, () => [JSON.stringify({ key, grade })]);
    this.#grades.set(key, grade);
  }

  readonly #take = (line: string): void => {
    const { key, grade } = parseLine(line);
    if (typeof key === 'string' && grade) this.#grades.set(key, grade);
  };
}

interface Line {
  readonly key?: string;
  readonly grade?: SubmissionGrade;
}

function parseLine(line: string): Line {
  try {
    const { key, grade }: Line = JSON.parse(line);
    return Array.isArray(grade?.questions) ? { key, grade } : {};
  } catch {
    return {};
  }
}
