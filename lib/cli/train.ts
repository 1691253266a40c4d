import { cpus } from 'node:os';
import { Command } from 'commander';
import { useBackend } from '../backend';
import { compose, fitStandardization, horizontalFlip, loadSplits, randomCrop, takeStratified } from '../data';
import { saveClassifier } from '../interchange';
import { buildModel, modelNames } from '../models';
import { compileClassifier, evaluate, type StepEngine, train } from '../training';
import { positiveInteger, positiveNumber, runFolder } from './options';
import { ProgressBar } from './progress-bar';

interface TrainCommandOptions {
  readonly model: string;
  readonly dataset: string;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly augment?: boolean;
  readonly images?: number;
  readonly out?: string;
  readonly json?: boolean;
}

/** `course train`: trains a network on a dataset, measures it on the test images, and saves it. */
export function trainCommand(): Command {
  return new Command('train')
    .description('train a network, measure it once on the test images, and save it')
    .option('--model <name>', `one of: ${modelNames.join(', ')}`, 'baseline')
    .option('--dataset <name>', 'cifar10 or fashion-mnist', 'cifar10')
    .option('--epochs <n>', 'passes over the training images', positiveInteger, 10)
    .option('--batch-size <n>', 'images a step', positiveInteger, 64)
    .option('--learning-rate <x>', 'of Adam', positiveNumber, 0.001)
    .option('--seed <n>', 'fixes split, initial weights, order and augmentation', positiveInteger, 1)
    .option('--augment', 'random flips and crops')
    .option('--images <n>', 'train on that many images only', positiveInteger)
    .option('--out <folder>', 'where the model goes (default: data/runs/MODEL-DATASET)')
    .option('--json', 'print the result as JSON')
    .action(runTrain);
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const { dataset, epochs, batchSize, learningRate, seed, json = false } = options;
  const say = (text: string) => json || console.log(text);
  const out = options.out ?? runFolder(options.model, dataset);
  const bar = new ProgressBar();
  const backend = await useBackend();
  const splits = await loadSplits(dataset, { seed, onProgress: bar.update }).finally(bar.end);
  const { validation, test } = splits;
  const images = options.images
    ? takeStratified(splits.train, { count: options.images, seed })
    : splits.train;
  const model = buildModel(options.model, {
    inputShape: [images.height, images.width, images.channels],
    numClasses: images.classNames.length,
    seed,
  });
  compileClassifier(model, { learningRate });
  const normalization = fitStandardization(images);
  say(
    `${options.model}, ${model.countParams().toLocaleString('en')} parameters, on ${dataset}: ${images.count} images`,
  );
  say(`backend ${backend.name} (${backend.device}): ${backend.reason}`);
  const started = performance.now();
  let engine: StepEngine | undefined;
  const history = await train(model, images, {
    normalization,
    epochs,
    batchSize,
    seed,
    validation,
    augment: options.augment ? compose(horizontalFlip(), randomCrop({ padding: 4 })) : undefined,
    onEngine: (made) => {
      engine = made;
      bar.end();
      say(`steps: ${made.compiled ? 'compiled, one graph each' : `operation by operation (${made.reason})`}`);
    },
    onStep: ({ epoch, step, steps, loss, imagesPerSecond }) => {
      const label = `epoch ${epoch}/${epochs}  loss ${loss.toFixed(3)}  ${Math.round(imagesPerSecond)} images/s`;
      bar.update({ label, done: step, total: steps, unit: 'steps' });
    },
    onEpoch: (record) => {
      bar.end();
      say(
        `epoch ${record.epoch}: loss ${record.loss.toFixed(4)}, accuracy ${percent(record.accuracy)}; ` +
          `validation loss ${record.validationLoss?.toFixed(4)}, accuracy ${percent(record.validationAccuracy ?? 0)}; ` +
          `${(record.durationMs / 1000).toFixed(1)} s, ${Math.round(record.imagesPerSecond)} images/s`,
      );
    },
  });
  const seconds = (performance.now() - started) / 1000;
  const tested = await evaluate(model, test, { normalization });
  const facts = {
    ...options,
    images: images.count,
    backend,
    engine,
    node: process.version,
    cpu: cpus()[0]?.model,
    seconds,
  };
  const training = { ...facts, history, test: tested };
  await saveClassifier({ model, normalization, classNames: images.classNames, training }, out);
  say(`test accuracy ${percent(tested.accuracy)}, loss ${tested.loss.toFixed(4)}, on ${tested.count} images`);
  say(`trained in ${seconds.toFixed(1)} s; saved to ${out}`);
  if (json) console.log(JSON.stringify({ ...training, out }, null, 2));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
