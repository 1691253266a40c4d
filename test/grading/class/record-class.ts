/*
 * Grades a class of 200 generated submissions twice with `course grade`: in one go, and killed (SIGKILL) in the middle and run
 * again. Compares both runs, file by file, and each grade with the one that is known from how the submission was made. Writes
 * data/benchmarks/grading.json. About as long as the seconds it states, twice. Build the library first.
 *
 *     npm run record:grading
 *
 * With a number of submissions it only prints: npm run record:grading -- 10
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { loadavg, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileAtomically } from '../../../lib/atomic-file';
import { parseCsv } from '../../../lib/grading/class/csv';
import { hashOf } from '../../../lib/grading/class/read-file';
import type { SubmissionGrade } from '../../../lib/grading/grades';
import { courseRoot } from '../../../lib/paths';
import { machine } from '../../tuning/optuna';
import { due, type Expected, type GeneratedClass, generateClass, late } from './generate-class';

const bin = join(courseRoot(), 'lib', 'bin.js');
const limits = ['--seconds', '60', '--memory-mb', '1024', '--jobs', '2'];
const out = 'grades';

async function main(): Promise<void> {
  const count = Number(process.argv[2] ?? 200);
  const folder = mkdtempSync(join(tmpdir(), 'record-class-'));
  const [whole, killed] = ['whole', 'killed'].map((name) => join(folder, name));
  const load = loadavg()[0];
  const date = new Date().toISOString();
  try {
    const made = await generateClass(join(folder, 'class'), { count });
    for (const place of [whole, killed]) {
      mkdirSync(join(place, out), { recursive: true });
      copyFileSync(join(folder, 'class', 'manual-scores.csv'), join(place, out, 'manual-scores.csv'));
    }
    const seconds = await gradeAll(whole);
    const atKill = await killInTheMiddle(killed, { count });
    await gradeAll(killed);
    const wrongGrades = disagreements(made, { place: whole, folder });
    const differentFiles = differences(whole, killed);
    const again = await gradeAll(killed); // nothing to do: what the start and the reports take
    const result = {
      format: 'course-grading 1',
      date,
      command: 'npm run record:grading',
      machine: machine(),
      loadAverage: load,
      versions: {
        bubblewrap: execFileSync('bwrap', ['--version'], { encoding: 'utf8' }).trim().split(' ')[1],
        mocha: versionOf('mocha'),
        typescript: versionOf('typescript'),
      },
      what: `${made.chapter}: ${count} generated submissions, ${limits.join(' ')}`,
      submissions: count,
      kinds: countBy(made.expected.map(({ kind }) => kind)),
      outcomes: countBy(testOutcomes(whole)),
      seconds,
      secondsPerSubmission: rounded(seconds / count),
      secondsWhenAllIsKnown: again,
      exact: count + 1 - new Set(wrongGrades.map(({ student }) => student)).size,
      wrongGrades,
      killedAfter: atKill,
      gradesInJournal: journal(killed).length,
      differentFiles,
    };
    console.log(result);
    if (wrongGrades.length > 0 || differentFiles.length > 0) process.exitCode = 1;
    else if (process.argv[2] === undefined) {
      const file = join(courseRoot(), 'data', 'benchmarks', 'grading.json');
      await writeFileAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both runs are the same command in another folder: the command is part of what they write. */
function startGrading(place: string): ChildProcess {
  const args = ['grade', '../class', '--out', out, '--due', due, '--late', late, ...limits];
  return spawn(process.execPath, [bin, ...args], { cwd: place, stdio: ['ignore', 'inherit', 'inherit'] });
}

/** Seconds that it takes. */
async function gradeAll(place: string): Promise<number> {
  const began = performance.now();
  const [status] = await once(startGrading(place), 'exit');
  if (status !== 0) throw new Error(`course grade ended with ${status}`);
  return rounded((performance.now() - began) / 1000);
}

/** Ends a run once half of the class is graded; returns how many grades were kept then. */
async function killInTheMiddle(place: string, { count }: { readonly count: number }): Promise<number> {
  const child = startGrading(place);
  const exited = once(child, 'exit');
  while (journal(place).length < count / 2 && child.exitCode === null) await sleep(5);
  if (!child.kill('SIGKILL')) throw new Error('it ended before it could be killed');
  await exited;
  return journal(place).length;
}

interface JournalLine {
  readonly grade: SubmissionGrade;
}

function journal(place: string): readonly JournalLine[] {
  const file = join(place, out, 'journal.jsonl');
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  return lines.map((line) => JSON.parse(line));
}

/** Where a grade, or the way a test ended, is not the one expected, with both. */
function disagreements(
  { expected, chapter }: GeneratedClass,
  { place, folder }: { place: string; folder: string },
) {
  const { rows } = parseCsv(readFileSync(join(place, out, 'grades.csv'), 'utf8'), { file: 'grades.csv' });
  const byStudent = new Map(rows.map(({ cells }) => [cells.get('student_id'), cells]));
  const byHash = new Map(journal(place).map(({ grade }) => [grade.sha256, grade]));
  return expected.flatMap((one) => {
    const { student, kind, outcomes } = one;
    const cells = byStudent.get(student);
    const inCsv = Object.entries(columnsOf(one)).map(([what, wanted]) => ({
      what,
      wanted,
      got: cells?.get(what),
    }));
    const file = join(folder, 'class', 'submitted', student, chapter, `${chapter}.ipynb`);
    const grade = existsSync(file) ? byHash.get(hashOf(readFileSync(file))) : undefined;
    const inTests = Object.entries(outcomes).map(([id, wanted]) => {
      const tests = grade?.questions.find((question) => question.id === id)?.tests ?? [];
      const got = [...new Set(tests.map(({ outcome }) => outcome))].join(', ');
      return { what: `tests of ${id}`, wanted, got };
    });
    return [...inCsv, ...inTests].flatMap((cell) =>
      cell.got === cell.wanted ? [] : [{ student, kind, ...cell }],
    );
  });
}

/** The cells of a student's row. */
function columnsOf({ kind, scores, raw, penalty }: Expected): Readonly<Record<string, string>> {
  const text = (points: number | undefined) =>
    points === undefined ? '' : String(Number(points.toFixed(4)));
  const open = Object.values(scores).some((score) => score === undefined);
  return {
    ...Object.fromEntries(Object.entries(scores).map(([id, score]) => [id, text(score)])),
    raw_score: text(raw),
    late_submission_penalty: text(penalty),
    score: text(raw - penalty),
    status: kind === 'missing' ? 'missing' : open ? 'to mark' : 'graded',
  };
}

/** Files of the results that are not the same to the byte; the journal's lines may stand in another order. */
function differences(one: string, other: string): readonly string[] {
  const filesOf = (place: string) =>
    readdirSync(join(place, out), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(join(place, out), join(entry.parentPath, entry.name)));
  const names = [...new Set([...filesOf(one), ...filesOf(other)])].sort();
  const contentOf = (place: string, name: string) => {
    const file = join(place, out, name);
    const text = existsSync(file) ? readFileSync(file, 'utf8') : undefined;
    return name === 'journal.jsonl' ? text?.split('\n').sort().join('\n') : text;
  };
  return names.filter((name) => contentOf(one, name) !== contentOf(other, name));
}

function testOutcomes(place: string): readonly string[] {
  return journal(place).flatMap(({ grade }) =>
    grade.questions.flatMap(({ tests }) => tests.map(({ outcome }) => outcome)),
  );
}

function countBy(words: readonly string[]): Readonly<Record<string, number>> {
  const kinds = [...new Set(words)].sort();
  return Object.fromEntries(kinds.map((kind) => [kind, words.filter((word) => word === kind).length]));
}

function versionOf(name: string): string {
  return createRequire(__filename)(`${name}/package.json`).version;
}

function rounded(seconds: number): number {
  return Number(seconds.toFixed(3));
}

void main();
