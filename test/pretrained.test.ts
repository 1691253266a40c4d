import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { useBackend } from '../lib/backend';
import { loadDataset, takeStratified } from '../lib/data';
import { loadClassifier } from '../lib/interchange';
import { courseRoot } from '../lib/paths';
import { parseConfig, readRun } from '../lib/runs';
import { evaluate } from '../lib/training';

const pretrained = join(courseRoot(), 'data', 'pretrained');
const names = readdirSync(pretrained).filter((name) => name !== 'README.md');

describe('the models that come with the course', () => {
  before(async () => {
    await useBackend();
  });

  it('are those that the chapters use', () => {
    assert.deepEqual(names.sort(), ['airbench-cifar10', 'baseline-cifar10', 'regularized-cifar10']);
  });

  for (const name of names) {
    const folder = join(pretrained, name);

    it(`${name} says how it was made, the same in its files, inside the model and to the reader`, async () => {
      const run = await readRun(folder);
      const { training, classNames } = await loadClassifier(folder);
      const [ofRun, ofModel] = [run?.config, training.config].map((config) =>
        parseConfig(config, { source: folder }),
      );
      assert.deepEqual(ofRun, ofModel);
      assert.deepEqual(run?.environment, training.environment);
      assert.deepEqual(run?.history, training.history);
      assert.deepEqual(run?.result, training.result);
      assert.equal(run?.history.length, run?.config.epochs);
      assert.equal(classNames.length, 10);
      const readme = readFileSync(join(pretrained, 'README.md'), 'utf8');
      const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``)) ?? '';
      const { test, seconds = 0 } = run?.result ?? {};
      assert.ok(row.includes(`\`${run?.environment?.command}\``));
      assert.ok(row.includes(`${((test?.accuracy ?? 0) * 100).toFixed(2)} %`));
      assert.ok(row.includes(`| ${Math.round(seconds).toLocaleString('en')} |`));
    });

    it(`${name} is small enough for the repository`, () => {
      assert.ok(statSync(join(folder, 'model', 'weights.bin')).size < 10e6);
    });

    it(`${name} is as good on some test images as it says`, async () => {
      const { model, normalization, training } = await loadClassifier(folder);
      const { config, result } = training as {
        config: { views: 'single' };
        result: { test: { accuracy: number } };
      };
      const { test } = await loadDataset('cifar10');
      const some = takeStratified(test, { count: 500, seed: 1 });
      const { accuracy } = await evaluate(model, some, { normalization, views: config.views });
      const published = result.test.accuracy;
      const standardError = Math.sqrt((published * (1 - published)) / some.count);
      assert.ok(Math.abs(accuracy - published) < 4 * standardError, `accuracy ${accuracy}`);
    });
  }
});
