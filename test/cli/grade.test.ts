import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { type Grader, gradeCommand } from '../../lib/cli/grade';
import { hashOf } from '../../lib/grading/class/read-file';
import { courseRoot } from '../../lib/paths';
import { aGrade, aQuestion, aTest, makeFolder, notebookText } from '../grading/class/fakes';
import { makeMiniCourse } from '../helpers/mini-course';

describe('course grade', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  let made: ReturnType<typeof makeFolder>;
  let printed: string[];
  let asked: Parameters<Grader['gradeSubmission']>[1][];
  const { log, error } = console;
  before(() => {
    course = makeMiniCourse();
  });
  after(() => course.remove());
  beforeEach(() => {
    asked = [];
    printed = [];
    console.log = console.error = (line: string) => printed.push(line);
    made = makeFolder({
      'class/ana.ipynb': notebookText({ 'q9.1': 'function nameOf() {}' }),
      'class/ben.ipynb': notebookText({ 'q9.1': 'function nameOf() { return 1; }' }),
    });
  });
  afterEach(() => {
    Object.assign(console, { log, error });
    process.exitCode = undefined;
    made.remove();
  });

  const tests = [
    aTest('passed', { title: 'knows frogs' }),
    aTest('wrong value', { title: 'knows trucks', message: "expected 'truck'\ngot 'frog'" }),
  ];
  const questions = [aQuestion('q9.1', { score: 1, tests }), aQuestion('q9.2', { points: 1, score: 1 })];
  const grader = (rest: Partial<Grader> = {}): Grader => ({
    sandboxProblem: () => undefined,
    gradeSubmission: async (path, options) => {
      asked.push(options);
      return aGrade(questions, { sha256: hashOf(readFileSync(path)) });
    },
    ...rest,
  });
  const run = async (args: readonly string[], rest: Partial<Grader> = {}) => {
    const program = new Command().addCommand(gradeCommand({ grader: grader(rest), root: course.root }));
    await program.parseAsync(['node', 'course', 'grade', ...args]);
    return printed.join('\n');
  };
  const place = (name = '') => join(made.folder, name);

  it('grades a class beside its folder, and sums it up', async () => {
    const text = await run([place('class'), '--jobs', '2']);
    assert.match(
      text,
      /^2 submissions, 2 at once\n09-counting: mean 2 of 3, median 2; 2 graded, 0 missing$/m,
    );
    assert.match(text, /^ {2}60 to {2}70 % {5}2 #{40}$/m);
    assert.match(text, /^ {2}nobody passes q9\.1 "knows trucks"$/m);
    assert.ok(existsSync(place('class-grades/feedback/ana.html')));
    assert.equal(process.exitCode, undefined);
  });

  it('hands on limits, chapter and course', async () => {
    await run([place('class'), '--seconds', '5', '--memory-mb', '512', '--only', 'ana']);
    const [{ root, chapter, limits, unsafe }] = asked;
    assert.deepEqual(
      [root, chapter, limits, unsafe],
      [course.root, '09-counting', { seconds: 5, memoryBytes: 2 ** 29 }, false],
    );
  });

  it('prints the tests of one student', async () => {
    const text = await run([place('class'), '--only', 'ana']);
    assert.match(text, /^ana, 09-counting: 2 of 3 points, graded$/m);
    assert.match(text, / {4}✗ knows trucks: not the value expected\n {8}expected 'truck'\n {8}got 'frog'/);
  });

  it('refuses where answers cannot be isolated, unless told to', async () => {
    const problem = { sandboxProblem: () => 'bubblewrap is not installed' };
    await assert.rejects(
      run([place('class')], problem),
      /^CourseError: bubblewrap is not installed \(--unsafe/,
    );
    assert.equal(asked.length, 0);
    await run([place('class'), '--unsafe'], problem);
    assert.equal(asked[0].unsafe, true);
  });

  it('ends with 1 where something was not graded', async () => {
    const gradeSubmission = async () => Promise.reject(new Error('no more processes'));
    const text = await run([place('class')], { gradeSubmission });
    assert.match(text, /course: 2 not graded, which counts for nobody; run the same command again/);
    assert.equal(process.exitCode, 1);
  });

  it("writes Gradescope's results for one student", async () => {
    await run([place('class/ana.ipynb'), '--results', place('results.json')]);
    const results = JSON.parse(readFileSync(place('results.json'), 'utf8'));
    assert.equal(results.score, 2);
    assert.equal(results.tests.length, 3);
    await run([place('class'), '--results', place('results.json')]);
    const { output } = JSON.parse(readFileSync(place('results.json'), 'utf8'));
    assert.match(output, /graded is ana\.ipynb; there is ben\.ipynb too/);
    assert.match(await run([place('class/ana.ipynb')]), /^09-counting: 2 of 3 points\n {2}q9\.1: 1 of 2$/m);
  });

  it('explains what it cannot make sense of', async () => {
    await assert.rejects(run([]), /expected the folder of a class/);
    await assert.rejects(run([place('class'), '--late', 'deduct=10%/day']), /expected --due too/);
    await assert.rejects(run([place('class'), '--due', 'tomorrow']), /--due tomorrow: expected a date/);
    await assert.rejects(run([place('nothing')]), /no folder/);
  });

  it('is a command of the course', () => {
    const bin = join(courseRoot(), 'lib', 'bin.js');
    const { status, stdout } = spawnSync(process.execPath, [bin, 'grade', '--help'], { encoding: 'utf8' });
    assert.equal(status, 0);
    for (const option of ['--late', '--gradescope', '--unsafe', '--only'])
      assert.match(stdout, new RegExp(option));
  });
});
