import type { Outcome } from '../grades';
import type { Entry } from './gradebook';

/** How a class did in one test. */
export interface TestItem {
  readonly chapter: string;
  readonly question: string;
  readonly title: string;
  readonly hidden: boolean;
  /** Submissions that it ran for, or that had no answer to run it for. */
  readonly count: number;
  readonly passed: number;
  /** The others, most frequent first. */
  readonly failures: readonly { readonly outcome: Outcome; readonly count: number }[];
}

/** Each test with how many passed it, in the order of the chapters; infrastructure failures are not counted. */
export function analyseItems(entries: readonly Entry[]): readonly TestItem[] {
  const items = new Map<string, Omit<TestItem, 'count' | 'passed' | 'failures'>>();
  const outcomes = new Map<string, Outcome[]>();
  for (const { chapter, questions } of entries) {
    for (const { id: question, tests } of questions) {
      for (const { title, hidden, outcome } of tests) {
        if (outcome === 'infrastructure failure') continue;
        const key = JSON.stringify([chapter.name, question, title, hidden]);
        const before = outcomes.get(key) ?? [];
        before.push(outcome);
        outcomes.set(key, before);
        items.set(key, { chapter: chapter.name, question, title, hidden });
      }
    }
  }
  return [...items].map(([key, item]) => {
    const all = outcomes.get(key) ?? [];
    const kinds = [...new Set(all)].filter((outcome) => outcome !== 'passed').sort();
    const failures = kinds.map((outcome) => ({
      outcome,
      count: all.filter((other) => other === outcome).length,
    }));
    return {
      ...item,
      count: all.length,
      passed: all.filter((outcome) => outcome === 'passed').length,
      failures: failures.sort((a, b) => b.count - a.count),
    };
  });
}
