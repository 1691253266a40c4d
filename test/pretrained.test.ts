import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { useBackend } from '../lib/backend';
import { loadDataset, takeStratified } from '../lib/data';
import { loadClassifier } from '../lib/interchange';
import { courseRoot } from '../lib/paths';
import { parseConfig, readRun } from '../lib/runs';
import { evaluate } from '../lib/training';

const folder = join(courseRoot(), 'data', 'pretrained', 'airbench-cifar10');

describe('the model that comes with the course', () => {
  before(async () => {
    await useBackend();
  });

  it('says how it was made, the same in its files and inside the model', async () => {
    const run = await readRun(folder);
    const { training, classNames } = await loadClassifier(folder);
    assert.deepEqual(parseConfig(run?.config, { source: folder }), training.config);
    assert.deepEqual(run?.environment, training.environment);
    assert.deepEqual(run?.history, training.history);
    assert.deepEqual(run?.result, training.result);
    assert.equal(run?.history.length, run?.config.epochs);
    assert.equal(classNames.length, 10);
    const readme = readFileSync(join(folder, '..', 'README.md'), 'utf8');
    const { test, seconds = 0 } = run?.result ?? {};
    assert.ok(readme.includes(`${((test?.accuracy ?? 0) * 100).toFixed(2)} %`));
    assert.ok(readme.includes(Math.round(seconds).toLocaleString('en')));
  });

  it('is small enough for the repository', () => {
    assert.ok(statSync(join(folder, 'model', 'weights.bin')).size < 10e6);
  });

  it('is as good on some test images as it says', async () => {
    const { model, normalization, training } = await loadClassifier(folder);
    const { test } = await loadDataset('cifar10');
    const some = takeStratified(test, { count: 500, seed: 1 });
    const { accuracy } = await evaluate(model, some, { normalization, views: 'mirroredAndShifted' });
    const { result } = training as { result: { test: { accuracy: number } } };
    assert.ok(Math.abs(accuracy - result.test.accuracy) < 0.04, `accuracy ${accuracy}`); // four standard errors
  });
});
