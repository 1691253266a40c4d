import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Chapter, chapterNames, loadChapter, questionOf } from '../../../lib/grading/chapter';
import { loadQuestions } from '../../../lib/grading/check';
import type { SubmissionGrade } from '../../../lib/grading/grades';
import { formatNotebook } from '../../../lib/grading/nbformat';
import { solvedCells, studentCells, toNotebook, type VersionedCell } from '../../../lib/grading/notebook';
import { courseRoot } from '../../../lib/paths';

/*
 * Grades every chapter in the sandbox: its solved notebook must get all points, the student's none, and each listed wrong
 * answer must fail the test that names its mistake. It uses the built library, as `npx course grade` does:
 *
 *   node -r ts-node/register test/grading/sandbox/all-chapters.ts [CHAPTER...]
 */

const built = join(courseRoot(), 'lib', 'dist', 'grading', 'sandbox', 'grade-submission.js');
const { gradeSubmission } = require(built) as typeof import('../../../lib/grading/sandbox/grade-submission');
const folder = mkdtempSync(join(tmpdir(), 'all-chapters-'));
const problems: string[] = [];

async function main(names: readonly string[]): Promise<void> {
  const start = performance.now();
  let count = 0;
  for (const name of names) {
    const begin = performance.now();
    const chapter = loadChapter(name);
    const runs = (await versions(chapter)) + (await wrongAnswers(chapter));
    count += runs;
    const seconds = (performance.now() - begin) / 1000;
    console.log(`${chapter.name}: ${runs} answers, ${(seconds / runs).toFixed(2)} s each`);
  }
  const seconds = (performance.now() - start) / 1000;
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(`${count} answers, ${problems.length} problems, ${seconds.toFixed(0)} s`);
  rmSync(folder, { recursive: true });
  process.exitCode = problems.length > 0 ? 1 : 0;
}

/** All points for the solved notebook, none for the stubs. */
async function versions(chapter: Chapter): Promise<number> {
  let runs = 0;
  for (const [version, cells] of [
    ['solved', solvedCells(chapter)],
    ['student', studentCells(chapter)],
  ] as const) {
    const { questions } = await gradeCells(chapter, cells);
    for (const { id, manual, score, points, tests, notes } of questions.filter((one) => !one.manual)) {
      runs++;
      const wanted = version === 'solved' ? points : 0;
      if (manual || score === wanted) continue;
      const failed = tests.filter(({ outcome }) => (outcome === 'passed') !== (version === 'solved'));
      problems.push(`${id}, ${version}: ${score} points; ${JSON.stringify([...failed, ...notes])}`);
    }
  }
  return runs;
}

async function wrongAnswers(chapter: Chapter): Promise<number> {
  let runs = 0;
  const file = join(courseRoot(), 'test', 'chapters', `${chapter.name}.test.ts`);
  for (const { id, wrongAnswers } of loadQuestions(file)) {
    for (const { name, code, fails } of wrongAnswers) {
      runs++;
      const cells = solvedCells(chapter).map((one) =>
        one.cell.kind === 'code' && questionOf(one.cell) === id ? { ...one, source: code } : one,
      );
      const { questions } = await gradeCells(chapter, cells, [id]);
      const test = questions[0].tests.find(({ title }) => title === fails);
      if (test && test.outcome !== 'passed' && test.outcome !== 'infrastructure failure') continue;
      problems.push(`${id}, ${name}: "${fails}" ${test?.outcome} ${test?.message ?? ''}`);
    }
  }
  return runs;
}

function gradeCells(
  chapter: Chapter,
  cells: readonly VersionedCell[],
  questions?: readonly string[],
): Promise<SubmissionGrade> {
  const path = join(folder, `${chapter.name}.ipynb`);
  writeFileSync(path, formatNotebook(toNotebook(chapter, { cells })));
  return gradeSubmission(path, { questions });
}

const wanted = process.argv.slice(2);
main(wanted.length > 0 ? wanted : chapterNames()).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
