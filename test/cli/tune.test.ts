import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { courseRoot } from '../../lib/paths';
import { joinTuning } from '../../lib/runs';
import { createStudy, journalStorage } from '../../lib/tuning';
import { freePort, hasRedis, RedisServer } from '../workers/redis-server';

const bin = join(courseRoot(), 'lib', 'bin.js');
const fiveInTwo = ['--trials', '5', '--workers', '2', '--sampler', 'random', '--pruner', 'none'];
const tiny = ['--model', 'baseline', '--images', '100', '--epochs', '2', '--set', 'validationCount=50'];
const space = {
  'optimizer.learningRate': { low: 0.0001, high: 0.01, log: true },
  batchSize: { choices: [25, 50] },
};

function course(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
}

describe('course tune', function () {
  this.timeout(180_000);
  let folder: string;
  let file: string;
  let spaceFile: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-tune-'));
    file = join(folder, 'studies', 'study.log');
    spaceFile = join(folder, 'space.json');
    writeFileSync(spaceFile, JSON.stringify(space));
  });
  after(() => rmSync(folder, { recursive: true }));

  const tune = (...more: readonly string[]) =>
    course(['tune', ...tiny, '--space', spaceFile, '--study', file, ...more]);
  const states = () => joinTuning(file).study.trials.map(({ state }) => state);

  /** A user's mistake: exit code 1, and one sentence. */
  function refuses(args: readonly string[], sentence: RegExp, env?: Readonly<Record<string, string>>): void {
    const { status, stderr } = course(['tune', ...tiny, ...args], env);
    assert.match(stderr, sentence);
    assert.match(stderr, /^course: [^\n]*\n$/);
    assert.equal(status, 1);
  }

  it('trains the trials, tells each, and leaves the best one to be trained in full', () => {
    const inOrder = ['--workers', '1', '--sampler', 'random', '--pruner', 'none'];
    const { status, stdout, stderr } = tune('--trials', '3', ...inOrder);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^baseline on 100 images of cifar10, 2 epochs at most; random, none pruner\n/);
    assert.match(stdout, /^trial +state +accuracy +epochs +seconds +optimizer\.learningRate +batchSize$/m);
    assert.match(stdout, /^ +\d +complete +\d+\.\d\d % +2 +\d+\.\d +0\.\d+ +(25|50)/m);
    assert.match(stdout, /^3 trials: 3 complete, 0 pruned, 0 failed; 6 epochs$/m);
    const best = JSON.parse(readFileSync(join(folder, 'studies', 'study.best.json'), 'utf8'));
    const { study } = joinTuning(file);
    assert.equal(best.optimizer.learningRate, study.bestParams?.['optimizer.learningRate']);
    assert.equal(best.images, null);
  });

  it('goes on where it was interrupted, in two processes, with nothing lost though the last line was cut off', () => {
    truncateSync(file, statSync(file).size - 20); // the end of trial 2
    assert.deepEqual(states(), ['complete', 'complete', 'running']);
    const values = joinTuning(file)
      .study.trials.slice(0, 2)
      .map(({ value }) => value);
    const { status, stdout, stderr } = tune(...fiveInTwo);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^going on with 3 trials in /m);
    const { trials } = joinTuning(file).study;
    assert.deepEqual(
      trials.slice(0, 2).map(({ value }) => value),
      values,
    );
    assert.deepEqual(states().slice(0, 3), ['complete', 'complete', 'fail']);
    assert.equal(states().filter((state) => state === 'complete').length, 5);
    for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) JSON.parse(line);
  });

  it('has nothing to do where the study has all of its trials', () => {
    const before = readFileSync(file);
    const { status, stdout } = tune(...fiveInTwo);
    assert.equal(status, 0);
    assert.match(stdout, /^6 trials: 5 complete, 0 pruned, 1 failed; 11 epochs$/m);
    // but for the plan, whose command it may note anew
    assert.equal(states().length, 6);
    assert.ok(readFileSync(file).subarray(0, before.length).equals(before));
  });

  it('says what is wrong with a space', () => {
    const at = (text: string) => {
      const bad = join(folder, 'bad.json');
      writeFileSync(bad, text);
      return ['--space', bad, '--study', join(folder, 'never.log')];
    };
    const rate = (range: object) => at(JSON.stringify({ 'optimizer.learningRate': range }));
    refuses(
      rate({ low: 1, high: 0.1 }),
      /bad\.json: optimizer\.learningRate: expected numbers with low up to high/,
    );
    refuses(rate({ low: 0, high: 1, log: true }), /expected low above 0 with log, got 0/);
    refuses(at('{"batchSize": {"choices": []}}'), /batchSize: expected at least one choice, got none/);
    refuses(at('{}'), /expected settings to search/);
    refuses(at('{"batchSize": '), /bad\.json: not JSON/);
    refuses(['--space', join(folder, 'none.json')], /none\.json: cannot be read/);
    refuses(
      [...at('{"modelOptions.width": {"choices": [1]}}'), '--trials', '1'],
      /unknown option width of the model baseline/,
    );
    rmSync(join(folder, 'never.log'), { force: true });
  });

  it('refuses the journal of another study, and leaves it as it was', () => {
    const other = join(folder, 'other.log');
    createStudy({ name: 'mine', storage: journalStorage(other) });
    const before = readFileSync(other);
    refuses(['--study', other], /other\.log: expected the study baseline-cifar10, got mine/);
    assert.ok(readFileSync(other).equals(before));
    refuses(
      ['--study', file, '--space', spaceFile, '--seed', '2'],
      /expected the study's seed of its study, 1, got 2/,
    );
    writeFileSync(other, 'what is this?\n');
    refuses(['--study', other], /other\.log, line 1: expected an operation of Optuna's journal/);
  });

  it('says where nothing can be written', () => {
    refuses(
      ['--study', join(spaceFile, 'study.log')],
      /study\.log: cannot be written: .*choose another place/,
    );
  });

  it('says that Redis is down, wants a password, or refuses it, and begins no trial', async function () {
    if (!hasRedis) this.skip();
    const study = join(folder, 'redis.log');
    const at = (url: string) => ['--study', study, '--redis', url];
    const nobody = `redis://127.0.0.1:${await freePort()}`;
    // the first lines of standard output tell what would be done
    refuses(at(nobody), /redis:\/\/127\.0\.0\.1:\d+: cannot be reached \(ECONNREFUSED\); start Redis there/);
    refuses(at('http://127.0.0.1'), /expected redis:\/\/HOST:6379, or rediss:\/\/ for TLS, got another/);
    const server = await RedisServer.start('--requirepass', 'right');
    try {
      refuses(at(server.url), /wants a password; set REDIS_PASSWORD/);
      refuses(at(server.url), /refused the password; correct REDIS_PASSWORD/, { REDIS_PASSWORD: 'wrong' });
      const worker = course(['tune-worker', '--redis', server.url], { REDIS_PASSWORD: 'wrong' });
      assert.match(worker.stderr, /^course: .*refused the password/);
      assert.doesNotMatch(worker.stderr + worker.stdout, /wrong/);
    } finally {
      await server.stop();
    }
    assert.equal(joinTuning(study).study.trials.length, 0);
  });

  it('says to a worker that it needs one place, and that there is no study', () => {
    const missing = join(folder, 'missing.log');
    assert.match(
      course(['tune-worker']).stderr,
      /^course: tune-worker: expected --redis or --study, one of the two\n$/,
    );
    assert.match(
      course(['tune-worker', '--study', missing]).stderr,
      /^course: .*there is no study; begin one with/,
    );
    assert.ok(!existsSync(missing));
  });
});
