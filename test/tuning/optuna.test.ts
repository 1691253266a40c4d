import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  createStudy,
  journalStorage,
  parameterImportances,
  randomSampler,
  type Study,
  type Trial,
  TrialPruned,
} from '../../lib/tuning';
import { fromPythonJson, isObject } from '../../lib/tuning/json';
import { needOptuna, runOptuna } from './optuna';

interface Seen {
  readonly direction: string;
  readonly trials: readonly {
    readonly number: number;
    readonly state: string;
    readonly params: Readonly<Record<string, unknown>>;
  }[];
  readonly importances?: Readonly<Record<string, number>>;
}

function objective(trial: Trial): number {
  const rate = trial.suggestFloat('rate', { low: 1e-4, high: 1, log: true });
  const units = trial.suggestInt('units', { low: 16, high: 64, step: 16 });
  const kind = trial.suggestCategorical('kind', ['sgd', 'adam', null]);
  const momentum = kind === 'sgd' ? trial.suggestFloat('momentum', { low: 0, high: 0.9 }) : 0;
  trial.report(rate, { step: 0 });
  if (trial.shouldPrune()) throw new TrialPruned();
  return rate + units / 64 + momentum;
}

/** Our trials in the words of optuna_peer.py. */
function shown(study: Study): unknown {
  return study.trials.map(({ number, state, value, params, intermediateValues, userAttrs }) => ({
    number,
    state,
    value: value ?? null,
    params,
    reports: [...intermediateValues].sort(([a], [b]) => a - b).map(([step, report]) => [step, report]),
    userAttrs,
  }));
}

/** Python's texts of numbers differ from ours: 1.0 and 1, 1e-05 and 0.00001. */
function withNumbers(trials: Seen['trials']): unknown {
  return trials.map((trial) => {
    const reports = 'reports' in trial && Array.isArray(trial.reports) ? trial.reports : [];
    return { ...trial, reports: reports.map(([step, report]) => [step, Number(report)]) };
  });
}

describe('Optuna itself', function () {
  this.timeout(120_000);
  let python: string;
  let folder: string;
  let file: string;

  before(async function () {
    python = await needOptuna(this);
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'optuna-'));
    file = join(folder, 'study.log');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (): Study => createStudy({ storage: journalStorage(file) });
  const peer = async (action: string, count = 0): Promise<Seen> =>
    (await runOptuna(python, 'optuna_peer.py', [action, file, count])) as Seen;

  it('loads our study, goes on with it, and we with what it made of it', async () => {
    const study = open();
    study.enqueue({ units: 48 });
    await study.optimize(objective, { trials: 15 });
    await study.optimize(({ number }) => (number === 15 ? Number.NaN : 1), { trials: 2 });
    assert.deepEqual(withNumbers((await peer('load')).trials), shown(study));
    const continued = await peer('continue', 15);
    assert.equal(continued.trials.length, 32);
    assert.deepEqual(withNumbers(continued.trials), shown(study));
    await study.optimize(objective, { trials: 5 });
    assert.deepEqual(withNumbers((await peer('load')).trials), shown(open()));
  });

  it('makes a study that we load and continue, whatever its trials went through', async () => {
    const made = await peer('make');
    const study = open();
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['complete', 'pruned', 'fail', 'fail', 'complete', 'complete', 'waiting'],
    );
    assert.deepEqual(withNumbers(made.trials), shown(study));
    await study.optimize(objective, { trials: 1 });
    const { params } = study.trials[6];
    assert.deepEqual([params.rate, params.units], [0.25, 32]);
    assert.deepEqual(withNumbers((await peer('load')).trials), shown(study));
  });

  it('works on the same file at the same time', async () => {
    const study = open();
    const theirs = peer('beside', 15);
    for (let i = 0; i < 150 && study.trials.length === 0; i++) await sleep(100); // until it has begun
    await study.optimize(
      async (trial) => {
        await sleep(10);
        return objective(trial);
      },
      { trials: 15 },
    );
    await theirs;
    assert.deepEqual(withNumbers((await peer('load')).trials), shown(study));
    assert.deepEqual(
      study.trials.map(({ number }) => number),
      [...Array(30).keys()],
    );
    assert.ok(study.trials.every(({ state }) => state === 'complete' || state === 'pruned'));
    const created = readFileSync(file, 'utf8').trim().split('\n').map(fromPythonJson).filter(isObject);
    const owners = new Set(created.filter((log) => log.op_code === 4).map((log) => log.worker_id));
    assert.equal(owners.size, 2);
  });

  it('does again, with the same parameters, what a worker of ours left behind', async () => {
    const study = open();
    const trial = study.ask() ?? assert.fail();
    objective(trial);
    await Promise.resolve();
    // as if another process had begun it
    const text = readFileSync(file, 'utf8').replace(
      /"course:owner":\{[^}]*\}/,
      `"course:owner":${JSON.stringify({ host: hostname(), pid: 2 ** 22 + 1 })}`,
    );
    writeFileSync(file, text.replace(/\n.*$/, '\n'));
    const later = open();
    assert.deepEqual(later.failStaleTrials(), [0]);
    const { trials } = await peer('continue', 1);
    assert.deepEqual(
      trials.map(({ state }) => state),
      ['fail', 'complete'],
    );
    assert.deepEqual(trials[1].params, trials[0].params);
  });

  it('finds our last, unfinished line repaired', async () => {
    await open().optimize(objective, { trials: 2 });
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, whole.length - 30));
    const study = open();
    assert.deepEqual(
      study.trials.map(({ state }) => state),
      ['complete', 'running'],
    );
    study.tell(1, 5);
    const { trials } = await peer('continue', 2);
    assert.deepEqual(trials.map(({ state }) => state).slice(0, 2), ['complete', 'complete']);
  });

  it('finds nearly the same parameters important', async () => {
    const study = createStudy({ storage: journalStorage(file), sampler: randomSampler() });
    await study.optimize(
      (trial) => {
        const a = trial.suggestFloat('a', { low: 0, high: 1 });
        const b = trial.suggestFloat('b', { low: 0.01, high: 100, log: true });
        const c = trial.suggestInt('c', { low: 1, high: 10 });
        const d = trial.suggestCategorical('d', ['x', 'y']);
        return 3 * a + Math.abs(Math.log10(b)) + 0.1 * c + (d === 'x' ? 1 : 0) + a * c * 0.1;
      },
      { trials: 150 },
    );
    const theirs = await peer('importances');
    const ours = parameterImportances(study);
    for (const { name, importance } of ours) {
      const expected = theirs.importances?.[name] ?? Number.NaN;
      assert.ok(Math.abs(importance - expected) < 0.08, `${name}: ${importance}, Optuna ${expected}`);
    }
    assert.equal(ours[0].name, Object.keys(theirs.importances ?? {})[0]);
  });
});
