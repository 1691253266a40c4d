import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, openAnswer } from '../../../lib/grading/sandbox/answer-handle';
import { sandboxProblem } from '../../../lib/grading/sandbox/bubblewrap';
import { defaultLimits } from '../../../lib/grading/sandbox/limits';
import { courseRoot } from '../../../lib/paths';

describe('openAnswer', () => {
  let fixtures: string;
  let nothing: number;
  let busy: readonly ChildProcess[] = [];
  before(function () {
    const problem = sandboxProblem();
    if (problem) {
      console.log(`    not run: ${problem}`);
      this.skip();
    }
    fixtures = mkdtempSync(join(tmpdir(), 'answer-handle-'));
    nothing = openSync('/dev/null', 'r+');
    // On a busy machine a sandbox is long in the making, and killed in the middle of it.
    busy = Array.from({ length: 6 }, () => spawn(process.execPath, ['-e', 'for (;;);']));
  });
  after(() => {
    for (const child of busy) child.kill('SIGKILL');
    if (!fixtures) return;
    closeSync(nothing);
    rmSync(fixtures, { recursive: true }); // one that was killed may have left a file
  });

  const open = (unsafe: boolean): Answer =>
    openAnswer({
      root: courseRoot(),
      limits: defaultLimits,
      unsafe,
      fixtures,
      input: nothing,
      output: nothing,
    });

  for (const unsafe of [false, true]) {
    it(`ends all of it, however early it is told to${unsafe ? ', without a sandbox, too' : ''}`, async () => {
      for (let ms = 0; ms < 30; ms++) {
        const answer = open(unsafe);
        await sleep(ms / 2);
        answer.kill();
        await answer.death;
      }
      await sleep(50);
      assert.deepEqual(commandsWith(fixtures), []);
    });
  }
});

/** Command lines of processes in which a text stands. */
function commandsWith(text: string): readonly string[] {
  const commands = readdirSync('/proc').flatMap((pid) => {
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')];
    } catch {
      return []; // no process, or it ended
    }
  });
  return commands.filter((command) => command.includes(text));
}
