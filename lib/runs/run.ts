import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { writeFileAtomically } from '../atomic-file';
import { useBackend } from '../backend';
import {
  buildAugmentation,
  fitStandardization,
  type ImageDataset,
  loadDataset,
  type Normalization,
  splitTrainValidation,
  takeStratified,
} from '../data';
import { CourseError } from '../errors';
import { saveClassifier } from '../interchange';
import { buildModel, fitWhiteningOn, setWhitening } from '../models';
import type { OnProgress } from '../progress';
import {
  buildSchedule,
  type Callback,
  compileClassifier,
  EarlyStopping,
  type Evaluation,
  evaluate,
  type History,
  lookahead,
  movingAverage,
  type StepEngine,
  type TrainOptions,
  train,
} from '../training';
import { TensorBoardWriter } from '../training/tensorboard';
import { buildOptimizer, parseConfig, type TrainingConfig } from './config';
import { describeEnvironment } from './environment';

/** What a finished training gave. */
export interface RunResult {
  readonly parameters: number;
  readonly trainingImages: number;
  readonly engine?: StepEngine;
  /** Of training alone, without validation and test. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** On the official test images, measured once, at the end. */
  readonly test: Evaluation;
}

export interface RunOptions extends Pick<TrainOptions, 'onEngine' | 'onStep' | 'onEpoch' | 'signal'> {
  /** Downloads, and the like. */
  readonly onProgress?: OnProgress;
  /** What is trained, before the first step. */
  readonly onModel?: (facts: { readonly parameters: number; readonly images: number }) => void;
  /** How the training was asked for; kept with it. */
  readonly command?: string;
  /** Whether `folder` holds a training that is to be continued; default false. */
  readonly resume?: boolean;
}

/** The files of a run, inside its folder. */
export const runFiles = {
  config: 'config.json',
  environment: 'environment.json',
  history: 'history.json',
  result: 'result.json',
  checkpoint: 'checkpoint.safetensors',
  model: 'model',
  logs: 'logs',
} as const;

/**
 * Trains what `config` says in `folder`: configuration and environment are written first, history and checkpoint after
 * every epoch, the model and its result on the test images in the end. Throws a CourseError when the folder holds
 * another run, and leaves that as it is.
 */
export async function runTraining(
  config: TrainingConfig,
  folder: string,
  options: RunOptions = {},
): Promise<RunResult & { readonly history: History }> {
  const { command, resume = false, onProgress, onModel, onEpoch, ...watching } = options;
  const file = (name: keyof typeof runFiles) => join(folder, runFiles[name]);
  if (!resume && existsSync(file('config'))) {
    throw new CourseError(
      `${folder}: there is a run already; continue it with --resume, or choose another folder`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeJson(file('config'), config);
  const environment = { command, ...describeEnvironment(await useBackend()) };
  await writeJson(file('environment'), environment);

  const { training, validation, test } = await loadParts(config, onProgress);
  const normalization = fitStandardization(training);
  const model = buildCompiled(config, training, normalization);
  onModel?.({ parameters: countTrained(model), images: training.count });
  const logs = new TensorBoardWriter(file('logs'), resume ? { firstStep: 0 } : {}); // all epochs come again
  const history: TrainingHistory = [];
  let engine: StepEngine | undefined;
  try {
    await train(model, training, {
      ...watching,
      ...trainOptionsOf(config),
      normalization,
      validation,
      checkpoint: file('checkpoint'),
      resume,
      onEngine: (made) => {
        engine = made;
        watching.onEngine?.(made);
      },
      onEpoch: (record) => {
        history.push(record);
        for (const [tag, value] of Object.entries(curvesOf(record)))
          logs.scalar(tag, value, { step: record.epoch });
        onEpoch?.(record);
      },
    });
  } finally {
    logs.close();
  }
  const seconds = history.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000;
  const result: RunResult = {
    parameters: countTrained(model),
    trainingImages: training.count,
    engine,
    seconds,
    imagesPerSecond: (history.length * training.count) / seconds,
    test: await evaluate(model, test, { normalization, views: config.views }),
  };
  const classifier = { model, normalization, classNames: training.classNames };
  await saveClassifier({ ...classifier, training: { config, environment, history, result } }, file('model'));
  await writeJson(file('history'), history);
  await writeJson(file('result'), result);
  await rm(file('checkpoint'), { force: true });
  return { ...result, history };
}

type TrainingHistory = History[number][];

/** The configuration that a run in `folder` was begun with. */
export async function readRunConfig(folder: string): Promise<TrainingConfig> {
  const source = join(folder, runFiles.config);
  const text = await readFile(source, 'utf8').catch(() => {
    throw new CourseError(`${source}: there is no run here`);
  });
  try {
    return parseConfig(JSON.parse(text), { source });
  } catch (error) {
    if (error instanceof CourseError) throw error;
    throw new CourseError(`${source}: damaged: ${(error as Error).message}`);
  }
}

async function loadParts(
  { dataset, validationCount, images, seed }: TrainingConfig,
  onProgress?: OnProgress,
): Promise<{ training: ImageDataset; validation?: ImageDataset; test: ImageDataset }> {
  const { train: published, test } = await loadDataset(dataset, { onProgress });
  const split =
    validationCount > 0 ? splitTrainValidation(published, { validationCount, seed }) : { train: published };
  const training = images === null ? split.train : takeStratified(split.train, { count: images, seed });
  return { ...split, training, test };
}

/** The network that `config` describes, ready to be trained. */
export function buildCompiled(
  config: TrainingConfig,
  training: ImageDataset,
  normalization: Normalization,
): tf.LayersModel {
  const model = buildModel<string>(config.model, {
    inputShape: [training.height, training.width, training.channels],
    numClasses: training.classNames.length,
    seed: config.seed,
    ...config.modelOptions,
  });
  if (config.whitening) setWhitening(model, fitWhiteningOn(training, normalization));
  compileClassifier(model, {
    optimizer: buildOptimizer(config.optimizer),
    labelSmoothing: config.labelSmoothing,
  });
  return model;
}

/** What `config` says to `train`; with new callbacks each time. */
export function trainOptionsOf(
  config: TrainingConfig,
): Omit<TrainOptions, 'normalization'> & { readonly callbacks: readonly Callback[] } {
  return {
    epochs: config.epochs,
    batchSize: config.batchSize,
    dropRemainder: config.dropRemainder,
    seed: config.seed,
    augment: buildAugmentation(config.augment, { seed: config.seed }),
    schedule: buildSchedule(config.schedule),
    clipNorm: config.clipNorm ?? undefined,
    precision: config.precision,
    callbacks: buildCallbacks(config),
  };
}

/** What TensorBoard draws, by its name there. */
function curvesOf({
  loss,
  accuracy,
  validationLoss,
  validationAccuracy,
  imagesPerSecond,
}: History[number]): Record<string, number> {
  return {
    'loss/train': loss,
    'accuracy/train': accuracy,
    ...(validationLoss !== undefined && { 'loss/validation': validationLoss }),
    ...(validationAccuracy !== undefined && { 'accuracy/validation': validationAccuracy }),
    'images per second': imagesPerSecond,
  };
}

function buildCallbacks({ averaging, earlyStopping }: TrainingConfig): Callback[] {
  const callbacks: Callback[] = [];
  if (averaging?.name === 'lookahead') callbacks.push(lookahead({ every: averaging.every }));
  if (averaging?.name === 'movingAverage') {
    const { every, decay = 0.999 } = averaging;
    callbacks.push(movingAverage({ every, decay: () => decay }));
  }
  if (earlyStopping) callbacks.push(new EarlyStopping(earlyStopping));
  return callbacks;
}

function countTrained(model: tf.LayersModel): number {
  return model.trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0);
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFileAtomically(file, `${JSON.stringify(value, null, 2)}\n`);
}
