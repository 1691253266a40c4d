import { courseRoot } from '../../paths';
import { loadChapter, pointsOf, questionOf } from '../chapter';
import { solvedSource, studentSource } from '../solution';

/** A question as its chapter asks it. */
export interface AskedQuestion {
  readonly id: string;
  readonly points: number;
  /** Marked by hand. */
  readonly manual: boolean;
  /** What students start from, and the instructor's answer. */
  readonly stub: string;
  readonly solution: string;
}

export interface AskedChapter {
  readonly name: string;
  /** The chapter's heading, such as `2 · Normalization`. */
  readonly title: string;
  readonly questions: readonly AskedQuestion[];
}

/** The questions of a chapter, by its name or number. */
export function askedChapter(nameOrNumber: string, { root = courseRoot() } = {}): AskedChapter {
  const { name, cells } = loadChapter(nameOrNumber, { root });
  const heading = cells.find(({ kind, source }) => kind === 'markdown' && /^# /m.test(source));
  const questions = cells.flatMap((cell) => {
    const id = questionOf(cell);
    if (id === undefined) return [];
    const manual = cell.kind === 'markdown';
    return [{ id, points: pointsOf(cell), manual, stub: studentSource(cell), solution: solvedSource(cell) }];
  });
  return { name, title: /^# (.+)$/m.exec(heading?.source ?? '')?.[1] ?? name, questions };
}
