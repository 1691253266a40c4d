import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { bfloat16Instructions } from '../backend';
import { parseDatasetName } from '../data';
import { CourseError } from '../errors';
import { type ModelName, modelNames } from '../models';
import {
  parseConfig,
  readRunConfig,
  recipeFor,
  runFiles,
  runTraining,
  type TrainingConfig,
  withSetting,
} from '../runs';
import { precisionNames } from '../training';
import { count, percent } from './format';
import { commandLine, positiveInteger, positiveNumber, runsFolder } from './options';
import { ProgressBar } from './progress-bar';

interface TrainCommandOptions {
  readonly model: string;
  readonly dataset: string;
  readonly config?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly seed?: number;
  readonly images?: number;
  readonly precision?: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly resume?: string;
  readonly json?: boolean;
}

/** `course train`: trains a network by its recipe, measures it on the test images, and keeps it as a run. */
export function trainCommand(): Command {
  return new Command('train')
    .description('train a network, measure it once on the test images, and keep it as a run')
    .option('--model <name>', `one of: ${modelNames.join(', ')}; each has a recipe`, 'baseline')
    .option('--dataset <name>', 'cifar10 or fashion-mnist', 'cifar10')
    .option('--config <file>', "a run's config.json, in the place of the recipe")
    .option('--epochs <n>', 'passes over the training images', positiveInteger)
    .option('--batch-size <n>', 'images a step', positiveInteger)
    .option('--learning-rate <x>', 'of the optimizer', positiveNumber)
    .option('--seed <n>', 'fixes split, initial weights, order and augmentation', positiveInteger)
    .option('--images <n>', 'train on that many images only', positiveInteger)
    .addOption(
      new Option(
        '--precision <name>',
        'of compiled steps; bfloat16 is faster where the processor has it',
      ).choices(precisionNames),
    )
    .option(
      '--set <key=value>',
      'change any other setting, such as modelOptions.dropout=0.3; may be repeated',
      (setting: string, before: readonly string[]) => [...before, setting],
      [] as readonly string[],
    )
    .option('--out <folder>', "the run's folder (default: data/runs/MODEL-DATASET-SEED)")
    .option('--resume <folder>', 'go on with a run that was interrupted, after its last whole epoch')
    .option('--json', 'print the result as JSON')
    .action(runTrain);
}

async function runTrain(options: TrainCommandOptions): Promise<void> {
  const say = (text: string) => options.json || console.log(text);
  const config = options.resume ? await configToResume(options.resume) : await configOf(options);
  const folder = options.resume ?? options.out ?? freeFolder(config);
  const bar = new ProgressBar();
  const { epochs } = config;
  const { history, ...result } = await runTraining(config, folder, {
    command: commandLine(),
    resume: options.resume !== undefined,
    onProgress: bar.update,
    onModel: ({ parameters, images }) => {
      bar.end();
      say(
        `${config.model}, ${count(parameters)} parameters, on ${count(images)} images of ${config.dataset}; ${folder}`,
      );
    },
    onEngine: ({ compiled, reason }) => {
      bar.end();
      const how = compiled
        ? `compiled, one graph each, ${config.precision}`
        : `operation by operation (${reason})`;
      say(`steps: ${how}`);
      if (compiled && config.precision === 'mixed_bfloat16' && bfloat16Instructions() === 'none')
        say('this processor has no instructions for bfloat16; float32 would be faster');
    },
    onStep: ({ epoch, step, steps, loss, imagesPerSecond }) => {
      const label = `epoch ${epoch}/${epochs}  loss ${loss.toFixed(3)}  ${count(imagesPerSecond)} images/s`;
      bar.update({ label, done: step, total: steps, unit: 'steps' });
    },
    onEpoch: ({ epoch, loss, accuracy, validationLoss, validationAccuracy, durationMs, imagesPerSecond }) => {
      bar.end();
      const validation =
        validationLoss === undefined || validationAccuracy === undefined
          ? ''
          : `validation loss ${validationLoss.toFixed(4)}, accuracy ${percent(validationAccuracy)}; `;
      say(
        `epoch ${epoch}: loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)}; ${validation}` +
          `${(durationMs / 1000).toFixed(1)} s, ${count(imagesPerSecond)} images/s`,
      );
    },
  }).finally(bar.end);
  const { test, seconds } = result;
  say(
    `test accuracy ${percent(test.accuracy)}, loss ${test.loss.toFixed(4)}, on ${count(test.count)} images`,
  );
  say(`trained in ${seconds.toFixed(1)} s, ${count(result.imagesPerSecond)} images/s; kept in ${folder}`);
  if (options.json) console.log(JSON.stringify({ folder, config, ...result, history }, null, 2));
}

async function configToResume(folder: string): Promise<TrainingConfig> {
  const config = await readRunConfig(folder);
  if (existsSync(join(folder, runFiles.result)))
    throw new CourseError(`${folder}: this run has ended already`);
  return config;
}

/** The recipe, or the file, with what the options change. */
async function configOf(options: TrainCommandOptions): Promise<TrainingConfig> {
  const { config: source, epochs, batchSize, learningRate, seed, images, precision } = options;
  let config = source
    ? parseConfig(parseJson(await readText(source), source), { source })
    : recipeFor(options.model as ModelName, parseDatasetName(options.dataset));
  if (learningRate !== undefined) config = { ...config, optimizer: { ...config.optimizer, learningRate } };
  const given = { epochs, batchSize, seed, images, precision };
  config = {
    ...config,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  for (const setting of options.set) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (!key) throw new CourseError(`--set ${setting}: expected key=value`);
    config = withSetting(config, key, value);
  }
  return parseConfig(config, { source: source ?? 'the options' });
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new CourseError(`${file}: cannot be read: ${error.message}`);
  });
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CourseError(`${source}: not JSON: ${(error as Error).message}`);
  }
}

/** The first of NAME, NAME-2, NAME-3, ... that is not taken. */
function freeFolder({ model, dataset, seed }: TrainingConfig): string {
  const name = join(runsFolder(), `${model}-${dataset}-${seed}`);
  for (let i = 1; ; i++) {
    const folder = i === 1 ? name : `${name}-${i}`;
    if (!existsSync(folder)) return folder;
  }
}
