import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interleave, rotate } from '../../lib/bench/interleave';
import { assertEnds } from '../helpers/processes';
import { fake } from './fakes';

describe('interleave', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-bench-test-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  /** A contender that writes down when its rounds begin and end. */
  const writer = (name: string, log: string) => ({
    name,
    program: fake(
      `const { appendFileSync } = require('node:fs');
       appendFileSync(${JSON.stringify(log)}, '${name}' + round + '(');
       setTimeout(() => {
         appendFileSync(${JSON.stringify(log)}, ')');
         say({ images: 10, seconds: 0.01 });
       }, 20);`,
    ),
  });

  it('runs one round of one contender at a time, beginning with the next each round', async () => {
    const log = join(folder, 'order');
    const contenders = ['a', 'b', 'c'].map((name) => writer(name, log));
    const outcomes = await interleave(contenders, { rounds: 4, pauseMs: 0 });
    const order = ['a1 b1 c1', 'b2 c2 a2', 'c3 a3 b3', 'a4 b4 c4'].join(' ').split(' ');
    assert.equal(readFileSync(log, 'utf8'), order.map((round) => `${round}()`).join(''));
    assert.deepEqual(
      outcomes.map((outcome) => ('rounds' in outcome ? [outcome.name, outcome.rounds.length] : outcome)),
      [
        ['a', 4],
        ['b', 4],
        ['c', 4],
      ],
    );
  });

  it('goes on without those that fail, and says why', async () => {
    const outcomes = await interleave(
      [
        { name: 'good', program: fake('say({ images: 10, seconds: 1 })') },
        { name: 'missing', program: { command: '/no/such/program', args: [] } },
        {
          name: 'late',
          program: fake("if (round === 2) throw new Error('late'); say({ images: 10, seconds: 1 })"),
        },
        { name: 'other', program: fake('', { first: { ready: true, parameters: 5 } }) },
      ],
      {
        rounds: 3,
        pauseMs: 0,
        accept: ({ parameters }) => {
          if (parameters) throw new Error(`${parameters} parameters`);
        },
      },
    );
    const [good, missing, late, other] = outcomes;
    assert.ok('rounds' in good && good.rounds.length === 3);
    assert.ok('reason' in missing && /cannot be started/.test(missing.reason));
    assert.deepEqual(late, { name: 'late', reason: 'Error: late' });
    assert.deepEqual(other, { name: 'other', reason: '5 parameters' });
  });

  it('leaves no process behind when it is stopped', async () => {
    const stop = new AbortController();
    const file = join(folder, 'pid');
    const silent = fake(`require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid))`);
    const run = interleave([{ name: 'silent', program: silent }], { pauseMs: 0, signal: stop.signal });
    const watch = setInterval(() => existsSync(file) && stop.abort(new Error('stopped')), 20);
    await assert.rejects(run, /stopped/).finally(() => clearInterval(watch));
    await assertEnds(Number(readFileSync(file, 'utf8')));
  });

  it('ends every contender when the run ends', async () => {
    const [outcome] = await interleave(
      [{ name: 'pid', program: fake('say({ images: process.pid, seconds: 1 })') }],
      { rounds: 1, pauseMs: 0 },
    );
    assert.ok('rounds' in outcome);
    await assertEnds(outcome.rounds[0].images);
  });
});

describe('rotate', () => {
  it('begins a list elsewhere', () => {
    assert.deepEqual(rotate(['a', 'b', 'c'], 1), ['b', 'c', 'a']);
    assert.deepEqual(rotate(['a', 'b', 'c'], 5), ['c', 'a', 'b']);
    assert.deepEqual(rotate([], 2), []);
  });
});
