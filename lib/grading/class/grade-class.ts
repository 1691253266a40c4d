import type { SubmissionGrade } from '../grades';
import type { GradingKey } from './grading-key';
import type { GradeJournal } from './journal';
import type { Submission } from './submissions';

/** Grades one notebook; rejects where grading itself failed, which says nothing about the answer. */
export type GradeOne = (
  notebookPath: string,
  options: { readonly chapter: string; readonly inOwnFolder?: boolean; readonly signal?: AbortSignal },
) => Promise<SubmissionGrade>;

/** What became of a submission: its grade, or why there is none yet. */
export type Graded =
  | { readonly submission: Submission; readonly grade: SubmissionGrade; readonly failure?: undefined }
  | { readonly submission: Submission; readonly grade?: undefined; readonly failure: string };

export interface ClassProgress {
  readonly done: number;
  readonly total: number;
  /** Of those done, how many the journal knew. */
  readonly kept: number;
  /** What is left will take about so long; absent until one was graded. */
  readonly remainingMs?: number;
  /** The one that is done now. */
  readonly last?: Graded;
}

export interface GradeClassOptions {
  readonly gradeOne: GradeOne;
  readonly journal: GradeJournal;
  readonly key: GradingKey;
  /** So many at once. */
  readonly jobs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ClassProgress) => void;
  /** Milliseconds, for the estimate. */
  readonly now?: () => number;
}

/**
 * The grades of a class, in the order of the submissions. Grades that the journal knows are taken from it, the same file is
 * graded once, every new grade is in the journal before the next begins. A grade with an infrastructure failure is given
 * but not kept, so that the next run tries again; where grading one crashes, the others go on.
 * @throws the signal's reason once what runs has ended, with all that is done kept.
 */
export async function gradeClass(
  submissions: readonly Submission[],
  { gradeOne, journal, key, jobs = 1, signal, onProgress, now = () => performance.now() }: GradeClassOptions,
): Promise<readonly Graded[]> {
  signal?.throwIfAborted();
  const gradable = submissions.filter(({ refused }) => refused === undefined);
  const groups = groupBy(gradable, key);
  const results = new Map<Submission, Graded>();
  const began = now();
  const total = gradable.length;
  let kept = 0;
  const finish = (group: readonly Submission[], result: Outcome): void => {
    for (const submission of group) {
      const last: Graded = { submission, ...result };
      results.set(submission, last);
      const done = results.size;
      const fresh = done - kept;
      const remainingMs = fresh > 0 ? ((now() - began) / fresh) * (total - done) : undefined;
      onProgress?.({ done, total, kept, remainingMs, last });
    }
  };
  const open = [...groups].filter(([id, group]) => {
    const grade = journal.get(id);
    if (!grade) return true;
    kept += group.length;
    finish(group, { grade });
    return false;
  });
  let fatal: unknown;
  const work = async (): Promise<void> => {
    for (let next = open.shift(); next && !signal?.aborted && !fatal; next = open.shift()) {
      const [id, group] = next;
      const result = await tryGrade(group[0], gradeOne, signal);
      if (signal?.aborted && !result.grade) return; // ended from outside: nobody's failure
      try {
        if (result.grade && isFinal(result.grade)) journal.append(id, result.grade);
      } catch (error) {
        fatal = error; // the disk is full: what cannot be kept should not be computed
        return;
      }
      finish(group, result);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  if (fatal) throw fatal;
  signal?.throwIfAborted();
  return gradable.flatMap((submission) => results.get(submission) ?? []);
}

type Outcome =
  | { readonly grade: SubmissionGrade; readonly failure?: undefined }
  | { readonly grade?: undefined; readonly failure: string };

async function tryGrade(
  { path, sha256, chapter, inOwnFolder }: Submission,
  gradeOne: GradeOne,
  signal?: AbortSignal,
): Promise<Outcome> {
  try {
    const grade = await gradeOne(path, { chapter, inOwnFolder, signal });
    if (grade.sha256 === sha256) return { grade };
    return { failure: 'the file changed while it was graded' };
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** Whether grading it again would give the same: every question that is not for a person has its score. */
export function isFinal({ questions }: SubmissionGrade): boolean {
  return questions.every(
    ({ manual, score, tests }) =>
      (manual || score !== undefined) && tests.every(({ outcome }) => outcome !== 'infrastructure failure'),
  );
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
