import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import {
  type Base,
  runTransfer,
  type TransferOptions,
  type TransferRun,
  type TransferSettings,
} from '../../lib/transfer';
import { inFolder } from '../data/download/tools';
import { toyBase, writePictures } from './toys';

const settings: TransferSettings = {
  l2s: [1, 0.1],
  fineTuning: { from: null, epochs: 2, batchSize: 8, learningRate: 0.001, weightDecay: 0.01, augment: [] },
  fromScratch: {
    batchSize: 8,
    learningRate: 0.003,
    weightDecay: 0.05,
    dropout: 0.1,
    augment: [],
    leastSteps: 4,
  },
};

describe('runTransfer', function () {
  this.timeout(180_000); // many short trainings, each traced anew

  let base: Base;

  before(async () => {
    await useBackend();
    base = toyBase();
  });
  after(() => base.model.dispose());

  /** A tiny experiment on pictures of shapes, and what was computed and not merely read from `runs`. */
  async function experiment(folder: string, options: TransferOptions & { readonly base?: Base } = {}) {
    const told: TransferRun[] = [];
    const result = await runTransfer(join(folder, 'runs'), options.base ?? base, join(folder, 'shapes'), {
      perClass: [3, 2],
      seeds: [1],
      settings,
      command: 'npx course transfer',
      featuresFolder: join(folder, 'features'),
      onRun: (run) => told.push(run),
      ...options,
    });
    return { result, told };
  }

  it('trains each size in each way, the smallest first, and says what came of it', () =>
    inFolder(async (folder) => {
      await writePictures(join(folder, 'shapes'));
      const before = tf.memory().numTensors;
      const { result, told } = await experiment(folder);
      assert.equal(tf.memory().numTensors, before);
      assert.deepEqual(
        result.runs.map(({ perClass, seed, method }) => `${perClass} ${seed} ${method}`),
        [2, 3].flatMap((size) => [`${size} 1 frozen`, `${size} 1 fine-tuned`, `${size} 1 from scratch`]),
      );
      assert.equal(told.length, 6);
      for (const { method, testAccuracy, epochs, l2, seconds } of result.runs) {
        assert.ok(testAccuracy >= 0 && testAccuracy <= 1 && seconds > 0);
        assert.equal(epochs === undefined, method === 'frozen');
        assert.equal(l2 === undefined, method === 'from scratch');
      }
      const { runs, environment, date, testFeatures, ...facts } = result;
      assert.equal(environment.node, process.versions.node);
      assert.ok(testFeatures.seconds > 0 && Date.parse(date) > 0);
      assert.deepEqual(facts, {
        format: 'course-transfer 1',
        command: 'npx course transfer',
        base: 'toy',
        dataset: 'shapes',
        validationImages: 10,
        settings,
      });
    }));

  it('goes on where it was interrupted, and does nothing again', () =>
    inFolder(async (folder) => {
      await writePictures(join(folder, 'shapes'));
      const stop = new AbortController();
      const onRun = ({ method }: TransferRun) => method === 'fine-tuned' && stop.abort(new Error('enough'));
      await assert.rejects(experiment(folder, { onRun, signal: stop.signal }), /enough/);
      const options = { perClass: [2] };
      const { result } = await experiment(folder, options);
      const again = await experiment(folder, { ...options, signal: AbortSignal.timeout(60_000) });
      assert.deepEqual(again.result.runs, result.runs); // the seconds, too: so it was not trained again
      assert.equal(again.told.length, 3);
    }));

  it('refuses the folder of an experiment with another base or other settings', () =>
    inFolder(async (folder) => {
      await writePictures(join(folder, 'shapes'));
      const options = { perClass: [2] };
      await experiment(folder, options);
      const other = toyBase({ seed: 2 });
      const refusal = { name: 'CourseError', message: /runs: holds an experiment with other settings/ };
      await assert.rejects(experiment(folder, { ...options, base: other }), refusal);
      await assert.rejects(experiment(folder, { ...options, settings: { ...settings, l2s: [1] } }), refusal);
      other.model.dispose();
    }));

  it('says before anything is computed that a class has too few images', () =>
    inFolder(async (folder) => {
      await writePictures(join(folder, 'shapes'));
      const told: TransferRun[] = [];
      const onRun = (run: TransferRun) => told.push(run);
      await assert.rejects(experiment(folder, { perClass: [2, 50], onRun }), {
        name: 'CourseError',
        message: /^shapes: expected 50 training images of each class, got \d of \w+; ask for fewer/,
      });
      assert.equal(told.length, 0);
    }));
});
