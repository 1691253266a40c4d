import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { writeError, writeFileAtomically } from '../../atomic-file';
import { CourseError } from '../../errors';
import type { AskedChapter } from './chapter-questions';
import { type CsvRow, formatCsvLine, parseCsv, unguarded } from './csv';
import { byText, plainLine } from './plain-text';
import { hashOf } from './read-file';

/** What the instructor entered for one question of one student. */
export interface ManualScore {
  readonly line: number;
  /** Absent as long as it is not marked. */
  readonly score?: number;
  readonly comment: string;
  /** Which answer was marked: `answerMark` of its text. */
  readonly answer: string;
}

/** A question of a student that waits to be marked. */
export interface OpenQuestion {
  readonly student: string;
  readonly chapter: string;
  readonly question: string;
  /** What the student wrote. */
  readonly answer: string;
}

export interface ManualScores {
  get(student: string, chapter: string, question: string): ManualScore | undefined;
}

const columns = ['student_id', 'chapter', 'question', 'score', 'comment', 'answer'] as const;

/**
 * The scores in an instructor's file, none where there is no file. A score stands in place of the machine's; an empty one
 * changes nothing.
 * @throws CourseError with the line and the question for what cannot be right.
 */
export function readManualScores(
  file: string,
  { chapterOf }: { readonly chapterOf: (name: string) => AskedChapter },
): ManualScores {
  const scores = new Map<string, ManualScore>();
  if (existsSync(file)) {
    const { header, rows } = parseCsv(readFileSync(file, 'utf8'), { file });
    const missing = columns.slice(0, 5).filter((name) => !header.includes(name));
    if (missing.length > 0) {
      throw new CourseError(
        `${file}: expected the columns ${columns.slice(0, 5).join(',')}; ${missing.join(', ')} is missing`,
      );
    }
    for (const row of rows) {
      const { key, entry } = readRow(row, { file, chapterOf });
      const before = scores.get(key);
      if (before) {
        throw new CourseError(`${file}: line ${row.line}: the same question is in line ${before.line}`);
      }
      scores.set(key, entry);
    }
  }
  return { get: (student, chapter, question) => scores.get(keyOf(student, chapter, question)) };
}

/**
 * Adds a line for each open question that has none, at the end; what is in the file stays as it is, to the byte. Returns
 * how many were added.
 */
export async function addOpenQuestions(
  file: string,
  open: readonly OpenQuestion[],
  { known }: { readonly known: ManualScores },
): Promise<number> {
  const fresh = open.filter(({ student, chapter, question }) => !known.get(student, chapter, question));
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (before !== '' && fresh.length === 0) return 0;
  const { delimiter, header } =
    before === '' ? { delimiter: ',', header: columns } : parseCsv(before, { file });
  const end = before.includes('\r\n') ? '\r\n' : '\n';
  const sorted = [...fresh].sort(
    (a, b) => byText(a.chapter, b.chapter) || byText(a.question, b.question) || byText(a.student, b.student),
  );
  const lines = sorted.map(({ student, chapter, question, answer }) => {
    const cells: Readonly<Record<string, string>> = {
      student_id: student,
      chapter,
      question,
      answer: answerMark(answer),
    };
    return formatCsvLine(
      header.map((name) => cells[name]),
      { delimiter },
    );
  });
  if (before === '') {
    await writeFileAtomically(file, [columns.join(','), ...lines, ''].join('\n'));
  } else {
    const gap = before.endsWith('\n') ? '' : end;
    try {
      appendFileSync(file, gap + lines.map((line) => line + end).join(''));
    } catch (error) {
      throw writeError(file, error);
    }
  }
  return fresh.length;
}

/** A short mark that tells one answer from another. */
export function answerMark(answer: string): string {
  return `#${hashOf(answer.trim()).slice(0, 8)}`;
}

function readRow(
  { line, cells }: CsvRow,
  { file, chapterOf }: { readonly file: string; readonly chapterOf: (name: string) => AskedChapter },
): { readonly key: string; readonly entry: ManualScore } {
  const cell = (name: (typeof columns)[number]) => unguarded((cells.get(name) ?? '').trim());
  const student = cell('student_id').normalize('NFC');
  const id = cell('question');
  const fail = (reason: string): never => {
    throw new CourseError(`${file}: line ${line}, ${plainLine(student)} ${plainLine(id)}: ${reason}`);
  };
  const chapter = tryChapter(cell('chapter'), chapterOf) ?? fail(`there is no chapter "${cell('chapter')}"`);
  const question = chapter.questions.find((one) => one.id === id);
  if (!question) {
    const known = chapter.questions.map((one) => one.id).join(', ');
    return fail(`${chapter.name} has no such question; it has ${known}`);
  }
  const text = cell('score');
  const score = /^\d+([.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : undefined;
  if (text !== '' && (score === undefined || score > question.points)) {
    fail(`expected a score from 0 to ${question.points}, got "${plainLine(text, { length: 20 })}"`);
  }
  const entry = { line, score, comment: cell('comment'), answer: cell('answer') };
  return { key: keyOf(student, chapter.name, id), entry };
}

function tryChapter(name: string, chapterOf: (name: string) => AskedChapter): AskedChapter | undefined {
  try {
    return chapterOf(name);
  } catch (error) {
    if (error instanceof CourseError) return undefined;
    throw error;
  }
}

function keyOf(student: string, chapter: string, question: string): string {
  return JSON.stringify([student, chapter, question]);
}
