import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '../../lib/backend';
import type { ImageBatch } from '../../lib/data';
import { type Classifier, loadClassifier } from '../../lib/interchange';
import { readSafetensorsModel, writeSafetensorsModel } from '../../lib/interchange/safetensors-model';
import { modelNames } from '../../lib/models';
import { courseRoot } from '../../lib/paths';
import { encodeSafetensors } from '../../lib/safetensors';
import { needFrameworks, runPython } from '../helpers/frameworks';
import { courseClassifiers, noise, ourProbabilities } from './toy-classifiers';

const tolerance = 1e-5;

// Measured with PyTorch 2.13: at most 1.4e-6, the rounding of float32.
describe('safetensors between the course and PyTorch', function () {
  this.timeout(120_000);
  let folder: string;
  let classifiers: Record<string, Classifier>;
  let images: Record<string, ImageBatch>;
  let answers: Record<string, { ours: number[]; theirs: number[] }>;

  before(async function () {
    await needFrameworks(this);
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'torch-'));
    classifiers = courseClassifiers();
    classifiers.pretrained = await loadClassifier(
      join(courseRoot(), 'data', 'pretrained', 'airbench-cifar10'),
    );
    images = Object.fromEntries(Object.entries(classifiers).map(([name, each]) => [name, noise(each)]));
    for (const [name, classifier] of Object.entries(classifiers))
      await writeSafetensorsModel(classifier, join(folder, `${name}.safetensors`));
    const tensors = Object.entries(images).map(([name, { pixels, count, height, width, channels }]) => [
      name,
      { shape: [count, height, width, channels], data: pixels },
    ]);
    writeFileSync(
      join(folder, 'images.safetensors'),
      encodeSafetensors({ tensors: Object.fromEntries(tensors) }),
    );
    answers = (await runPython(join(__dirname, 'torch_answers.py'), [folder])) as typeof answers;
  });

  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  for (const name of [...modelNames, 'pretrained']) {
    it(`${name}: a PyTorch module with our weights gives our probabilities`, async () => {
      const expected = await ourProbabilities(classifiers[name], images[name]);
      assertClose(answers[name].ours, expected);
    });

    it(`${name}: we give the probabilities of a PyTorch module with its weights`, async () => {
      const { model, normalization, classNames } = classifiers[name];
      const read = await readSafetensorsModel(join(folder, `${name}.torch.safetensors`), {
        like: model,
        normalization,
        classNames,
      });
      assertClose(await ourProbabilities(read, images[name]), answers[name].theirs);
      read.model.dispose();
    });
  }
});

/** Also that images differ by more than rounding, so that the test could fail. */
function assertClose(actual: ArrayLike<number>, expected: Float32Array | readonly number[]): void {
  assert.equal(actual.length, expected.length);
  const differences = Array.from(expected, (value, i) => Math.abs(value - actual[i]));
  assert.ok(Math.max(...differences) < tolerance, `they differ by ${Math.max(...differences)}`);
  const classes = expected.length / 16;
  const betweenImages = Array.from(expected.slice(classes), (value, i) => Math.abs(value - expected[i]));
  assert.ok(Math.max(...betweenImages) > 100 * tolerance, 'all images have the same probabilities');
}
