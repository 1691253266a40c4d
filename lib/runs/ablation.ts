import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import { defaults, type TrainingConfig } from './config';
import type { Environment } from './environment';
import { readRun } from './list';
import { type RunOptions, runFiles, runTraining } from './run';

/** What one training of an ablation gave, after its last epoch. */
export interface AblationRun {
  readonly seed: number;
  /** On the training images, measured while the weights still moved, 0 to 1. */
  readonly accuracy: number;
  readonly validationAccuracy: number;
  readonly validationLoss: number;
  readonly seconds: number;
}

export interface AblationVariant {
  /** Such as `+ dropout`. */
  readonly name: string;
  /** What it has that the one before has not, in words. */
  readonly added: string;
  readonly runs: readonly AblationRun[];
}

/** The same training with one thing more each time, each with several seeds. */
export interface Ablation {
  readonly format: 'course-ablation 1';
  readonly command: string;
  readonly date: string;
  readonly environment: Environment;
  readonly dataset: string;
  /** Training images; as many of each class. */
  readonly images: number;
  readonly epochs: number;
  readonly variants: readonly AblationVariant[];
}

export interface AblationOptions {
  readonly seeds?: readonly number[];
  readonly images?: number;
  readonly epochs?: number;
}

/** What each variant adds to the one before. */
export const ablationVariants: readonly {
  readonly name: string;
  readonly added: string;
  readonly settings: Partial<TrainingConfig>;
}[] = [
  {
    name: 'plain',
    added: 'four convolutions, Nesterov momentum, a constant learning rate',
    settings: {
      batchSize: 32,
      optimizer: { name: 'sgd', learningRate: 0.02, momentum: 0.9, nesterov: true },
      modelOptions: { batchNormalization: false, dropout: 0 },
    },
  },
  {
    name: '+ augmentation',
    added: 'flips, and crops from 4 pixels of border',
    settings: { augment: [{ name: 'horizontalFlip' }, { name: 'randomCrop', padding: 4 }] },
  },
  {
    name: '+ batch normalization',
    added: 'after each convolution',
    settings: { modelOptions: { batchNormalization: true } },
  },
  { name: '+ dropout', added: 'a tenth, after each pooling', settings: { modelOptions: { dropout: 0.1 } } },
  {
    name: '+ L2',
    added: '0.00025 times the squares of all kernels',
    settings: { modelOptions: { l2: 0.00025 } },
  },
  {
    name: '+ schedule',
    added: 'a tenth of warm-up, then a cosine down to 0',
    settings: { schedule: { name: 'cosine', warmup: 0.1 } },
  },
];

/** The configuration of a variant. Throws a CourseError for a name that is not one of `ablationVariants`. */
export function configOfVariant(
  name: string,
  { seed = 1, images = 4000, epochs = 15 }: { seed?: number; images?: number; epochs?: number } = {},
): TrainingConfig {
  const last = ablationVariants.findIndex((variant) => variant.name === name);
  if (last < 0) {
    const names = ablationVariants.map((variant) => variant.name).join(', ');
    throw new CourseError(`unknown variant ${name}; expected one of: ${names}`);
  }
  let config: TrainingConfig = {
    ...defaults,
    model: 'regularized',
    dataset: 'cifar10',
    seed,
    images,
    epochs,
  };
  for (const { settings } of ablationVariants.slice(0, last + 1)) {
    const modelOptions = { ...config.modelOptions, ...settings.modelOptions };
    config = { ...config, ...settings, modelOptions };
  }
  return config;
}

/**
 * Trains every variant with every seed, each as a run in `folder`. What is there already is not trained again, so that
 * it can be interrupted and called again. The test images are looked at by each run, but are no part of the result.
 */
export async function runAblation(
  folder: string,
  {
    seeds = [1, 2, 3],
    images = 4000,
    epochs = 15,
    command = 'course ablation',
    onRun,
    ...options
  }: AblationOptions &
    Pick<RunOptions, 'signal' | 'onProgress'> & {
      readonly command?: string;
      readonly onRun?: (name: string, run: AblationRun) => void;
    } = {},
): Promise<Ablation> {
  const results = new Map<string, AblationRun[]>(ablationVariants.map(({ name }) => [name, []]));
  let environment: Environment | undefined;
  for (const seed of seeds) {
    for (const [i, { name }] of ablationVariants.entries()) {
      const place = join(folder, `${i + 1}-${name.replace(/\W+/g, '-').replace(/^-/, '')}-${seed}`);
      const config = configOfVariant(name, { seed, images, epochs });
      let run = await readRun(place);
      if (run && JSON.stringify(run.config) !== JSON.stringify(config)) {
        throw new CourseError(`${place}: a run with other settings; choose another folder`);
      }
      if (!run?.result) {
        await runTraining(config, place, { ...options, resume: existsSync(join(place, runFiles.config)) });
        run = await readRun(place);
      }
      const result = ablationRunOf(seed, run);
      environment ??= run?.environment;
      results.get(name)?.push(result);
      onRun?.(name, result);
    }
  }
  return {
    format: 'course-ablation 1',
    command,
    date: new Date().toISOString(),
    environment: environment as Environment,
    dataset: 'cifar10',
    images,
    epochs,
    variants: ablationVariants.map(({ name, added }) => ({ name, added, runs: results.get(name) ?? [] })),
  };
}

function ablationRunOf(seed: number, run: Awaited<ReturnType<typeof readRun>>): AblationRun {
  const last = run?.history[run.history.length - 1];
  if (!run?.result || last?.validationAccuracy === undefined || last.validationLoss === undefined) {
    throw new CourseError(`${run?.folder}: the run has no result`);
  }
  const { accuracy, validationAccuracy, validationLoss } = last;
  return { seed, accuracy, validationAccuracy, validationLoss, seconds: run.result.seconds };
}

/** The ablation that comes with the course, or another one's file. Throws a CourseError where it is none. */
export async function readAblation(
  file = join(courseRoot(), 'data', 'benchmarks', 'ablation.json'),
): Promise<Ablation> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CourseError(`${file}: there is no ablation; make one with: npx course ablation`);
  });
  const ablation = JSON.parse(text);
  if (ablation?.format === 'course-ablation 1') return ablation;
  throw new CourseError(`${file}: expected course-ablation 1, got ${ablation?.format}`);
}
