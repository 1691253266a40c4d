import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { normalizeBytes } from '../../lib/data';
import { type Classifier, importClassifier, loadClassifier } from '../../lib/interchange';
import { writeKeras } from '../../lib/interchange/keras-file';
import { writeKerasH5 } from '../../lib/interchange/keras-h5';
import { courseRoot } from '../../lib/paths';
import { needFrameworks, runPython } from '../helpers/frameworks';
import { courseClassifiers, noise, otherClassifiers, ourProbabilities } from './toy-classifiers';

interface Answers {
  readonly answers: Readonly<Record<string, readonly number[]>>;
  readonly built: Readonly<Record<string, Built>>;
}

interface Built {
  readonly pixels: readonly number[];
  readonly shape: [number, number, number, number];
  readonly output: readonly number[];
}

describe('Keras', function () {
  this.timeout(300_000);
  let folder: string;
  let classifiers: Record<string, Classifier>;
  const ours: Record<string, Float32Array> = {};
  let theirs: Answers;

  before(async function () {
    await needFrameworks(this);
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'keras-'));
    const pretrained = await loadClassifier(join(courseRoot(), 'data', 'pretrained', 'airbench-cifar10'));
    classifiers = { ...courseClassifiers(), ...otherClassifiers(), pretrained };
    for (const [name, classifier] of Object.entries(classifiers)) {
      const images = noise(classifier);
      const shape = [images.count, images.height, images.width, images.channels];
      ours[name] = await ourProbabilities(classifier, images);
      writeFileSync(join(folder, `${name}.json`), JSON.stringify({ shape, pixels: [...images.pixels] }));
      await writeKeras(classifier, join(folder, `${name}.keras`));
      await writeKerasH5(classifier, join(folder, `${name}.h5`));
    }
    theirs = (await runPython(join(__dirname, 'keras_answers.py'), [folder])) as Answers;
  });

  after(() => folder && rmSync(folder, { recursive: true }));

  for (const ending of ['keras', 'h5']) {
    it(`gives the same probabilities from our .${ending} of every network, within 1e-5`, () => {
      for (const [name, expected] of Object.entries(ours)) {
        const difference = largestDifference(expected, theirs.answers[`${name}.${ending}`]);
        assert.ok(difference < 1e-5, `${name}.${ending}: ${difference}`);
      }
    });
  }

  it('saves them again as files that we read, with the same probabilities and normalization', async () => {
    const files = readdirSync(join(folder, 'again'));
    assert.equal(files.length, 2 * Object.keys(classifiers).length);
    for (const file of files) {
      const [name] = file.split('.');
      const classifier = await importClassifier(join(folder, 'again', file));
      const answers = await ourProbabilities(classifier, noise(classifier));
      assert.ok(largestDifference(ours[name], answers) < 1e-6, file);
      classifier.normalization.mean.forEach((mean, c) => {
        assert.ok(Math.abs(mean - classifiers[name].normalization.mean[c]) < 1e-9, file);
      });
      classifier.model.dispose();
    }
  });

  it('saves networks of its own, which give the same here, within 1e-5', async () => {
    for (const [name, { pixels, shape, output }] of Object.entries(theirs.built)) {
      for (const ending of ['keras', 'h5']) {
        const file = join(folder, 'built', `${name}.${ending}`);
        const bytes = { kind: 'standardize', mean: [0], std: [1 / 255] } as const; // what `unnamed` was trained on
        const { model, normalization } = await importClassifier(
          file,
          name === 'unnamed' ? { normalization: bytes } : {},
        );
        const answers = tf.tidy(() => {
          const images = tf.tensor4d([...pixels], shape);
          return (model.predict(normalizeBytes(images, normalization)) as tf.Tensor).dataSync();
        });
        const difference = largestDifference(output, answers);
        assert.ok(difference < 1e-5, `${name}.${ending}: ${difference}`);
        model.dispose();
      }
    }
  });

  it('saves some networks that are refused in one sentence, which says why', async () => {
    const reasons: Record<string, RegExp> = {
      shared: /conv2d\w*: expected a layer that is used once/,
      'two-outputs': /one output/,
      Lambda: /lambda is a Lambda, which is not known here/,
      UpSampling2D: /is a UpSampling2D, which is not known here; known are Conv2D, /,
      Sequential: /is a Sequential, which is not known here/,
      groups: /expected 1 as groups, got 3/,
      hard_sigmoid: /as activation, got hard_sigmoid/,
      'one size': /images of one size/,
    };
    const tensors = tf.memory().numTensors;
    for (const file of readdirSync(join(folder, 'refused'))) {
      const error = await importClassifier(join(folder, 'refused', file)).catch((each: Error) => each);
      assert.ok(error instanceof Error && error.name === 'CourseError', file);
      assert.match(error.message, reasons[file.slice(0, file.lastIndexOf('.'))], file);
      assert.ok(!error.message.includes('\n'), file);
    }
    assert.equal(tf.memory().numTensors, tensors);
  });
});

function largestDifference(expected: ArrayLike<number>, actual: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length);
  return Array.from(expected).reduce((most, value, i) => {
    const difference = Math.abs(value - actual[i]);
    return difference > most || Number.isNaN(difference) ? difference : most;
  }, 0);
}
