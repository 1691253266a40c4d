/** How the tests of a question earn its points: each its part, or nothing unless all pass. */
export type Credit = (typeof credits)[number];
export const credits = ['partial', 'all-or-nothing'] as const;

/** What of a test counts. */
export interface ScoredTest {
  /** Among the tests of its question: `[2 points]` in its title, else 1. */
  readonly weight: number;
  readonly passed: boolean;
}

/**
 * The points that a question's tests earn, of `points` at most: with partial credit by the weight of those that passed,
 * else all or none. No tests earn nothing.
 */
export function scoreOf(
  tests: readonly ScoredTest[],
  { points, credit = 'partial' }: { readonly points: number; readonly credit?: Credit },
): number {
  const passed = tests.filter((test) => test.passed);
  if (credit === 'all-or-nothing') return passed.length === tests.length && tests.length > 0 ? points : 0;
  const total = (some: readonly ScoredTest[]) => some.reduce((sum, { weight }) => sum + weight, 0);
  return (points * total(passed)) / (total(tests) || 1);
}
