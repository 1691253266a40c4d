import { strict as assert } from 'node:assert';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../lib/random';
import { createStudy, journalStorage, memoryStorage, type Trial } from '../../lib/tuning';
import { ownerKey } from '../../lib/tuning/system-attrs';

describe('several workers', () => {
  const workers: ChildProcess[] = [];
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'workers-'));
    file = join(folder, 'study.log');
  });

  afterEach(() => {
    for (const worker of workers.splice(0)) worker.kill('SIGKILL'); // after a failure
    rmSync(folder, { recursive: true, maxRetries: 3 });
  });

  /** Ready to begin, all its modules loaded. Types are checked elsewhere, and would take each of them seconds. */
  async function startWorker(options: { readonly totalTrials: number; readonly stepMs: number }) {
    const worker = fork(join(__dirname, 'worker.ts'), [file, JSON.stringify(options)], {
      execArgv: ['-r', 'ts-node/register/transpile-only'],
    });
    workers.push(worker);
    await once(worker, 'message');
    return worker;
  }

  it('end every trial exactly once, two of them killed in the middle', async () => {
    const total = 24;
    const steps = [60_000, 60_000, 10, 10]; // the first two will not get far
    const [one, two, ...others] = await Promise.all(
      steps.map((stepMs) => startWorker({ totalTrials: total, stepMs })),
    );
    const ended = [one, two, ...others].map((worker) => once(worker, 'exit'));
    const random = createRandom('kill');
    const begun = [one, two].map((worker) => once(worker, 'message')); // each is in a trial
    for (const worker of [one, two]) worker.send('begin');
    await Promise.all(begun);
    for (const worker of others) worker.send('begin');
    for (const worker of [one, two]) {
      await sleep(random.integer(300));
      worker.kill('SIGKILL');
    }
    const codes = (await Promise.all(ended)).map(([code, killedBy]) => killedBy ?? code);
    assert.deepEqual(codes, ['SIGKILL', 'SIGKILL', 0, 0]);
    const study = createStudy({ storage: journalStorage(file) });
    await study.optimize((trial) => trial.suggestFloat('x', { low: 0, high: 1 }), { totalTrials: total });

    const { trials } = study;
    assert.deepEqual(
      trials.map(({ number }) => number),
      [...trials.keys()],
    );
    const complete = trials.filter(({ state }) => state === 'complete');
    const failed = trials.filter(({ state }) => state === 'fail');
    assert.equal(complete.length, total);
    assert.equal(trials.length, total + failed.length);
    assert.equal(failed.length, 2);
    for (const { number, params } of failed) {
      const retries = trials.filter(({ systemAttrs }) => lastOf(systemAttrs.retry_history) === number);
      assert.equal(retries.length, 1);
      // what was written before the worker was killed
      assert.deepEqual({ ...retries[0].params, ...params }, retries[0].params);
    }
  }).timeout(120_000);

  it('fail and queue the trials of a worker that is gone, again and again up to the limit', async () => {
    const gone = { host: hostname(), pid: 2 ** 22 + 1 }; // above Linux' largest
    const study = createStudy({ storage: memoryStorage() });
    const ask = (): Trial => study.ask() ?? assert.fail();
    const numbers: number[] = [];
    let trial = ask();
    const x = trial.suggestFloat('x', { low: 0, high: 1 });
    for (let attempt = 0; attempt < 4; attempt++) {
      assert.equal(trial.suggestFloat('x', { low: 0, high: 1 }), x);
      await Promise.resolve(); // then the parameter is written
      setOwner(trial, gone);
      numbers.push(trial.number);
      trial = ask();
    }
    assert.deepEqual(numbers, [0, 1, 2, 3]);
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['fail', 'fail', 'fail', 'fail', 'running'],
    );
    assert.notEqual(trial.suggestFloat('x', { low: 0, high: 1 }), x); // a new trial, no fifth attempt
    assert.deepEqual(study.trials[3].systemAttrs.retry_history, [0, 1, 2]);
    assert.equal(study.trials[3].systemAttrs.failed_trial, 0);
  });

  it('give a worker on another machine some silence, and leave those of Optuna alone', () => {
    const study = createStudy();
    const silent = study.ask() ?? assert.fail();
    setOwner(silent, { host: 'elsewhere', pid: 1 });
    const optuna = study.ask() ?? assert.fail();
    setOwner(optuna, null);
    assert.deepEqual(study.failStaleTrials(), []);
    assert.deepEqual(study.failStaleTrials({ silenceMs: -1 }), [silent.number]);
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['fail', 'running', 'waiting'],
    );
  });

  it('keep the end of a trial that was given up too early', () => {
    const study = createStudy();
    const trial = study.ask() ?? assert.fail();
    setOwner(trial, { host: 'elsewhere', pid: 1 });
    study.failStaleTrials({ silenceMs: -1 });
    assert.equal(study.tell(trial, 1).state, 'fail');
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['fail', 'waiting'],
    );
  });
});

/** Makes the trial another worker's. */
function setOwner(trial: Trial, owner: { readonly host: string; readonly pid: number } | null): void {
  Object.assign(trial.record.systemAttrs, { [ownerKey]: owner });
}

function lastOf(list: unknown): unknown {
  return Array.isArray(list) ? list.at(-1) : undefined;
}
