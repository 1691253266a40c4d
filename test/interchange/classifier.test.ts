import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { type Classifier, loadClassifier, saveClassifier } from '../../lib/interchange';
import { buildBaseline } from '../../lib/models';

describe('a saved classifier', () => {
  let folder: string;
  let classifier: Classifier;

  before(async () => {
    await useBackend();
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'classifier-'));
    classifier = {
      model: buildBaseline({ inputShape: [32, 32, 3], numClasses: 2 }),
      normalization: { kind: 'standardize', mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3] },
      classNames: ['cat', 'dog'],
      training: { seed: 7 },
    };
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('comes back with the same answers, normalization, class names and facts', async () => {
    const target = join(folder, 'model');
    await saveClassifier(classifier, target);
    const loaded = await loadClassifier(target);
    const xs = tf.randomUniform([3, 32, 32, 3], -1, 1, 'float32', 5);
    const answers = (model: tf.LayersModel) => Array.from((model.predict(xs) as tf.Tensor).dataSync());
    assert.deepEqual(answers(loaded.model), answers(classifier.model));
    const { model: _, ...facts } = loaded;
    const { model: __, ...expected } = classifier;
    assert.deepEqual(facts, expected);
  });

  it('replaces an older one and leaves nothing else behind', async () => {
    const target = join(folder, 'model');
    await saveClassifier(classifier, target);
    await saveClassifier({ ...classifier, training: { seed: 8 } }, target);
    assert.deepEqual((await loadClassifier(target)).training, { seed: 8 });
    assert.deepEqual(readdirSync(folder), ['model']);
  });

  it('names the file that is missing or damaged', async () => {
    const target = join(folder, 'model');
    await assert.rejects(loadClassifier(target), /model\.json: there is no model here/);
    await saveClassifier(classifier, target);
    truncateSync(join(target, 'weights.bin'), 1000);
    await assert.rejects(loadClassifier(target), /expected \d+ bytes of weights, got 1000/);
    rmSync(join(target, 'weights.bin'));
    await assert.rejects(loadClassifier(target), /weights\.bin: the model's weights are missing/);
  });

  it('refuses what is JSON but no model of ours', async () => {
    const target = join(folder, 'model');
    await saveClassifier(classifier, target);
    const file = join(target, 'model.json');
    const good = JSON.parse(readFileSync(file, 'utf8'));
    const bad: Record<string, unknown> = {
      'not json': 'hello',
      'no layers': '{}',
      'no class names': { ...good, userDefinedMetadata: {} },
      'no normalization': { ...good, userDefinedMetadata: { classNames: ['cat', 'dog'] } },
    };
    for (const [name, content] of Object.entries(bad)) {
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      await assert.rejects(loadClassifier(target), { name: 'CourseError' }, name);
    }
  });
});
