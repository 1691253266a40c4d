import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import type { Classifier } from '../../lib/interchange';
import { writeOnnx } from '../../lib/interchange/onnx';
import { courseRoot } from '../../lib/paths';
import { needFrameworks, runPython } from '../helpers/frameworks';
import { allClassifiers, largestDifference, noise, ourProbabilities, writeTask } from './toy-classifiers';

interface Answer {
  readonly probabilities: readonly number[];
  readonly oneByOne: readonly number[];
  readonly classNames: readonly string[];
  /** Type and shape. */
  readonly input: readonly unknown[];
  readonly output: readonly unknown[];
  /** The operators that are left when ONNX Runtime has fused what it can. */
  readonly optimized: readonly string[];
}

describe('an exported ONNX file', () => {
  let folder: string;
  let classifiers: Record<string, Classifier>;
  let answers: Record<string, Answer>;

  before(async function () {
    await needFrameworks(this);
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'onnx-'));
    classifiers = await allClassifiers();
    for (const [name, classifier] of Object.entries(classifiers)) {
      await writeOnnx(classifier, join(folder, `${name}.onnx`));
      writeTask(classifier, join(folder, `${name}.json`));
    }
    const script = join(courseRoot(), 'test', 'interchange', 'onnx_answers.py');
    answers = (await runPython(script, [folder])) as Record<string, Answer>; // ONNX's checker, too
  });

  after(() => {
    if (folder) rmSync(folder, { recursive: true });
    for (const { model } of Object.values(classifiers ?? {})) model.dispose();
  });

  it('gives the same probabilities in ONNX Runtime, for one image and for 16', async () => {
    for (const [name, classifier] of Object.entries(classifiers)) {
      const ours = await ourProbabilities(classifier, noise(classifier));
      for (const theirs of [answers[name].probabilities, answers[name].oneByOne]) {
        const difference = largestDifference(ours, theirs);
        assert.ok(difference < 1e-5, `${name}: ${difference}`);
      }
    }
  });

  it('says what goes in, what comes out and what the classes are called', () => {
    for (const [name, { model, classNames }] of Object.entries(classifiers)) {
      assert.deepEqual(answers[name].classNames, classNames);
      assert.deepEqual(answers[name].input, ['tensor(float)', ['batch', ...model.inputs[0].shape.slice(1)]]);
      assert.deepEqual(answers[name].output, ['tensor(float)', ['batch', classNames.length]]);
    }
  });

  it('is written so that ONNX Runtime can fuse it', () => {
    const { airbench, resnet, phone } = answers;
    const count = ({ optimized }: Answer, op: string) => optimized.filter((each) => each === op).length;
    assert.deepEqual([count(airbench, 'Gelu'), count(airbench, 'Erf')], [7, 0]);
    assert.deepEqual([count(resnet, 'BatchNormalization'), count(resnet, 'Relu')], [0, 0]);
    for (const answer of [airbench, resnet, phone]) assert.equal(count(answer, 'Transpose'), 1);
  });
});
