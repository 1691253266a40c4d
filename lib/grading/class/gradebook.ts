import type { QuestionGrade } from '../grades';
import type { AskedChapter } from './chapter-questions';
import type { Graded } from './grade-class';
import { describeLateness, type LatePolicy, latenessOf } from './late-policy';
import { answerMark, type ManualScores, type OpenQuestion } from './manual-scores';
import { byText } from './plain-text';
import { type Student, unknownStudent } from './roster';
import type { Submission } from './submissions';

/**
 * How far the grading of an entry is: `to mark` waits for an instructor, `not graded` for another run, `missing` was not
 * handed in, `refused` cannot be graded. Only `not graded` has no score.
 */
export type EntryStatus = 'graded' | 'to mark' | 'not graded' | 'missing' | 'refused';

/** What a question earned in the end, the instructor's score before the machine's. */
export interface QuestionResult extends QuestionGrade {
  readonly byHand: boolean;
  readonly comment: string;
}

/** One student's grade of one chapter. */
export interface Entry {
  readonly student: Student;
  readonly chapter: AskedChapter;
  readonly status: EntryStatus;
  readonly submission?: Submission;
  readonly questions: readonly QuestionResult[];
  /** Earned so far. */
  readonly rawScore: number;
  /** Taken off for being late, in points. */
  readonly penalty: number;
  readonly score: number;
  readonly points: number;
  readonly lateMs: number;
  /** For the instructor, in a sentence each. */
  readonly notes: readonly string[];
}

/** The grades of a class, by chapter, then by student. */
export interface Gradebook {
  readonly entries: readonly Entry[];
  readonly due?: Date;
}

export interface GradebookOptions {
  readonly graded: readonly Graded[];
  /** All that were found, the refused ones too. */
  readonly submissions: readonly Submission[];
  readonly chapters: readonly AskedChapter[];
  /** Who is in the class; those who handed in are in any case. */
  readonly roster?: readonly Student[];
  readonly manual: ManualScores;
  readonly late: LatePolicy;
  readonly due?: Date;
  /** What a submission's student wrote, by question. */
  readonly answersOf: (submission: Submission) => ReadonlyMap<string, string>;
}

/** Machine's grades, instructor's scores and lateness together. */
export function buildGradebook(options: GradebookOptions): Gradebook {
  const { submissions, chapters, roster = [], due } = options;
  const ids = [...new Set([...roster.map(({ id }) => id), ...submissions.map(({ student }) => student)])];
  const byId = new Map(roster.map((student) => [student.id, student]));
  const students = ids.sort(byText).map((id) => byId.get(id) ?? unknownStudent(id));
  const results = new Map(options.graded.map((one) => [one.submission, one]));
  const entries = chapters.flatMap((chapter) => {
    const ofChapter = submissions.filter((one) => one.chapter === chapter.name);
    const handedIn = new Map(ofChapter.map((one) => [one.student, one]));
    return students.flatMap((student) => {
      const submission = handedIn.get(student.id);
      const enrolled = byId.has(student.id);
      if (!submission && !enrolled) return []; // known by another chapter only
      const result = submission && results.get(submission);
      const entry = entryOf({ student, chapter, submission }, { ...options, result });
      const stranger = byId.size > 0 && !enrolled;
      return [stranger ? { ...entry, notes: ['not in the roster', ...entry.notes] } : entry];
    });
  });
  return { entries, ...(due ? { due } : {}) };
}

/** The questions that an instructor has to mark, or has to look at because the answer is another one by now. */
export function openQuestions(
  { entries }: Gradebook,
  { answersOf }: Pick<GradebookOptions, 'answersOf'>,
): readonly OpenQuestion[] {
  return entries.flatMap(({ student, chapter, submission, questions }) => {
    if (!submission) return [];
    const answers = answersOf(submission);
    return questions
      .filter(({ manual, score }) => manual && score === undefined)
      .map(({ id }) => ({
        student: student.id,
        chapter: chapter.name,
        question: id,
        answer: answers.get(id) ?? '',
      }));
  });
}

type Place = Pick<Entry, 'student' | 'chapter' | 'submission'>;

function entryOf(
  place: Place,
  { result, ...options }: GradebookOptions & { readonly result?: Graded },
): Entry {
  const { student, chapter, submission } = place;
  const points = chapter.questions.reduce((sum, question) => sum + question.points, 0);
  const none = { ...place, questions: [], rawScore: 0, penalty: 0, score: 0, points, lateMs: 0 };
  if (!submission) return { ...none, status: 'missing', notes: [] };
  const notes = [...submission.notes];
  if (submission.refused !== undefined) {
    return { ...none, status: 'refused', notes: [...notes, `refused: the file ${submission.refused}`] };
  }
  if (!result?.grade) {
    const why = result?.failure ?? 'it was not reached';
    return { ...none, status: 'not graded', notes: [...notes, `not graded: ${why}; run it again`] };
  }
  const answers = options.answersOf(submission);
  const questions = result.grade.questions.map((question): QuestionResult => {
    const entered = options.manual.get(student.id, chapter.name, question.id);
    const stale = entered?.answer && entered.answer !== answerMark(answers.get(question.id) ?? '');
    if (stale && entered.score !== undefined) {
      notes.push(`${question.id}: the answer is another one than was marked; look at it again`);
    }
    const byHand = entered?.score !== undefined;
    return {
      ...question,
      byHand,
      comment: entered?.comment ?? '',
      ...(byHand ? { score: entered.score } : {}),
    };
  });
  const known = questions.flatMap(({ score }) => score ?? []);
  const rawScore = known.reduce((sum, score) => sum + score, 0);
  const { late: policy, due } = options;
  const { timestamp } = submission;
  const { lateMs, penalty, refused } = latenessOf(rawScore, { policy, due, timestamp });
  if (lateMs > 0) notes.push(`${describeLateness(lateMs)} late${refused ? ': too late to count' : ''}`);
  if (due && !timestamp) notes.push('no timestamp: not counted as late');
  const failed = questions.some(({ manual, score }) => !manual && score === undefined);
  const open = questions.some(({ score }) => score === undefined);
  return {
    ...place,
    status: failed ? 'not graded' : open ? 'to mark' : 'graded',
    questions,
    rawScore,
    penalty,
    score: rawScore - penalty,
    points: result.grade.points,
    lateMs,
    notes: [
      ...notes,
      ...result.grade.notes,
      ...questions.flatMap(({ id, notes }) => notes.map((note) => `${id}: ${note}`)),
    ],
  };
}
