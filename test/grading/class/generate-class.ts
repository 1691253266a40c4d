/*
 * A class of generated submissions whose grades are known before anyone grades them: as the solution, as the stub, partly
 * right, wrong as the chapter's tests know it, and failing in each way an answer can.
 *
 *     node -r ts-node/register test/grading/class/generate-class.ts FOLDER [CHAPTER] [COUNT]
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Chapter, loadChapter, pointsOf, questionOf } from '../../../lib/grading/chapter';
import { loadQuestions } from '../../../lib/grading/check';
import type { Outcome } from '../../../lib/grading/grades';
import { evaluateAnswer, questionCode } from '../../../lib/grading/lift';
import { formatNotebook, type NotebookCell } from '../../../lib/grading/nbformat';
import { studentCells, toNotebook } from '../../../lib/grading/notebook';
import type { Question } from '../../../lib/grading/questions';
import { solvedSource, studentSource } from '../../../lib/grading/solution';
import { runTests } from '../../../lib/grading/testing';
import { courseRoot } from '../../../lib/paths';
import { createRandom } from '../../../lib/random';

/** What is in the cell of a question. */
interface Variant {
  readonly name: string;
  readonly source: string;
  readonly score: number;
  /** How all of its tests end, where that is known. */
  readonly outcome?: Outcome;
}

/** The variants of a question: the right one first, then the stub, the wrong ones, the failures. */
interface Variants {
  readonly id: string;
  readonly right: Variant;
  readonly stub: Variant;
  readonly wrong: readonly Variant[];
  readonly failing: readonly Variant[];
}

/** What a generated submission must earn. */
export interface Expected {
  readonly student: string;
  readonly kind: 'perfect' | 'stub' | 'partly' | 'wrong' | 'failing' | 'missing';
  /** By question; nothing for one that nobody marked yet. */
  readonly scores: Readonly<Record<string, number | undefined>>;
  /** How every test of a question must have ended, where all end alike. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
  readonly raw: number;
  readonly penalty: number;
}

export interface GeneratedClass {
  /** The chapter's name. */
  readonly chapter: string;
  readonly expected: readonly Expected[];
}

export const due = '2026-10-01T23:59Z';
export const late = 'deduct=10%/day,max=50%';

const marker = /throw new Error\('not implemented'\);.*/;

/** What stands in place of a stub's `throw`, and how each test then ends. */
const failures: readonly (readonly [name: string, code: string, outcome?: Outcome])[] = [
  ['exception', "throw new TypeError('of an undefined');", 'exception'],
  ['syntax error', 'return ((;', 'compile error'],
  ['endless loop', 'for (;;) {}', 'timeout'],
  [
    'memory bomb',
    'const all: number[][] = []; for (;;) all.push(new Array(1e6).fill(all.length));',
    'out of memory',
  ],
  ['process.exit', 'process.exit(0);'],
];

/**
 * Writes `submitted/STUDENT/CHAPTER/CHAPTER.ipynb`, roster.csv and manual-scores.csv to `folder`: a class of `count` that
 * handed in, and one that did not. Of each ten one is late by a day and an hour, three are marked by hand.
 */
export async function generateClass(
  folder: string,
  { chapter: name = '2', count = 200, seed = 1, root = courseRoot() } = {},
): Promise<GeneratedClass> {
  const chapter = loadChapter(name, { root });
  const questions = loadQuestions(join(root, 'test', 'chapters', `${chapter.name}.test.ts`), { root });
  const variants: Variants[] = [];
  for (const question of questions) variants.push(await variantsOf(question, { chapter, root }));
  const random = createRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random.uniform() * items.length)];
  const wrong = variants.flatMap((one) => one.wrong.map((variant) => ({ id: one.id, variant })));
  const failing = failures.flatMap((_, kind) =>
    variants.map(({ id, failing }) => ({ id, variant: failing[kind] })),
  );
  const expected = Array.from({ length: count }, (_, at) => {
    const student = `s${String(at + 1).padStart(3, '0')}`;
    const kind = kindOf(at, count);
    const turn = at - firstOf(kind, count);
    const special =
      kind === 'wrong'
        ? wrong[turn % wrong.length]
        : kind === 'failing'
          ? failing[(turn * variants.length + Math.floor(turn / failures.length)) % failing.length]
          : undefined;
    const chosen = variants.map((one): [string, Variant] => {
      if (special) return [one.id, special.id === one.id ? special.variant : one.right];
      if (kind === 'partly') return [one.id, pick([one.right, one.stub, ...one.wrong])];
      return [one.id, kind === 'stub' ? one.stub : one.right];
    });
    return writeSubmission(folder, { chapter, student, kind, chosen: new Map(chosen), at });
  });
  const missing: Expected = {
    student: 's000',
    kind: 'missing',
    scores: {},
    outcomes: {},
    raw: 0,
    penalty: 0,
  };
  const students = [missing, ...expected].map(({ student }) => student);
  const roster = students.map((id) => `${id},Last ${id},First,${id}@example.org\n`);
  writeFileSync(join(folder, 'roster.csv'), `student_id,last_name,first_name,email\n${roster.join('')}`);
  const marked = expected.flatMap(({ student, scores }) =>
    Object.entries(scores).flatMap(([id, score]) =>
      isManual(chapter, id) && score !== undefined ? [`${student},${chapter.name},${id},${score},\n`] : [],
    ),
  );
  const header = 'student_id,chapter,question,score,comment\n';
  writeFileSync(join(folder, 'manual-scores.csv'), header + marked.join(''));
  return { chapter: chapter.name, expected: [missing, ...expected] };
}

const shares: readonly (readonly [Expected['kind'], number])[] = [
  ['perfect', 0.2],
  ['stub', 0.12],
  ['partly', 0.3],
  ['wrong', 0.23],
  ['failing', 0.15],
];

function kindOf(at: number, count: number): Expected['kind'] {
  const last = [...shares].reverse().find(([kind]) => at >= firstOf(kind, count));
  return last?.[0] ?? 'perfect';
}

/** The place in the class from which on submissions are of a kind. */
function firstOf(wanted: Expected['kind'], count: number): number {
  const before = shares.slice(
    0,
    shares.findIndex(([kind]) => kind === wanted),
  );
  return Math.round(count * before.reduce((sum, [, share]) => sum + share, 0));
}

function writeSubmission(
  folder: string,
  {
    chapter,
    student,
    kind,
    chosen,
    at,
  }: {
    readonly chapter: Chapter;
    readonly student: string;
    readonly kind: Expected['kind'];
    readonly chosen: ReadonlyMap<string, Variant>;
    readonly at: number;
  },
): Expected {
  const manual = chapter.cells.filter((cell) => cell.kind === 'markdown' && questionOf(cell));
  const cells = studentCells(chapter).map((one) => {
    const id = questionOf(one.cell);
    if (id === undefined) return one;
    const source = chosen.get(id)?.source ?? `An answer in words by ${student}.`;
    return { ...one, source };
  });
  const notebook = toNotebook(chapter, { cells });
  const own: NotebookCell = {
    cell_type: 'markdown',
    id: 'name',
    metadata: {},
    source: `Handed in by ${student}.`,
  };
  const place = join(folder, 'submitted', student, chapter.name);
  mkdirSync(place, { recursive: true });
  const text = formatNotebook({ ...notebook, cells: [...notebook.cells, own] });
  writeFileSync(join(place, `${chapter.name}.ipynb`), text);
  const isLate = at % 10 === 3;
  const handedIn = isLate ? '2026-10-03 00:59:00.000000 UTC' : '2026-10-01 12:00:00.000000 UTC';
  writeFileSync(join(place, 'timestamp.txt'), handedIn);
  const byHand = manual.map((cell) => {
    const score = at % 10 < 3 ? pointsOf(cell) / 2 : undefined;
    return [questionOf(cell) ?? '', score] as const;
  });
  const byTests = [...chosen].map(([id, { score }]) => [id, score] as const);
  const scores = Object.fromEntries([...byTests, ...byHand]);
  const raw = Object.values(scores).reduce<number>((sum, score) => sum + (score ?? 0), 0);
  const outcomes = [...chosen].flatMap(([id, { outcome }]) => (outcome ? [[id, outcome] as const] : []));
  // A day and an hour late: two days begun, a tenth each.
  return {
    student,
    kind,
    scores,
    outcomes: Object.fromEntries(outcomes),
    raw,
    penalty: isLate ? raw * 0.2 : 0,
  };
}

/**
 * Scores of wrong answers are those of the tests that they pass when they run here, in this process: they are the instructor's
 * own. All others follow from what they are.
 */
async function variantsOf(
  { id, define, wrongAnswers }: Question,
  { chapter, root }: { readonly chapter: Chapter; readonly root: string },
): Promise<Variants> {
  const cell = chapter.cells.find((one) => one.kind === 'code' && questionOf(one) === id);
  if (!cell) throw new Error(`no cell for ${id}`);
  const points = pointsOf(cell);
  const stubText = studentSource(cell);
  if (!marker.test(stubText)) throw new Error(`${id}: the stub does not throw; choose another chapter`);
  const wrong: Variant[] = [];
  for (const { name, code, fails } of wrongAnswers) {
    const answers = await evaluateAnswer(questionCode(chapter, id, { version: 'solved', code }), { root });
    const results = await runTests((get) => define(get), { answers, includeHidden: true });
    const failed = results.filter(({ status }) => status !== 'passed');
    if (!failed.some(({ title }) => title === fails)) throw new Error(`${id}: "${name}" passes "${fails}"`);
    const weight = (some: typeof results) => some.reduce((sum, one) => sum + one.points, 0);
    wrong.push({ name, source: code, score: points * (1 - weight(failed) / weight(results)) });
  }
  return {
    id,
    right: { name: 'right', source: solvedSource(cell), score: points },
    stub: { name: 'stub', source: stubText, score: 0, outcome: 'not implemented' },
    wrong,
    failing: failures.map(([name, code, outcome]) => ({
      name,
      source: stubText.replace(marker, () => code),
      score: 0,
      ...(outcome ? { outcome } : {}),
    })),
  };
}

function isManual(chapter: Chapter, id: string): boolean {
  return chapter.cells.some((cell) => cell.kind === 'markdown' && questionOf(cell) === id);
}

if (require.main === module) {
  const [folder, chapter, count] = process.argv.slice(2);
  if (!folder) throw new Error('expected the folder to write the class to');
  void generateClass(folder, { chapter, count: count ? Number(count) : undefined }).then((made) =>
    writeFileSync(join(folder, 'expected.json'), `${JSON.stringify(made, null, 2)}\n`),
  );
}
