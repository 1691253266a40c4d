import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type ImageDataset, scaleOnly } from '../../lib/data';
import { loadClassifier, saveClassifier } from '../../lib/interchange';
import type { ModelOptions } from '../../lib/models';
import { createRandom } from '../../lib/random';
import { compileClassifier, compileModel, type StepEngine, train, whyNotCompiled } from '../../lib/training';

export const cifar = { inputShape: [32, 32, 3], numClasses: 10 } as const;
export const fashion = { inputShape: [28, 28, 1], numClasses: 10 } as const;

/** Numbers that training changes. */
export function trainedParameters(model: tf.LayersModel): number {
  return model.trainableWeights.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape as number[]), 0);
}

/** Output shape without the batch of each named layer. */
export function shapeOf(model: tf.LayersModel, layer: string): number[] {
  return (model.getLayer(layer).outputShape as number[]).slice(1);
}

/** The values of each kernel, by name. */
export function kernels(model: tf.LayersModel): Map<string, number[]> {
  const all = model.weights.filter(({ originalName }) => originalName.endsWith('/kernel'));
  return new Map(all.map((weight) => [weight.originalName, Array.from(weight.read().dataSync())]));
}

/** Fails where a seed does not fix the kernels, where another seed gives the same, or where two layers start out equal. */
export function checkSeeds(build: (seed: number) => tf.LayersModel): void {
  const models = [4, 4, 5].map(build);
  const [first, same, other] = models.map(kernels);
  assert.ok(first.size > 1);
  assert.deepEqual(same, first);
  for (const [name, values] of first) assert.notDeepEqual(other.get(name), values, name);
  const distinct = new Set([...first.values()].map((values) => values.join()));
  assert.equal(distinct.size, first.size, 'two layers start out with the same kernel');
  for (const model of models) model.dispose();
}

/** Fails unless images become logits or, where asked for, the softmax of the same logits. */
export function checkOutputs(
  build: (options: ModelOptions) => tf.LayersModel,
  options: Pick<ModelOptions, 'inputShape' | 'numClasses'>,
): void {
  const [plain, soft] = [build(options), build({ ...options, output: 'softmax' })];
  tf.tidy(() => {
    const xs = tf.randomNormal<tf.Rank.R4>([2, ...options.inputShape], 0, 1, 'float32', 3);
    const logits = plain.predict(xs) as tf.Tensor;
    const probabilities = soft.predict(xs) as tf.Tensor;
    assert.deepEqual(logits.shape, [2, options.numClasses]);
    const sums = Array.from(tf.sum(logits, 1).dataSync());
    assert.ok(
      sums.some((sum) => Math.abs(sum - 1) > 1e-3),
      'logits that are probabilities',
    );
    assertClose(probabilities.dataSync(), tf.softmax(logits).dataSync(), 1e-6);
  });
  plain.dispose();
  soft.dispose();
}

/** The losses of `steps` steps on the same 32 random images with random labels; compiled where that is possible. */
export async function lossesOnRandomImages(
  model: tf.LayersModel,
  { steps, learningRate }: { readonly steps: number; readonly learningRate: number },
): Promise<{ losses: number[]; engine?: StepEngine }> {
  const dataset = randomDataset(model);
  compileClassifier(model, { learningRate });
  let engine: StepEngine | undefined;
  const history = await train(model, dataset, {
    normalization: scaleOnly(dataset.channels),
    epochs: steps, // of one step each
    batchSize: dataset.count,
    onEngine: (made) => {
      engine = made;
    },
  });
  compileModel(model).compiled?.dispose();
  return { losses: history.map(({ loss }) => loss), engine };
}

/** Fails unless `model` learns 32 random images by heart; on the native backend with a compiled step. */
export async function checkLearning(
  model: tf.LayersModel,
  options: Parameters<typeof lossesOnRandomImages>[1],
): Promise<void> {
  const { losses, engine } = await lossesOnRandomImages(model, options);
  const [first, last] = [losses[0], losses[losses.length - 1]];
  assert.ok(last < first / 3, `the loss fell from ${first} to ${last} only`);
  if (!whyNotCompiled()) assert.deepEqual(engine, { compiled: true });
}

function randomDataset(model: tf.LayersModel): ImageDataset {
  const random = createRandom('32 images');
  const [, height, width, channels] = model.inputs[0].shape as number[];
  const numClasses = model.outputs[0].shape[1] as number;
  const count = 32;
  return {
    name: 'random',
    height,
    width,
    channels,
    classNames: Array.from({ length: numClasses }, (_, i) => `class ${i}`),
    count,
    labels: Uint8Array.from({ length: count }, () => random.integer(numClasses)),
    rows: Uint32Array.from({ length: count }, (_, i) => i),
    pixels: Uint8Array.from({ length: count * height * width * channels }, () => random.integer(256)),
  };
}

/** Fails unless `model` answers the same after it was saved and loaded; resolves to the loaded one. */
export async function checkSaving(model: tf.LayersModel): Promise<tf.LayersModel> {
  const folder = mkdtempSync(join(tmpdir(), 'model-'));
  try {
    const classNames = Array.from({ length: model.outputs[0].shape[1] as number }, (_, i) => `${i}`);
    const target = join(folder, 'model');
    await saveClassifier({ model, normalization: scaleOnly(3), classNames, training: {} }, target);
    const loaded = (await loadClassifier(target)).model;
    const answers = (of: tf.LayersModel) =>
      tf.tidy(() => {
        const xs = tf.randomNormal([2, ...(of.inputs[0].shape.slice(1) as number[])], 0, 1, 'float32', 3);
        return Array.from((of.predict(xs) as tf.Tensor).dataSync());
      });
    assert.deepEqual(answers(loaded), answers(model));
    return loaded;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i] - expected[i]);
    assert.ok(difference <= tolerance, `number ${i}: expected ${expected[i]}, got ${actual[i]}`);
  }
}
