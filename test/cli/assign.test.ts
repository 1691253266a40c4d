import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { assignCommand } from '../../lib/cli/assign';
import { CourseError } from '../../lib/errors';
import { readNotebook } from '../../lib/grading/nbformat';
import { makeMiniCourse, miniChapter, releasableTests } from '../helpers/mini-course';

describe('course assign', () => {
  const broken = miniChapter.replaceAll('q9.', 'q10.');
  let course: ReturnType<typeof makeMiniCourse>;
  let printed: string[];
  let complained: string[];
  const { log, error } = console;
  before(() => {
    course = makeMiniCourse({
      'test/chapters/09-counting.test.ts': releasableTests,
      'solutions/10-broken.ts': broken.replace(' points=1', ''),
    });
  });
  after(() => course.remove());
  beforeEach(() => {
    printed = [];
    complained = [];
    console.log = (line: string) => printed.push(line);
    console.error = (line: string) => complained.push(line);
  });
  afterEach(() => {
    Object.assign(console, { log, error });
    process.exitCode = undefined;
  });

  const assign = (...args: readonly string[]) =>
    new Command().addCommand(assignCommand(course)).parseAsync(['node', 'course', 'assign', ...args]);
  const notebook = (name: string) => join(course.root, 'notebooks', `${name}.ipynb`);

  it('writes nothing when asked to check only', async () => {
    await assign('9', '--check');
    assert.match(printed[0], /^chapter +questions +points +public +hidden +wrong answers +seconds$/);
    assert.match(printed[1], /^09-counting +3 +6 +3 +1 +2 of 2 caught +\d+\.\d$/);
    assert.equal(printed.length, 2);
    assert.equal(existsSync(notebook('09-counting')), false);
    assert.match(
      complained.join('\n'),
      /notebooks\/09-counting\.ipynb is not what the chapter would make now$/,
    );
    assert.equal(process.exitCode, undefined);
  });

  it('writes the sound chapters, refuses the others with a sentence each, and ends with code 1', async () => {
    await assign();
    assert.match(printed[2], /^10-broken .* REFUSED$/);
    assert.match(printed[3], /^wrote .*09-counting\.ipynb$/);
    assert.equal(readNotebook(notebook('09-counting')).cells.length, 9);
    assert.equal(existsSync(notebook('10-broken')), false);
    const problems = complained.filter((line) => line.startsWith('course: '));
    assert.match(problems[0], /^course: solutions\/10-broken\.ts: cell 6 .*: needs points=N$/);
    assert.deepEqual(problems.slice(1), [
      'course: 10-broken: test/chapters/10-broken.test.ts is missing',
      'course: 1 of 2 chapters cannot be given out',
    ]);
    assert.equal(process.exitCode, 1);
  });

  it('prints one JSON object a chapter', async () => {
    await assign('10', '--json');
    const [report] = printed.map((line) => JSON.parse(line));
    assert.deepEqual([printed.length, report.chapter, report.problems.length], [1, '10-broken', 2]);
  });

  it('refuses a chapter that is not there', async () => {
    await assert.rejects(assign('77'), (thrown) => {
      return thrown instanceof CourseError && /^no chapter 77 in solutions/.test(thrown.message);
    });
  });
});
