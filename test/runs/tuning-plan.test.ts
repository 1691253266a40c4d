import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CourseError } from '../../lib/errors';
import {
  configOfBest,
  configOfTrial,
  joinTuning,
  openTuning,
  recipeFor,
  type TuningPlan,
  whyHopeless,
} from '../../lib/runs';
import { createStudy, journalStorage } from '../../lib/tuning';

const plan: TuningPlan = {
  format: 'course-tuning 1',
  command: 'npx course tune --model baseline',
  config: recipeFor('baseline', 'cifar10'),
  budget: { images: 1000, epochs: 3 },
  space: { batchSize: { choices: [32, 64] }, labelSmoothing: { low: 0, high: 0.2 } },
  sampler: 'random',
  pruner: 'median',
  seed: 1,
  trials: 10,
};

describe('the plan of a study of trainings', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-plan-'));
    file = join(folder, 'study.log');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('stays with the study, so that a worker needs nothing but the file', () => {
    openTuning(file, plan);
    const joined = joinTuning(file);
    assert.deepEqual(joined.plan, plan);
    assert.deepEqual([joined.study.name, joined.study.direction], ['baseline-cifar10', 'maximize']);
  });

  it('may have another sampler, pruner and number of trials when it goes on', () => {
    openTuning(file, plan).study.enqueue({ batchSize: 32 });
    const changed: TuningPlan = { ...plan, sampler: 'tpe', pruner: 'asha', trials: 20, command: 'x' };
    assert.equal(openTuning(file, changed).study.trials.length, 1);
    assert.deepEqual(joinTuning(file).plan, changed);
  });

  it('keeps trials apart that are no comparison, and leaves the file as it was', () => {
    openTuning(file, plan);
    const before = readFileSync(file, 'utf8');
    const others: readonly [TuningPlan, RegExp][] = [
      [{ ...plan, budget: { images: 1000, epochs: 4 } }, /expected the epochs of its study, 3, got 4/],
      [{ ...plan, budget: { images: 500, epochs: 3 } }, /expected the images of its study, 1000, got 500/],
      [{ ...plan, seed: 2 }, /expected the study's seed of its study, 1, got 2/],
      [{ ...plan, space: { batchSize: { choices: [32] } } }, /expected the space of its study/],
      [{ ...plan, config: { ...plan.config, seed: 2 } }, /expected the seed of its study, 1, got 2/],
      [{ ...plan, config: recipeFor('vgg', 'cifar10') }, /expected the model of its study/],
    ];
    for (const [other, sentence] of others) {
      assert.throws(
        () => openTuning(file, other),
        (error: unknown) => {
          assert.ok(error instanceof CourseError);
          assert.match(error.message, sentence);
          assert.match(
            error.message,
            /go on as it was begun, npx course tune --model baseline, or choose another/,
          );
          return true;
        },
      );
    }
    assert.equal(readFileSync(file, 'utf8'), before);
  });

  it('refuses a journal of another study, one without a plan, and a file that is not there', () => {
    createStudy({ name: 'mine', storage: journalStorage(file) });
    const before = readFileSync(file, 'utf8');
    assert.throws(() => openTuning(file, plan), /expected the study baseline-cifar10, got mine; use/);
    assert.throws(() => joinTuning(file), /expected a study made by npx course tune, got none/);
    assert.equal(readFileSync(file, 'utf8'), before);
    const missing = join(folder, 'missing.log');
    assert.throws(
      () => joinTuning(missing),
      /missing\.log: there is no study; begin one with: npx course tune/,
    );
    assert.ok(!existsSync(missing));
    writeFileSync(missing, 'a text\n');
    assert.throws(() => openTuning(missing, plan), /line 1: expected an operation of Optuna's journal/);
  });

  it('gives each trial its settings and the budget, and the best one all images and epochs', () => {
    const { study } = openTuning(file, plan);
    study.enqueue({ batchSize: 32, labelSmoothing: 0.125 });
    const trial = study.ask() ?? assert.fail();
    const config = configOfTrial(plan, trial);
    assert.deepEqual(config, {
      ...plan.config,
      batchSize: 32,
      labelSmoothing: 0.125,
      images: 1000,
      epochs: 3,
    });
    study.tell(trial, 0.5);
    assert.deepEqual(configOfBest(plan, study.bestParams ?? {}), {
      ...plan.config,
      batchSize: 32,
      labelSmoothing: 0.125,
    });
  });

  it('is given up where the first three trials all fail', () => {
    const { study } = openTuning(file, plan);
    const fail = () => study.tell(study.ask() ?? assert.fail(), { state: 'fail', reason: 'no memory' });
    fail();
    fail();
    assert.equal(whyHopeless(study.trials), undefined);
    fail();
    assert.equal(whyHopeless(study.trials), 'the first 3 trials all failed, the last: no memory');
    study.tell(study.ask() ?? assert.fail(), 0.5);
    assert.equal(whyHopeless(study.trials), undefined);
  });
});
