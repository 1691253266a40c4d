import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { fitStandardization, gather, type ImageDataset } from '../../lib/data';
import type { Classifier } from '../../lib/interchange';
import { readSafetensorsModel, writeSafetensorsModel } from '../../lib/interchange/safetensors-model';
import { buildModel } from '../../lib/models';
import { decodeSafetensors, encodeSafetensors, type NamedArray } from '../../lib/safetensors';
import { compileClassifier, Stepper, sgd, trainingBatch } from '../../lib/training';
import { needFrameworks, runPython } from '../helpers/frameworks';
import { toyDataset } from '../helpers/toy-dataset';

// What TensorFlow.js, Keras and PyTorch make of the same training: initial weights, batches, loss and optimizer. In double
// precision Keras and PyTorch agree to 1e-15, so that the mathematics are the same, see same_training.py; all that
// is left is float32's rounding. It is 2e-7 at first. In Adam it becomes 1e-5, since 1 - 0.999 in float32, as Keras and
// TensorFlow.js compute it, is off by as much. And a value that rounding takes over a kink of ReLU or max pooling lets two
// trainings drift apart: over seeds, settings and engines tried, losses by up to 1e-4, weights by up to 1e-2.
const lossTolerance = 1e-3; // relative; a momentum of 0.89 instead of 0.9 makes 1e-2
const firstTolerance = 1e-6; // of the first loss, before any update
const weightTolerance = 2e-2; // of the largest weight of a tensor
const doubleTolerance = 1e-12; // between Keras and PyTorch in double precision

const steps = 20;
const batchSize = 32;

// Decay and epsilon are larger than usual, so that it shows in the losses where each of them goes.
const nesterov = { name: 'sgd', momentum: 0.9, weightDecay: 0.05 } as const;
const adam = { name: 'adam', beta1: 0.9, beta2: 0.999, epsilon: 1e-4 } as const;

interface Training {
  readonly name: string;
  readonly network: 'regularized' | 'baseline';
  readonly optimizer: Optimizer;
}

type Optimizer =
  | { name: 'sgd'; learningRate: number; momentum: number; weightDecay: number }
  | { name: 'adam'; learningRate: number; beta1: number; beta2: number; epsilon: number };

const trainings: readonly Training[] = [
  { name: 'regularized-sgd', network: 'regularized', optimizer: { ...nesterov, learningRate: 0.01 } },
  { name: 'regularized-adam', network: 'regularized', optimizer: { ...adam, learningRate: 0.001 } },
  { name: 'baseline-sgd', network: 'baseline', optimizer: { ...nesterov, learningRate: 0.005 } },
  { name: 'baseline-adam', network: 'baseline', optimizer: { ...adam, learningRate: 0.0003 } },
];

/** What the test must notice. */
const control: Training = {
  name: 'control',
  network: 'regularized',
  optimizer: { ...nesterov, learningRate: 0.01, momentum: 0.89 },
};

const engines = [
  { name: 'one graph a step', backend: 'native', compile: '1' },
  { name: 'operation by operation', backend: 'native', compile: '0' },
  { name: 'WebAssembly', backend: 'wasm', compile: '1' },
] as const;

describe(`${steps} steps of the same training`, function () {
  this.timeout(300_000);
  let folder: string;
  /** By training, then by framework and precision. */
  let losses: Record<string, Record<string, readonly number[]>>;

  const file = (training: Training, suffix: string) => join(folder, `${training.name}.${suffix}safetensors`);

  before(async function () {
    await needFrameworks(this);
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'training-'));
    for (const training of [...trainings, control]) {
      const classifier = untrained(training);
      await writeSafetensorsModel(classifier, file(training, ''));
      classifier.model.dispose();
      writeFileSync(file(training, 'batches.'), encodeSafetensors({ tensors: batchesOf(training) }));
    }
    writeFileSync(join(folder, 'trainings.json'), JSON.stringify([...trainings, control]));
    losses = (await runPython(join(__dirname, 'same_training.py'), [folder])) as typeof losses;
  });

  after(() => {
    if (folder) rmSync(folder, { recursive: true });
  });

  for (const training of trainings) {
    describe(training.name, () => {
      it('is the same in Keras and PyTorch but for rounding', () => {
        const { 'keras.float64': keras, 'torch.float64': torch } = losses[training.name];
        assert.ok(largest(relative(keras, torch)) < doubleTolerance, `${relative(keras, torch)}`);
        assert.ok(torch[steps - 1] < 0.8 * torch[0], 'nothing was learned');
      });

      for (const { name, backend, compile } of engines) {
        it(`is the same in TensorFlow.js, ${name}`, async function () {
          const compileBefore = process.env.COURSE_COMPILE;
          try {
            await useBackend({ backend }).catch(() => this.skip());
            process.env.COURSE_COMPILE = compile;
            const classifier = await readSafetensorsModel(file(training, ''));
            const ours = await trainHere(classifier, training);
            await writeSafetensorsModel(classifier, file(training, 'ours.'));
            classifier.model.dispose();
            for (const other of ['keras.float32', 'torch.float32']) {
              const theirs = losses[training.name][other];
              const apart = relative(ours, theirs);
              assert.ok(apart[0] < firstTolerance, `${other}: the first losses differ by ${apart[0]}`);
              assert.ok(largest(apart) < lossTolerance, `${other}: the losses differ by ${apart}`);
              const weights = differenceOfWeights(file(training, 'ours.'), file(training, `${other}.`));
              assert.ok(weights < weightTolerance, `${other}: the weights differ by ${weights}`);
            }
          } finally {
            if (compileBefore === undefined) delete process.env.COURSE_COMPILE;
            else process.env.COURSE_COMPILE = compileBefore;
          }
        });
      }
    });
  }

  it('would show a momentum that is wrong by 0.01', () => {
    const right = losses[trainings[0].name]['torch.float32'];
    assert.ok(largest(relative(losses.control['torch.float32'], right)) > 5 * lossTolerance);
  });
});

function imagesOf({ network }: Training): ImageDataset {
  const images = toyDataset({ count: steps * batchSize, size: network === 'baseline' ? 24 : 16 });
  // Some labels are wrong, else the losses would soon be nothing but rounding.
  const labels = images.labels.map((label, i) => (i % 3 === 0 ? Math.floor(i / 3) % 4 : label));
  return { ...images, labels };
}

function untrained(training: Training): Classifier {
  const images = imagesOf(training);
  const { height, width, channels, classNames } = images;
  const small = training.network === 'regularized' ? { filters: [8, 8, 16, 16], dropout: 0 } : {};
  const options = { inputShape: [height, width, channels] as const, numClasses: classNames.length, ...small };
  const model = buildModel(training.network as string, options);
  return { model, normalization: fitStandardization(images), classNames, training: {} };
}

function batchesOf(training: Training): Record<string, NamedArray> {
  const { pixels, labels, height, width, channels } = imagesOf(training);
  return {
    images: { shape: [steps, batchSize, height, width, channels], data: pixels },
    labels: { shape: [steps, batchSize], data: labels },
  };
}

/** The losses of the course's own steps. */
async function trainHere({ model, normalization }: Classifier, training: Training): Promise<number[]> {
  compileClassifier(model, { optimizer: buildOptimizer(training.optimizer) });
  const images = imagesOf(training);
  const numClasses = images.classNames.length;
  const stepper = new Stepper(model, normalization, { seed: 1 });
  const losses: number[] = [];
  for (let start = 0; start < images.count; start += batchSize) {
    const indices = Uint32Array.from({ length: batchSize }, (_, i) => start + i);
    const labels = images.labels.subarray(start, start + batchSize);
    const batch = { images: gather(images, indices), labels, indices, count: batchSize };
    losses.push((await stepper.train(trainingBatch(batch, { numClasses }))).loss);
  }
  stepper.dispose();
  return losses;
}

function buildOptimizer(optimizer: Optimizer): tf.Optimizer {
  if (optimizer.name === 'sgd') return sgd({ ...optimizer, nesterov: true });
  const { learningRate, beta1, beta2, epsilon } = optimizer;
  return tf.train.adam(learningRate, beta1, beta2, epsilon);
}

function relative(values: readonly number[], expected: readonly number[]): number[] {
  assert.equal(values.length, expected.length);
  return values.map((value, i) => Math.abs(value - expected[i]) / expected[i]);
}

/** As a share of each tensor's largest number; the largest of all tensors. */
function differenceOfWeights(file: string, expected: string): number {
  const [ours, theirs] = [file, expected].map((each) => decodeSafetensors(readFileSync(each)).tensors);
  const shares = Object.entries(ours).map(([name, { data }]) => {
    const numbers = Array.from(theirs[name].data as Float32Array);
    return (
      largest(numbers.map((value, i) => Math.abs(value - Number(data[i])))) / largest(numbers.map(Math.abs))
    );
  });
  return largest(shares);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => (value > most || Number.isNaN(value) ? value : most), 0);
}
