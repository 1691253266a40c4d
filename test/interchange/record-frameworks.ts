// Asks other frameworks about the trained networks that come with the course, and lets them train beside it; writes
// data/benchmarks/frameworks.json for chapter 11. Run by `npm run record:frameworks`, after `npm run test:frameworks`.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFileAtomically } from '../../lib/atomic-file';
import { useBackend } from '../../lib/backend';
import { fitStandardization, gather, type ImageDataset, loadSplits } from '../../lib/data';
import { exportClassifier, extensionOf, loadClassifier } from '../../lib/interchange';
import { buildModel } from '../../lib/models';
import { courseRoot } from '../../lib/paths';
import { buildOptimizer } from '../../lib/runs';
import { encodeSafetensors } from '../../lib/safetensors';
import { compileClassifier, Stepper, trainingBatch } from '../../lib/training';
import { runPython } from '../helpers/frameworks';
import { largestDifference, ourProbabilities } from './toy-classifiers';

const networks = ['baseline-cifar10', 'regularized-cifar10', 'airbench-cifar10'];
const count = 100; // images that are asked about
const steps = 20;
const batchSize = 32;

async function record(folder: string): Promise<void> {
  const { version = '' } = await useBackend();
  const { train, test } = await loadSplits('cifar10');
  const { answers, versions } = await compareAnswers(test, folder);
  const result = {
    date: new Date().toISOString(),
    command: 'npm run record:frameworks',
    versions: { 'TensorFlow.js on': version, ...versions },
    images: count,
    answers,
    trainings: [await compareTraining(train, folder)],
  };
  const file = join(courseRoot(), 'data', 'benchmarks', 'frameworks.json');
  await writeFileAtomically(file, `${JSON.stringify(result, null, 2)}\n`);
}

/** Of each network, the largest difference of any probability between this course and each other program. */
async function compareAnswers(test: ImageDataset, folder: string) {
  const images = gather(test, range(count));
  const pixels = { shape: [count, test.height, test.width, test.channels], data: images.pixels };
  const ours: Record<string, Float32Array> = {};
  for (const name of networks) {
    const classifier = await loadClassifier(join(courseRoot(), 'data', 'pretrained', name));
    for (const to of ['keras', 'h5', 'onnx', 'safetensors', 'savedmodel'] as const) {
      await exportClassifier(classifier, join(folder, name + (extensionOf(to) || `-${to}`)), { to });
    }
    ours[name] = await ourProbabilities(classifier, images);
  }
  const tensors = Object.fromEntries(networks.map((name) => [name, pixels]));
  writeFileSync(join(folder, 'images.safetensors'), encodeSafetensors({ tensors }));
  const script = join(__dirname, 'record_frameworks.py');
  const theirs = (await runPython(script, [folder])) as {
    versions: Record<string, string>;
    answers: Record<string, Record<string, number[]>>;
  };
  const answers = networks.flatMap((network) =>
    Object.entries(theirs.answers[network]).map(([name, probabilities]) => {
      const [file, program] = name.split(', ');
      return { network, file, program, largestDifference: largestDifference(ours[network], probabilities) };
    }),
  );
  return { answers, versions: theirs.versions };
}

/** The losses of the first steps of one training: same weights, same batches, same optimizer. */
async function compareTraining(train: ImageDataset, folder: string) {
  const normalization = fitStandardization(train);
  const { height, width, channels, classNames } = train;
  const optimizer = {
    name: 'sgd',
    learningRate: 0.01,
    momentum: 0.9,
    nesterov: true,
    weightDecay: 5e-4,
  } as const;
  const training = { name: 'regularized', network: 'regularized', optimizer };
  const model = buildModel('regularized', {
    inputShape: [height, width, channels],
    numClasses: classNames.length,
    dropout: 0,
  });
  const classifier = { model, normalization, classNames, training: {} };
  await exportClassifier(classifier, join(folder, 'regularized.safetensors'), { to: 'safetensors' });
  const all = gather(train, range(steps * batchSize));
  const tensors = {
    images: { shape: [steps, batchSize, height, width, channels], data: all.pixels },
    labels: { shape: [steps, batchSize], data: train.labels.slice(0, steps * batchSize) },
  };
  writeFileSync(join(folder, 'regularized.batches.safetensors'), encodeSafetensors({ tensors }));
  writeFileSync(join(folder, 'trainings.json'), JSON.stringify([training]));
  const script = join(__dirname, 'same_training.py');
  const { regularized: theirs } = (await runPython(script, [folder])) as Record<
    string,
    Record<string, number[]>
  >;

  compileClassifier(model, { optimizer: buildOptimizer(optimizer) });
  const stepper = new Stepper(model, normalization, { seed: 1 });
  const ours: number[] = [];
  for (let step = 0; step < steps; step++) {
    const indices = range(batchSize, step * batchSize);
    const labels = Uint8Array.from(indices, (index) => train.labels[index]);
    const images = { images: gather(train, indices), labels, indices, count: batchSize };
    const batch = trainingBatch(images, { numClasses: classNames.length });
    ours.push((await stepper.train(batch)).loss);
  }
  return {
    name: `regularized network, SGD with momentum, ${steps} steps of ${batchSize} images of CIFAR-10`,
    losses: {
      'TensorFlow.js, compiled': ours,
      Keras: theirs['keras.float32'],
      PyTorch: theirs['torch.float32'],
      'PyTorch, 64 bits': theirs['torch.float64'],
    },
  };
}

function range(length: number, from = 0): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => from + i);
}

const folder = mkdtempSync(join(tmpdir(), 'frameworks-'));
record(folder).finally(() => rmSync(folder, { recursive: true }));
