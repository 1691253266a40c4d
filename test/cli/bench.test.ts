import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult } from '../../lib/bench';
import { isMeasured } from '../../lib/bench';
import { courseRoot } from '../../lib/paths';

/** Runs `npx course bench` as a user would, in a process of its own. */
function bench(...args: readonly string[]) {
  const main = join(courseRoot(), 'lib', 'bin.js');
  return spawnSync(process.execPath, [main, 'bench', ...args], { encoding: 'utf8' });
}

describe('course bench', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-bench-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('measures, prints JSON alone on standard output, and writes the same with its provenance', () => {
    const out = join(folder, 'augment.json');
    const { status, stdout, stderr } = bench(
      ...['augment', '--only', 'ours', '--quick', '--rounds', '1', '--seed', '3', '--json', '--out', out],
    );
    assert.equal(status, 0, stderr);
    const result = JSON.parse(stdout) as BenchResult;
    assert.deepEqual(JSON.parse(readFileSync(out, 'utf8')), result);
    assert.equal(result.task, 'augment');
    assert.equal(result.seed, 3);
    assert.match(result.command, /^npx course bench augment --only ours/);
    assert.ok(result.machine.cpu && result.machine.cores > 0 && Date.parse(result.date) > 0);
    assert.deepEqual(
      result.comparisons.map(({ name }) => name),
      ['augment 64', 'augment 256'],
    );
    for (const { contenders } of result.comparisons) {
      assert.ok(isMeasured(contenders[0]) && contenders[0].imagesPerSecond.median > 100);
    }
    assert.match(stderr, /augment 64: round 1 of 1: ours/);
  });

  it('refuses unknown tasks and networks, and names that lead elsewhere', () => {
    assert.match(bench('cook').stderr, /train, predict, evaluate, augment, load, input, wasm/);
    assert.match(bench('train', '--network', 'huge').stderr, /small, large/);
    assert.match(bench('train', '--record', '../elsewhere').stderr, /expected a name of letters/);
    assert.equal(existsSync(join(courseRoot(), 'data', 'elsewhere.json')), false);
  });
});
