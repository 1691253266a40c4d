import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { notebooksCommand } from '../../lib/cli/notebooks';
import { CourseError } from '../../lib/errors';
import { formatNotebook } from '../../lib/grading/nbformat';
import { courseRoot } from '../../lib/paths';
import { makeMiniCourse, notebookOf } from '../helpers/mini-course';
import { assertEnds, isAlive } from '../helpers/processes';

describe('course notebooks', () => {
  let course: ReturnType<typeof makeMiniCourse>;
  before(() => {
    course = makeMiniCourse();
  });
  after(() => course.remove());

  /** Writes a notebook of code cells; gives its path. */
  function notebook(name: string, sources: readonly string[]): string {
    const path = join(course.root, 'notebooks', `${name}.ipynb`);
    writeFileSync(path, formatNotebook(notebookOf(sources)));
    return path;
  }

  /** Runs the command in this process; gives its exit code and what it printed. */
  async function command(
    ...args: readonly string[]
  ): Promise<{ exitCode: number; stdout: string; stderr: string }> {
    const printed = { stdout: '', stderr: '' };
    const before = { log: console.log, error: console.error, exitCode: process.exitCode };
    console.log = (text: string) => {
      printed.stdout += `${text}\n`;
    };
    console.error = (text: string) => {
      printed.stderr += `${text}\n`;
    };
    process.exitCode = 0;
    try {
      await notebooksCommand().parseAsync(args, { from: 'user' });
      return { exitCode: Number(process.exitCode), ...printed };
    } finally {
      console.log = before.log;
      console.error = before.error;
      process.exitCode = before.exitCode;
    }
  }

  it('shows the seconds of each cell of a good notebook, and their sum', async () => {
    const { exitCode, stdout, stderr } = await command(notebook('good', ['const a = 1;', 'console.log(a);']));
    assert.equal(exitCode, 0);
    assert.match(
      stdout,
      /^good {2}cell 1 of 2 +\d+\.\d s {2}const a = 1;\ngood {2}cell 2 of 2 .*\ngood: 2 cells in \d+\.\d s\n$/,
    );
    assert.equal(stderr, '');
  });

  it('names chapter, cell, first line and error of a bad one, and ends with code 1', async () => {
    const { exitCode, stderr } = await command(notebook('bad', ['1;', 'null.x;', '2;']));
    assert.equal(exitCode, 1);
    assert.match(stderr, /^bad: cell 2 failed: null\.x;\n {4}1:\d+ - /);
  });

  it('prints one JSON object a notebook', async () => {
    const paths = [notebook('good', ['1;']), notebook('dies', ['process.exit(3);'])];
    const { exitCode, stdout } = await command(...paths, '--json');
    const [good, dies] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(exitCode, 1);
    assert.deepEqual([good.name, good.ok, good.cells.length], ['good', true, 1]);
    assert.deepEqual(
      [dies.name, dies.ok, dies.failure.failure],
      ['dies', false, 'the kernel died: exit code 3'],
    );
  });

  it('refuses chapters and notebooks that are not there', async () => {
    const says = (pattern: RegExp) => (error: unknown) =>
      error instanceof CourseError && pattern.test(error.message);
    await assert.rejects(command('77'), says(/^no chapter 77 in solutions\/; there is: /));
    await assert.rejects(command('nowhere.ipynb'), says(/^no notebook at nowhere\.ipynb$/));
    await assert.rejects(command(notebook('good', ['1;']), '--write'), says(/take chapters, such as 01$/));
  });

  it('ends its kernel when it is interrupted', async () => {
    const pidFile = join(course.root, 'kernel.pid');
    const source = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));\nawait new Promise(() => undefined);`;
    const path = notebook('waits', [source]);
    const code = `require('./lib/cli/notebooks').notebooksCommand().parseAsync([${JSON.stringify(path)}], { from: 'user' });`;
    const child = spawn(process.execPath, ['-r', 'ts-node/register', '-e', code], {
      cwd: courseRoot(),
      stdio: 'ignore',
    });
    const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
    while (!existsSync(pidFile) || readFileSync(pidFile, 'utf8') === '') {
      assert.equal(child.exitCode, null, 'the command ended early');
      await sleep(100);
    }
    const pid = Number(readFileSync(pidFile, 'utf8'));
    assert.ok(isAlive(pid));
    child.kill('SIGINT');
    assert.equal(await exited, 130);
    await assertEnds(pid);
  });
});
