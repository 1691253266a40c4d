import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import type { Classifier } from '../../lib/interchange';
import { writeSavedModel } from '../../lib/interchange/saved-model';
import { courseRoot } from '../../lib/paths';
import { needFrameworks, runPython } from '../helpers/frameworks';
import { allClassifiers, largestDifference, noise, ourProbabilities, writeTask } from './toy-classifiers';

interface Answer {
  readonly probabilities: readonly number[];
  readonly oneByOne: readonly number[];
  /** From `keras.layers.TFSMLayer`. */
  readonly keras: readonly number[];
  readonly classes: readonly (readonly string[])[];
  readonly scores: readonly number[];
}

describe('an exported SavedModel', () => {
  let folder: string;
  let classifiers: Record<string, Classifier>;
  let answers: Record<string, Answer>;

  before(async function () {
    await needFrameworks(this);
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'saved-model-'));
    classifiers = await allClassifiers();
    for (const [name, classifier] of Object.entries(classifiers)) {
      await writeSavedModel(classifier, join(folder, name));
      writeTask(classifier, join(folder, `${name}.json`));
    }
    const script = join(courseRoot(), 'test', 'interchange', 'saved_model_answers.py');
    answers = (await runPython(script, [folder])) as Record<string, Answer>;
  });

  after(() => {
    if (folder) rmSync(folder, { recursive: true });
    for (const { model } of Object.values(classifiers ?? {})) model.dispose();
  });

  it('gives the same probabilities in TensorFlow and in Keras, for one image and for 16', async () => {
    for (const [name, classifier] of Object.entries(classifiers)) {
      const ours = await ourProbabilities(classifier, noise(classifier));
      const { probabilities, oneByOne, keras } = answers[name];
      for (const theirs of [probabilities, oneByOne, keras]) {
        const difference = largestDifference(ours, theirs);
        assert.ok(difference < 1e-5, `${name}: ${difference}`);
      }
    }
  });

  it('names the classes from the most to the least probable', () => {
    for (const [name, { classNames }] of Object.entries(classifiers)) {
      const { probabilities, classes, scores } = answers[name];
      for (const [image, names] of classes.entries()) {
        const row = probabilities.slice(image * classNames.length, (image + 1) * classNames.length);
        const sorted = names.map((each) => row[classNames.indexOf(each)]);
        assert.deepEqual(sorted, scores.slice(image * classNames.length, (image + 1) * classNames.length));
        assert.deepEqual(
          sorted,
          [...row].sort((a, b) => b - a),
        );
      }
    }
  });
});
