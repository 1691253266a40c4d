import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { fitStandardization } from '../../lib/data';
import { recipeFor, type TrainingConfig, type TrialImages, trainForValidation } from '../../lib/runs';
import { TrialPruned } from '../../lib/tuning';
import { toyDataset } from '../helpers/toy-dataset';

const config: TrainingConfig = {
  ...recipeFor('baseline', 'cifar10'),
  augment: [],
  schedule: { name: 'constant' },
  epochs: 4,
  batchSize: 16,
};

describe('trainForValidation', () => {
  let images: TrialImages;

  before(async () => {
    await useBackend();
    const training = toyDataset({ count: 32, size: 24 });
    images = {
      training,
      validation: toyDataset({ count: 16, size: 24, seed: 2 }),
      normalization: fitStandardization(training),
    };
  });

  /** What was reported, and the tensors that are left. */
  async function run(changes: Partial<TrainingConfig>, stopAfter = Number.POSITIVE_INFINITY) {
    const before = tf.memory().numTensors;
    const reports: [number, number][] = [];
    const report = (value: number, { step }: { readonly step: number }) => {
      reports.push([step, value]);
      if (step >= stopAfter) throw new TrialPruned();
    };
    const signal = new AbortController().signal;
    const outcome = await trainForValidation({ ...config, ...changes }, images, { report, signal }).catch(
      (error: unknown) => error,
    );
    return { reports, outcome, left: tf.memory().numTensors - before };
  }

  it('comes to the last validation accuracy, and reports those before it', async () => {
    const { reports, outcome, left } = await run({});
    assert.deepEqual(
      reports.map(([step]) => step),
      [1, 2, 3],
    );
    assert.ok(typeof outcome === 'number' && outcome >= 0.5 && outcome <= 1, `${outcome}`);
    assert.equal(left, 0);
  });

  it('comes to the accuracy of the epoch whose weights early stopping keeps', async () => {
    // no loss is lower than that of the first epoch by so much, so its weights are kept and the third is never trained
    const earlyStopping = { monitor: 'validationLoss', patience: 1, minDelta: 100 } as const;
    const optimizer = { name: 'adam', learningRate: 0.0003 } as const; // slow, so that the second epoch is better
    const { reports, outcome } = await run({ earlyStopping, optimizer });
    assert.deepEqual([reports.length, outcome], [2, reports[0][1]]);
    assert.notEqual(reports[1][1], reports[0][1]);
  });

  it('is stopped in the middle by a pruner, and leaves no tensor', async () => {
    const { reports, outcome, left } = await run({}, 2);
    assert.equal(reports.length, 2);
    assert.ok(outcome instanceof TrialPruned);
    assert.equal(left, 0);
  });

  it('is worth a guess where the loss is no number any more', async () => {
    const optimizer = { name: 'adam', learningRate: 1e30 } as const;
    const { outcome, left } = await run({ optimizer });
    assert.equal(outcome, 1 / 4);
    assert.equal(left, 0);
  });
});
