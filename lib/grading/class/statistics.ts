import type { Entry } from './gradebook';

/** How a class did in one chapter. */
export interface ClassStatistics {
  /** Entries with a score: handed in and graded, if need be without the questions marked by hand. */
  readonly count: number;
  readonly missing: number;
  readonly mean: number;
  readonly median: number;
  readonly points: number;
  /** Entries by tenths of the points, ten of them; full marks are in the last. */
  readonly histogram: readonly number[];
}

/** Scores of one chapter's entries, after penalties; those missing or not graded are left out of mean and median. */
export function classStatistics(entries: readonly Entry[]): ClassStatistics {
  const scored = entries.filter(({ status }) => status === 'graded' || status === 'to mark');
  const scores = scored.map(({ score }) => score).sort((a, b) => a - b);
  const points = entries[0]?.points ?? 0;
  const histogram = new Array<number>(10).fill(0);
  for (const score of scores) histogram[Math.min(9, Math.floor((10 * score) / (points || 1) + 1e-9))]++;
  const middle = scores.length / 2;
  return {
    count: scores.length,
    missing: entries.filter(({ status }) => status === 'missing').length,
    mean: scores.reduce((sum, score) => sum + score, 0) / (scores.length || 1),
    median: scores.length === 0 ? 0 : (scores[Math.floor(middle)] + scores[Math.ceil(middle - 1)]) / 2,
    points,
    histogram,
  };
}
