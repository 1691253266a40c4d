/** This course as a contender: `node contender.js WORK` gets ready, then times one round for each line that it reads. */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as tf from '@tensorflow/tfjs';
import { type BackendName, useBackend } from '../backend';
import {
  compose,
  horizontalFlip,
  type ImageBatch,
  type ImageDataset,
  imageBatches,
  loadDataset,
  type Normalization,
  normalize,
  normalizePixels,
  randomCrop,
  readCifarBinary,
  subset,
} from '../data';
import { classificationReport, predictBatches, StreamingMetrics } from '../evaluation';
import { loadClassifier } from '../interchange/classifier';
import { createRandom } from '../random';
import { crossEntropyFromLogits, overlapped, Stepper, trainingBatch, train as trainModel } from '../training';
import { createPredictor, createStepper } from './compiled';
import { createEagerPredictor, createEagerStepper } from './eager';
import { peakMegabytes } from './memory';
import { buildNetwork, buildOptimizer, type NetworkSpec } from './networks';
import type { RoundAnswer } from './process';
import type { Work } from './work';

/** One round's work, and what it works with. */
interface Prepared {
  readonly runRound: () => Promise<Omit<RoundAnswer, 'images' | 'seconds'>>;
  readonly images: number;
  readonly parameters?: number;
}

async function main(work: Work): Promise<void> {
  console.log = console.error; // standard output belongs to the answers alone
  const [mode] = work.mode.split(' ');
  const backend: BackendName = mode === 'wasm' || mode === 'cpu' ? mode : 'native';
  const versions: Record<string, string> = { node: process.versions.node, tfjs: tf.version.tfjs };
  if (work.task !== 'load') versions[backend] = (await useBackend({ backend })).version;
  const prepare = { train, predict, evaluate, augment, load, input }[
    work.task as Exclude<Work['task'], 'peak'>
  ];
  const { runRound, images, parameters } = await prepare(work, mode);
  await runRound();
  answer({ ready: true, versions, settings: work.settings, parameters });
  for await (const _line of createInterface({ input: process.stdin })) {
    const start = performance.now();
    const facts = await runRound();
    const seconds = (performance.now() - start) / 1000;
    answer({ images, seconds, peakMB: peakMegabytes(), ...facts });
  }
}

async function train(work: Work, mode: string): Promise<Prepared> {
  const { batchSize, network } = work;
  const { name, optimizer, parameters } = network as NetworkSpec;
  const model = buildNetwork(name);
  model.compile({ optimizer: buildOptimizer(optimizer), loss: crossEntropyFromLogits });
  const precision = work.mode.includes('mixed_bfloat16') ? 'mixed_bfloat16' : 'float32';
  const stepper =
    mode === 'compiled'
      ? await createStepper(model, batchSize, precision)
      : await createEagerStepper(model, batchSize);
  const data = syntheticBatches(work);
  return {
    images: batchSize * work.steps,
    parameters,
    async runRound() {
      // One step is asked for ahead, as `train` does it.
      let running: Promise<number> | undefined;
      for (const { xs, labels } of data) {
        const next = stepper.step(xs, labels);
        await running;
        running = next;
      }
      return { loss: (await running) as number };
    },
  };
}

async function predict(work: Work, mode: string): Promise<Prepared> {
  const { name, parameters } = work.network as NetworkSpec;
  const model = buildNetwork(name);
  const create = mode === 'compiled' ? createPredictor : createEagerPredictor;
  const predictor = await create(model, work.batchSize);
  const data = syntheticBatches(work);
  return {
    images: work.batchSize * work.steps,
    parameters,
    async runRound() {
      // One batch is asked for ahead, as `predict` does it.
      let running: Promise<Float32Array> | undefined;
      for (const { xs } of data) {
        const next = predictor.predict(xs);
        await running;
        running = next;
      }
      await running;
      return {};
    },
  };
}

/** What `course evaluate` does, without reading and writing files. */
async function evaluate(work: Work, mode: string): Promise<Prepared> {
  if (mode === 'eager') process.env.COURSE_COMPILE = '0';
  const { model, normalization, classNames } = await loadClassifier(work.model as string);
  const all = await readCifarBinary([join(work.folder, 'test_batch.bin')], { classNames, name: 'cifar10' });
  const { batchSize, steps } = work;
  const test = subset(all, [...Array(batchSize * steps).keys()]);
  return {
    images: test.count,
    parameters: work.network?.parameters,
    async runRound() {
      const metrics = new StreamingMetrics({ numClasses: classNames.length });
      for await (const batch of predictBatches(model, test, { normalization, batchSize })) {
        metrics.add(batch.labels, batch.probabilities);
      }
      const { loss, correct, matrix } = metrics.result;
      classificationReport(matrix, { classNames });
      return { loss, correct };
    },
  };
}

async function augment(work: Work): Promise<Prepared> {
  const { batchSize, steps, seed } = work;
  const random = createRandom(seed);
  const shape = { height: 32, width: 32, channels: 3 };
  const batches: ImageBatch[] = Array.from({ length: steps }, () => {
    const pixels = Uint8Array.from({ length: batchSize * 32 * 32 * 3 }, () => random.integer(256));
    return { ...shape, pixels, count: batchSize };
  });
  const change = compose(horizontalFlip(), randomCrop({ padding: 4 }));
  return {
    images: batchSize * steps,
    async runRound() {
      for (const batch of batches) normalize(change(batch, random), normalizationOf(work)).dispose();
      return {};
    },
  };
}

async function load(work: Work, mode: string): Promise<Prepared> {
  const floats = (dataset: ImageDataset) => normalizePixels(dataset, normalizationOf(work));
  return {
    images: 60_000,
    async runRound() {
      const { train, test } = await loadDataset('cifar10', { download: false });
      if (mode === 'float32') [train, test].map(floats);
      return {};
    },
  };
}

/** What `train` does in an epoch, and the same steps on batches that were made before. */
async function input(work: Work, mode: string): Promise<Prepared> {
  const { batchSize, steps, seed } = work;
  const { name, optimizer, parameters } = work.network as NetworkSpec;
  const model = buildNetwork(name);
  model.compile({ optimizer: buildOptimizer(optimizer), loss: crossEntropyFromLogits });
  const dataset = syntheticDataset(work);
  const normalization = normalizationOf(work);
  const augment = mode === 'augmented' ? compose(horizontalFlip(), randomCrop({ padding: 4 })) : undefined;
  const stepper = new Stepper(model, normalization, { seed });
  const made =
    mode === 'made'
      ? [...imageBatches(dataset, { batchSize })].map((batch) => trainingBatch(batch, { numClasses: 10 }))
      : [];
  return {
    images: batchSize * steps,
    parameters,
    async runRound() {
      if (mode !== 'made') {
        const [{ loss }] = await trainModel(model, dataset, { normalization, epochs: 1, seed, augment });
        return { loss };
      }
      let loss = 0;
      const options = { prepare: keep, compute: stepper.train.bind(stepper), ahead: () => 1 };
      for await (const result of overlapped(made, options)) loss = result.loss;
      return { loss };
    },
  };
}

function keep<T>(value: T): T {
  return value;
}

/** Seeded byte images of 32 x 32 in as many classes as CIFAR-10 has. */
function syntheticDataset({ batchSize, steps, seed }: Work): ImageDataset {
  const random = createRandom(seed);
  const count = batchSize * steps;
  return {
    name: 'synthetic',
    ...{ height: 32, width: 32, channels: 3, count },
    classNames: Array.from({ length: 10 }, (_, i) => `class ${i}`),
    labels: Uint8Array.from({ length: count }, () => random.integer(10)),
    rows: Uint32Array.from({ length: count }, (_, i) => i),
    pixels: Uint8Array.from({ length: count * 32 * 32 * 3 }, () => random.integer(256)),
  };
}

/** The seeded images and labels of one round, cut into batches. */
function syntheticBatches({ network, batchSize, steps, seed }: Work) {
  const random = createRandom(seed);
  const size = (network as NetworkSpec).inputShape.reduce((product, length) => product * length, batchSize);
  return Array.from({ length: steps }, () => ({
    xs: Float32Array.from({ length: size }, () => random.normal()),
    labels: Int32Array.from({ length: batchSize }, () => random.integer(10)),
  }));
}

function normalizationOf({ mean, std }: Work): Normalization {
  return { kind: 'standardize', mean, std };
}

function answer(fields: object): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

if (require.main === module) {
  main(JSON.parse(process.argv[2])).catch((error: Error) => {
    console.error(`${error.name}: ${error.message}`);
    process.exitCode = 1;
  });
}
