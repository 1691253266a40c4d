import assert from 'node:assert/strict';
import { joinText } from '../../lib/grading/nbformat';
import { type RunCell, type RunReport, runCells } from '../../lib/grading/run';
import { assertEnds } from '../helpers/processes';

/** Runs cells given by their source, with tags where a cell is a pair. */
function run(
  sources: readonly (string | readonly [source: string, tag: string])[],
  { timeoutSeconds = 30 } = {},
): Promise<RunReport> {
  const cells = sources.map((entry, at): RunCell => {
    const [source, ...tags] = typeof entry === 'string' ? [entry] : entry;
    return { id: `c${at + 1}`, number: at + 1, source, tags };
  });
  return runCells(cells, { name: 'fixture', profile: 'quick', timeoutSeconds });
}

function stdoutOf(report: RunReport, id: string): string {
  const streams = report.outputs
    .get(id)
    ?.flatMap((output) => (output.output_type === 'stream' ? [output.text] : []));
  return (streams ?? []).map(joinText).join('');
}

describe('runCells', () => {
  it('runs cells one after the other in one kernel, and records what they put out', async () => {
    const report = await run([
      "import * as tslab from 'tslab';\nconst x: number = 20;",
      'const y = await Promise.resolve(x + 1);\nconsole.log(y); y * 2',
      'console.error("careful"); console.log(process.env.COURSE_PROFILE, process.cwd().endsWith("notebooks"));',
      'const shown = tslab.newDisplay(); shown.text("1 of 2");',
      'shown.text("2 of 2"); tslab.display.html("<b>done</b>");',
      'console.log({ y }); // fails in tslab, not in the kernel of the course',
    ]);
    assert.equal(report.failure, undefined);
    assert.deepEqual(report.cells.map(({ number, id, line }) => [number, id, line])[1], [
      2,
      'c2',
      'const y = await Promise.resolve(x + 1);',
    ]);
    assert.deepEqual(report.outputs.get('c1'), []);
    assert.deepEqual(report.outputs.get('c2'), [{ output_type: 'stream', name: 'stdout', text: '21\n42\n' }]);
    assert.deepEqual(report.outputs.get('c3'), [
      { output_type: 'stream', name: 'stderr', text: 'careful\n' },
      { output_type: 'stream', name: 'stdout', text: 'quick true\n' },
    ]);
    const display = (data: object) => ({ output_type: 'display_data', data, metadata: {} });
    assert.deepEqual(report.outputs.get('c4'), [display({ 'text/plain': '2 of 2' })]);
    assert.deepEqual(report.outputs.get('c5'), [display({ 'text/html': '<b>done</b>' })]);
    assert.equal(stdoutOf(report, 'c6'), '{ y: 21 }\n');
    assert.equal(report.backend, undefined);
  });

  it('stops at a cell with a type error, and says which', async () => {
    const { failure, cells } = await run(['1;', '// a comment\nconst n: number = "three";', '2;']);
    assert.equal(cells.length, 2);
    assert.deepEqual([failure?.number, failure?.line], [2, '// a comment']);
    assert.match(failure?.failure ?? '', /^2:7 - Type 'string' is not assignable to type 'number'\.$/);
  });

  it('stops at a cell that throws', async () => {
    const { failure, cells } = await run(['await Promise.reject(new RangeError("too far"));', '1;']);
    assert.equal(cells.length, 1);
    assert.match(failure?.failure ?? '', /^RangeError: too far/);
  });

  it('counts an error that nobody awaited', async () => {
    const { failure } = await run([
      'void Promise.reject(new Error("lost"));\nawait new Promise((r) => setTimeout(r, 50));',
    ]);
    assert.match(failure?.failure ?? '', /^UnhandledPromiseRejection: Error: lost/);
  });

  it('names the exit code of a kernel that ends', async () => {
    const { failure, cells } = await run(['process.exit(3);', '1;']);
    assert.equal(cells.length, 1);
    assert.equal(failure?.failure, 'the kernel died: exit code 3');
  });

  it('names the signal of a kernel that is killed', async () => {
    const { failure } = await run([
      "process.kill(process.pid, 'SIGKILL');\nawait new Promise(() => undefined);",
    ]);
    assert.equal(failure?.failure, 'the kernel died: signal SIGKILL');
  });

  it('ends a cell that takes too long, its kernel, and what the cell started', async () => {
    const report = await run(
      [
        "import { spawn } from 'node:child_process';\nconst child = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)']);",
        'console.log(process.pid, child.pid);',
        'while (true);',
      ],
      { timeoutSeconds: 5 },
    );
    assert.deepEqual([report.failure?.number, report.failure?.failure], [3, 'not finished after 5 s']);
    for (const pid of stdoutOf(report, 'c2').split(' ')) await assertEnds(Number(pid));
  });

  it('ends its kernel after a good run too', async () => {
    await assertEnds(Number(stdoutOf(await run(['console.log(process.pid);']), 'c1')));
  });

  it('lets a cell fail that is expected to, and only then', async () => {
    const good = await run([
      ['throw new Error("on purpose");', 'expect-error'],
      'console.log("still here");',
    ]);
    assert.equal(good.failure, undefined);
    assert.equal(stdoutOf(good, 'c2'), 'still here\n');
    const bad = await run([['1;', 'expect-error']]);
    assert.equal(bad.failure?.failure, 'is tagged expect-error but did not fail');
  });
});
