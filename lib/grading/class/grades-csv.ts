import { formatCsvLine } from './csv';
import type { Entry, Gradebook } from './gradebook';
import { plainLine } from './plain-text';

/** The columns of nbgrader's `export`, in its order. */
const nbgraderColumns = [
  'assignment',
  'duedate',
  'timestamp',
  'student_id',
  'last_name',
  'first_name',
  'email',
  'raw_score',
  'late_submission_penalty',
  'score',
  'max_score',
] as const;

/**
 * The grades as CSV in nbgrader's columns, then `status`, then a column for each question. An entry that grading failed
 * for has no scores, so that nobody takes them for zeros.
 */
export function gradesCsv({ entries, due }: Gradebook): string {
  const questions = [...new Set(entries.flatMap(({ chapter }) => chapter.questions.map(({ id }) => id)))];
  const rows = entries.map((entry) => {
    const { student, chapter, submission, status, points } = entry;
    const unknown = status === 'not graded';
    return [
      chapter.name,
      due && instant(due),
      submission?.timestamp && instant(submission.timestamp),
      plainLine(student.id),
      plainLine(student.lastName),
      plainLine(student.firstName),
      plainLine(student.email),
      unknown ? undefined : rounded(entry.rawScore),
      unknown ? undefined : rounded(entry.penalty),
      unknown ? undefined : rounded(entry.score),
      rounded(points),
      status,
      ...questions.map((id) => scoreOf(entry, id)),
    ];
  });
  return [[...nbgraderColumns, 'status', ...questions], ...rows]
    .map((row) => `${formatCsvLine(row)}\n`)
    .join('');
}

function scoreOf({ status, chapter, questions }: Entry, id: string): number | undefined {
  if (!chapter.questions.some((question) => question.id === id)) return undefined;
  if (status === 'missing' || status === 'refused') return 0;
  const score = questions.find((question) => question.id === id)?.score;
  return score === undefined ? undefined : rounded(score);
}

/** In UTC, as nbgrader writes it: `2026-10-01 23:59:00`. */
function instant(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', ' ');
}

function rounded(points: number): number {
  return Number(points.toFixed(4));
}
