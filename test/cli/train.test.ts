import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { courseRoot } from '../../lib/paths';

const bin = join(courseRoot(), 'lib', 'bin.js');
const tiny = ['--images', '200', '--epochs', '3', '--set', 'validationCount=100'];

function course(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8' });
}

/** Resolves when the process has printed `text`. */
function printed(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      output += part;
      if (output.includes(text)) resolve();
    });
    child.on('close', () => reject(new Error(`it ended before "${text}": ${output}`)));
  });
}

describe('course train and course runs', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-train-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('a training that is killed and resumed has the history of one that was not', async () => {
    const [whole, killed] = [join(folder, 'whole'), join(folder, 'killed')];
    const expected = course('train', ...tiny, '--out', whole);
    assert.equal(expected.status, 0, expected.stderr);
    const child = spawn(process.execPath, [bin, 'train', ...tiny, '--out', killed], { stdio: 'pipe' });
    await printed(child, 'epoch 1:');
    const closed = new Promise((resolve) => child.on('close', resolve));
    child.kill('SIGKILL');
    await closed;
    if (!existsSync(join(killed, 'result.json'))) {
      const resumed = course('train', '--resume', killed);
      assert.equal(resumed.status, 0, resumed.stderr);
    }
    const losses = (run: string) =>
      JSON.parse(readFileSync(join(run, 'history.json'), 'utf8')).map(({ loss }: { loss: number }) => loss);
    assert.deepEqual(losses(killed), losses(whole));
  });

  it('refuses to resume what has ended or never was, and to train over a run', () => {
    const whole = join(folder, 'whole');
    assert.match(course('train', '--resume', whole).stderr, /this run has ended already/);
    assert.match(course('train', '--resume', join(folder, 'none')).stderr, /there is no run here/);
    assert.match(course('train', ...tiny, '--out', whole).stderr, /there is a run already/);
  });

  it('says which setting it does not know', () => {
    assert.match(course('train', '--set', 'epoch=3').stderr, /unknown setting epoch; expected one of/);
    assert.match(course('train', '--set', 'epochs').stderr, /expected key=value/);
    const unknownOption = course('train', '--set', 'modelOptions.width=3', '--out', join(folder, 'x'));
    assert.match(unknownOption.stderr, /unknown option width of the model baseline/);
  });

  it('lists runs and compares them', () => {
    const list = course('runs', '--folder', folder);
    assert.equal(list.status, 0);
    assert.match(list.stdout, /^run +model +dataset +seed +epochs +validation +test/);
    assert.match(list.stdout, /^killed +baseline +cifar10 +1 +3 +\d+\.\d\d %/m);
    assert.match(
      course('runs', 'whole', 'killed', '--folder', folder).stdout,
      /^test +\d+\.\d\d % +\d+\.\d\d %/m,
    );
    assert.match(
      course('runs', 'nothing', '--folder', folder).stderr,
      /there is no run here; see: npx course runs/,
    );
    assert.match(course('runs', '--folder', join(folder, 'whole', 'model')).stdout, /no runs in/);
    assert.equal(JSON.parse(course('runs', '--folder', folder, '--json').stdout).length, 3);
  });
});
