import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { courseRoot } from '../../paths';
import { notebookPath, notebookProblems, studentNotebook } from '../assign';
import { type Chapter, creditOf, pointsOf, questionOf } from '../chapter';
import { hiddenTestSecrets, leaksIn } from '../leaks';
import { formatNotebook, type Notebook } from '../nbformat';
import { outputsAreStale } from '../notebook';
import type { Cell } from '../percent';
import { chapterProblems } from '../problems';
import type { DeclaredQuestion } from './calls';
import { checkQuestion, type QuestionReport } from './check-question';
import { CallError, ReleaseWorker } from './worker';

/** Whether a chapter can be given out, and what is in it. */
export interface ReleaseReport {
  readonly chapter: string;
  /** In code and in words. */
  readonly questions: number;
  readonly points: number;
  readonly publicTests: number;
  readonly hiddenTests: number;
  readonly wrongAnswers: { readonly listed: number; readonly caught: number };
  readonly seconds: number;
  /** Whether the notebook on disk is the one to give out. */
  readonly isWritten: boolean;
  /** Why it cannot be given out, and what its author might better, one sentence each. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export interface ReleaseOptions {
  /** The course's folder. */
  readonly root?: string;
  /** The most that one answer and its tests may take; an endless wrong answer takes it all. */
  readonly timeoutMs?: number;
}

/**
 * Checks a chapter before it is given out: its source, the tests of each question, the types of the students' cells, and
 * that their notebook gives nothing away. Answers run in a process of their own.
 */
export async function checkRelease(
  chapter: Chapter,
  { root = courseRoot(), timeoutMs = 60_000 }: ReleaseOptions = {},
): Promise<ReleaseReport> {
  const started = performance.now();
  const asked = chapter.cells.filter((cell) => questionOf(cell) !== undefined);
  const ofSource = sourceProblems(chapter, root);
  // A chapter with problems of its own may not even be cut into cells for students.
  const checked = ofSource.length > 0 ? nothingChecked : await checkCode(chapter, { asked, root, timeoutMs });
  const given = ofSource.length > 0 ? undefined : studentNotebook(chapter, { root });
  const { reports } = checked;
  const sum = (of: (report: QuestionReport) => number) =>
    reports.reduce((total, report) => total + of(report), 0);
  const named = (sentence: string) => `${chapter.name}: ${sentence}`;
  return {
    chapter: chapter.name,
    questions: asked.length,
    points: asked.reduce((total, cell) => total + pointsOf(cell), 0),
    publicTests: sum(({ publicTests }) => publicTests),
    hiddenTests: sum(({ hiddenTests }) => hiddenTests),
    wrongAnswers: {
      listed: sum(({ wrongAnswers }) => wrongAnswers.listed),
      caught: sum(({ wrongAnswers }) => wrongAnswers.caught),
    },
    seconds: (performance.now() - started) / 1000,
    isWritten: given !== undefined && isOnDisk(chapter, { notebook: given, root }),
    problems: [
      ...ofSource,
      ...checked.problems,
      ...reports.flatMap(({ problems }) => problems.map(named)),
      ...(given ? givenAway(chapter, { notebook: given, root }) : []),
    ],
    warnings: [
      ...reports.flatMap(({ warnings }) => warnings.map(named)),
      ...(given && outputsAreStale(chapter, given) ? [named(staleOutputs)] : []),
    ],
  };
}

const staleOutputs =
  'the outputs are of other code than the chapter has now; run npx course notebooks --write';

function sourceProblems(chapter: Chapter, root: string): readonly string[] {
  const text = readFileSync(join(root, 'solutions', `${chapter.name}.ts`), 'utf8');
  const tests = testFile(chapter, root);
  return [
    ...chapterProblems(chapter, { text }),
    ...(existsSync(tests) ? [] : [`${chapter.name}: ${relative(root, tests)} is missing`]),
  ];
}

/** What came of running code: a report for each question that has tests, and problems of the chapter, with its name. */
interface Checked {
  readonly reports: readonly QuestionReport[];
  readonly problems: readonly string[];
}

const nothingChecked: Checked = { reports: [], problems: [] };

/** Runs the tests of all questions, and checks the types of the students' cells. */
async function checkCode(
  { name }: Chapter,
  { asked, root, timeoutMs }: Required<ReleaseOptions> & { readonly asked: readonly Cell[] },
): Promise<Checked> {
  const worker = new ReleaseWorker({ root, chapter: name, timeoutMs });
  const code = asked.filter(({ kind }) => kind === 'code');
  const reports: QuestionReport[] = [];
  try {
    const declared = await worker.call('questions', undefined);
    for (const question of declared) {
      const cell = code.find((candidate) => questionOf(candidate) === question.id);
      if (!cell) continue;
      const worth = { points: pointsOf(cell), credit: creditOf(cell) };
      reports.push(await checkQuestion(question, { ...worth, tests: worker }));
    }
    const types = await worker.call('types', undefined);
    const problems = [
      ...mismatches(code, declared).map((problem) => `${name}: ${problem}`),
      ...types.map((error) => `notebooks/${name}.ipynb: ${error}`),
    ];
    return { reports, problems };
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    return { reports, problems: [`${name}: its tests or types cannot be checked: ${error.message}`] };
  } finally {
    worker.close();
  }
}

/** Questions without tests, tests without a question, and questions that are tested twice. */
function mismatches(asked: readonly Cell[], declared: readonly DeclaredQuestion[]): readonly string[] {
  const ids = asked.map(questionOf);
  const tested = declared.map(({ id }) => id);
  return [
    ...ids.filter((id) => !tested.some((other) => other === id)).map((id) => `${id}: it has no tests`),
    ...tested.filter((id) => !ids.includes(id)).map((id) => `${id}: it has tests, but no cell asks it`),
    ...tested
      .filter((id, at) => tested.indexOf(id) !== at)
      .map((id) => `${id}: its tests are declared twice`),
  ];
}

/** What the notebook shows that students must not see, from the solution or from hidden tests. */
function givenAway(
  chapter: Chapter,
  { notebook, root }: { readonly notebook: Notebook; readonly root: string },
): readonly string[] {
  const hidden = hiddenTestSecrets(readFileSync(testFile(chapter, root), 'utf8'));
  const leaks = leaksIn(notebook, hidden).map((leak) => `notebooks/${chapter.name}.ipynb: ${leak}`);
  return [...new Set([...notebookProblems(chapter, notebook), ...leaks])]; // both name marks that were left
}

function isOnDisk(
  chapter: Chapter,
  { notebook, root }: { readonly notebook: Notebook; readonly root: string },
): boolean {
  const path = notebookPath(chapter, { root });
  return existsSync(path) && readFileSync(path, 'utf8') === formatNotebook(notebook);
}

function testFile({ name }: Chapter, root: string): string {
  return join(root, 'test', 'chapters', `${name}.test.ts`);
}
