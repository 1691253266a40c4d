import type { AskedQuestion } from './chapter-questions';
import { byText } from './plain-text';
import { codeTokens, wordTokens } from './tokens';

/** What a student wrote, by question. */
export interface StudentAnswers {
  readonly student: string;
  readonly answers: ReadonlyMap<string, string>;
}

/** How much two answers to a question have in common beyond what others write too. */
export interface SharedAnswer {
  readonly question: string;
  /** Of the smaller one of the two answers, 0 to 1. */
  readonly share: number;
  /** n-grams in common, each weighted by how few wrote it. */
  readonly weight: number;
}

/** Two students whose answers to some questions are alike: a reason to read them, not a verdict. */
export interface SimilarPair {
  readonly students: readonly [string, string];
  /** Over the questions below together. */
  readonly share: number;
  readonly questions: readonly SharedAnswer[];
}

export interface SimilarityOptions {
  /** Tokens in a row that count as one. */
  readonly n?: number;
  /** Least share of the smaller answer for a question to count. */
  readonly minShare?: number;
  /** Least weight in common for a question to count: short answers are alike by chance. */
  readonly minWeight?: number;
}

/**
 * The pairs of a class whose answers share much, most alike first. Answers are compared as sets of `n` tokens in a row,
 * without those of the stub and of the instructor's solution. An n-gram counts 1 where two students wrote it, less the more
 * did (`weightOf`), and 0 where more than half of the class did. The share is that of the smaller answer, so that a copy with
 * something added is found too.
 */
export function similarPairs(
  handedIn: readonly StudentAnswers[],
  questions: readonly Pick<AskedQuestion, 'id' | 'manual' | 'stub' | 'solution'>[],
  { n = 5, minShare = 0.7, minWeight = 12 }: SimilarityOptions = {},
): readonly SimilarPair[] {
  const students = [...handedIn].sort((a, b) => byText(a.student, b.student));
  const pairs = new Map<string, PairWeights[]>();
  for (const { id, manual, stub, solution } of questions) {
    const gramsOf = (text: string) => nGrams(manual ? wordTokens(text) : codeTokens(text), n);
    const given = new Set([...gramsOf(stub), ...gramsOf(solution)]);
    const own = students.map(({ answers }) => {
      const grams = gramsOf(answers.get(id) ?? '');
      return new Set([...grams].filter((gram) => !given.has(gram)));
    });
    for (const pair of weighPairs(own)) {
      const share = pair.shared / pair.smaller;
      if (share < minShare || pair.shared < minWeight) continue;
      const key = `${pair.a} ${pair.b}`;
      pairs.set(key, [...(pairs.get(key) ?? []), { ...pair, question: id }]);
    }
  }
  const found = [...pairs.values()].map((parts): SimilarPair => {
    const [{ a, b }] = parts;
    return {
      students: [students[a].student, students[b].student],
      share: total(parts, ({ shared }) => shared) / total(parts, ({ smaller }) => smaller),
      questions: parts.map(({ question, shared, smaller }) => ({
        question,
        share: shared / smaller,
        weight: shared,
      })),
    };
  });
  const evidence = ({ questions }: SimilarPair) => total(questions, ({ weight }) => weight);
  const names = ({ students }: SimilarPair) => JSON.stringify(students);
  return found.sort((a, b) => evidence(b) - evidence(a) || byText(names(a), names(b)));
}

/**
 * How much an n-gram counts that `count` of `students` wrote: 1 for two of them, then falling with the logarithm, 0 above
 * half of the class.
 */
export function weightOf(count: number, { students }: { readonly students: number }): number {
  if (count <= 2) return 1;
  if (count > students / 2) return 0;
  return Math.log(students / count) / Math.log(students / 2);
}

/** The runs of `n` tokens, each once. */
export function nGrams(tokens: readonly string[], n: number): ReadonlySet<string> {
  const grams = new Set<string>();
  for (let at = 0; at + n <= tokens.length; at++) grams.add(tokens.slice(at, at + n).join(' '));
  return grams;
}

interface PairWeights {
  readonly question: string;
  readonly a: number;
  readonly b: number;
  /** Weight of the n-grams that both have. */
  readonly shared: number;
  /** Weight of all n-grams of the one that has less. */
  readonly smaller: number;
}

/** Every two sets that share an n-gram of any weight; only these are looked at, through an index of who has what. */
function weighPairs(sets: readonly ReadonlySet<string>[]): readonly Omit<PairWeights, 'question'>[] {
  const owners = new Map<string, number[]>();
  sets.forEach((set, owner) => {
    for (const gram of set) {
      const having = owners.get(gram);
      if (having) having.push(owner);
      else owners.set(gram, [owner]);
    }
  });
  const totals = sets.map(() => 0);
  const shared = sets.map(() => new Map<number, number>());
  for (const having of owners.values()) {
    const weight = weightOf(having.length, { students: sets.length });
    if (weight === 0) continue;
    having.forEach((a, at) => {
      totals[a] += weight;
      for (const b of having.slice(at + 1)) shared[a].set(b, (shared[a].get(b) ?? 0) + weight);
    });
  }
  return shared.flatMap((others, a) =>
    [...others].map(([b, weight]) => ({ a, b, shared: weight, smaller: Math.min(totals[a], totals[b]) })),
  );
}

function total<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
