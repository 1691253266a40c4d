import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDataset } from '../../lib/data';
import { loadClassifier } from '../../lib/interchange';
import {
  compareConfigs,
  configOfVariant,
  listRuns,
  readAblation,
  readRunConfig,
  recipeFor,
  runTraining,
  type TrainingConfig,
} from '../../lib/runs';
import { evaluate } from '../../lib/training';

const config: TrainingConfig = {
  ...recipeFor('regularized', 'cifar10'),
  modelOptions: { filters: [4, 4, 8, 8] },
  images: 200,
  validationCount: 100,
  epochs: 3,
  batchSize: 32,
};

describe('runTraining', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-run-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (file: string) => JSON.parse(readFileSync(join(folder, 'a', file), 'utf8'));

  it('leaves configuration, environment, history, result, logs and a model that gives this result', async () => {
    const { history, test, ...result } = await runTraining(config, join(folder, 'a'));
    assert.deepEqual(readdirSync(join(folder, 'a')).sort(), [
      'config.json',
      'environment.json',
      'history.json',
      'logs',
      'model',
      'result.json',
    ]);
    assert.deepEqual(read('config.json'), config);
    assert.deepEqual(read('history.json'), JSON.parse(JSON.stringify(history)));
    assert.deepEqual(read('result.json').test, test);
    assert.equal(read('environment.json').node, process.versions.node);
    assert.deepEqual([history.length, result.trainingImages, test.count], [3, 200, 10_000]);
    assert.ok(result.seconds > 0 && result.imagesPerSecond > 0);
    const { model, normalization, training } = await loadClassifier(join(folder, 'a')); // the run, or `model` in it
    assert.deepEqual(training.config, config);
    const { test: images } = await loadDataset('cifar10');
    const again = await evaluate(model, images, { normalization, views: config.views });
    assert.equal(again.accuracy, test.accuracy);
  });

  it('goes on with a run that was stopped, to the same end', async () => {
    const whole = await runTraining(config, join(folder, 'whole'));
    const stop = new AbortController();
    const onEpoch = () => stop.abort(new Error('killed'));
    await assert.rejects(runTraining(config, join(folder, 'a'), { onEpoch, signal: stop.signal }), /killed/);
    assert.ok(!existsSync(join(folder, 'a', 'result.json')));
    const begun = await readRunConfig(join(folder, 'a'));
    const resumed = await runTraining(begun, join(folder, 'a'), { resume: true });
    const losses = ({ history }: typeof whole) =>
      history.map(({ loss, validationLoss }) => [loss, validationLoss]);
    assert.deepEqual(losses(resumed), losses(whole));
    assert.deepEqual(resumed.test, whole.test);
  });

  it('fits the whitening layer of airbench on training images alone', async () => {
    const airbench: TrainingConfig = {
      ...recipeFor('airbench', 'cifar10'),
      modelOptions: { widths: [4, 8, 8] },
      images: 100,
      validationCount: 100,
      batchSize: 50,
      epochs: 1,
    };
    const { history } = await runTraining(airbench, join(folder, 'a'));
    assert.ok(Number.isFinite(history[0].loss));
  });

  it('does not touch a run that is there', async () => {
    await runTraining({ ...config, epochs: 1 }, join(folder, 'a'));
    const before = readFileSync(join(folder, 'a', 'config.json'));
    await assert.rejects(
      runTraining(config, join(folder, 'a')),
      /there is a run already; continue it with --resume/,
    );
    assert.deepEqual(readFileSync(join(folder, 'a', 'config.json')), before);
  });

  it('says which file of a run is missing or damaged', async () => {
    await assert.rejects(readRunConfig(folder), /config\.json: there is no run here/);
    writeFileSync(join(folder, 'config.json'), '{');
    await assert.rejects(readRunConfig(folder), { name: 'CourseError', message: /config\.json: damaged/ });
  });
});

describe('listRuns', () => {
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'course-runs-'));
    await runTraining({ ...config, epochs: 1 }, join(folder, 'b'));
    const stop = AbortSignal.abort(new Error('killed'));
    await assert.rejects(runTraining({ ...config, seed: 2 }, join(folder, 'a'), { signal: stop }));
    writeFileSync(join(folder, 'notes.txt'), 'no run');
  });
  after(() => rmSync(folder, { recursive: true }));

  it('knows finished and unfinished runs, by name', async () => {
    const runs = await listRuns(folder);
    assert.deepEqual(
      runs.map(({ name, result }) => [name, result !== undefined]),
      [
        ['a', false],
        ['b', true],
      ],
    );
    assert.deepEqual(await listRuns(join(folder, 'nothing')), []);
  });

  it('compares by the settings that differ', async () => {
    assert.deepEqual(compareConfigs(await listRuns(folder)), [
      { setting: 'seed', values: ['2', '1'] },
      { setting: 'epochs', values: ['3', '1'] },
    ]);
  });
});

describe('an ablation', () => {
  it('adds one thing at a time', () => {
    const augmented = configOfVariant('+ augmentation');
    const normalized = configOfVariant('+ batch normalization', { seed: 2 });
    assert.deepEqual(
      { ...normalized, seed: 1, modelOptions: { ...normalized.modelOptions, batchNormalization: false } },
      augmented,
    );
    assert.equal(augmented.modelOptions.dropout, 0);
    assert.throws(() => configOfVariant('+ luck'), /unknown variant \+ luck; expected one of: plain, /);
  });

  it('is read from its file, and only from such a one', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'course-ablation-'));
    const file = join(folder, 'x.json');
    await assert.rejects(readAblation(file), /x\.json: there is no ablation/);
    writeFileSync(file, '{"format":"something else"}');
    await assert.rejects(readAblation(file), /expected course-ablation 1, got something else/);
    rmSync(folder, { recursive: true });
  });
});
