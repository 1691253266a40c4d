import type * as tf from '@tensorflow/tfjs';
import { train as optimizers } from '@tensorflow/tfjs';
import type { AugmentationSpec, DatasetName } from '../data';
import { CourseError } from '../errors';
import type { ModelName } from '../models';
import {
  adamW,
  type EarlyStoppingOptions,
  type Precision,
  precisionNames,
  type ScheduleSpec,
  type SgdOptions,
  sgd,
  type Views,
} from '../training';

/** How weights are updated: the optimizer's name beside its options. */
export type OptimizerSpec =
  | { readonly name: 'adam'; readonly learningRate: number }
  | { readonly name: 'adamw'; readonly learningRate: number; readonly weightDecay?: number }
  | ({ readonly name: 'sgd' } & SgdOptions);

/** Averages of the weights, see `lookahead` and `movingAverage`. */
export type AveragingSpec =
  | { readonly name: 'lookahead'; readonly every?: number }
  | { readonly name: 'movingAverage'; readonly every?: number; readonly decay?: number };

/** All that a training depends on but the machine, as plain JSON; stored with its result. */
export interface TrainingConfig {
  readonly model: ModelName;
  /** What the network's builder is told besides the shape of the images and the seed. */
  readonly modelOptions: Readonly<Record<string, unknown>>;
  readonly dataset: DatasetName;
  /** Training images set apart to choose by; 0 for a last run on all of them. */
  readonly validationCount: number;
  /** Train on that many images only, as many of each class; null for all. */
  readonly images: number | null;
  /** Fixes split, initial weights, order of the images, augmentation and dropout. */
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly dropRemainder: boolean;
  readonly optimizer: OptimizerSpec;
  readonly schedule: ScheduleSpec;
  readonly augment: readonly AugmentationSpec[];
  readonly labelSmoothing: number;
  /** null for none. */
  readonly clipNorm: number | null;
  readonly precision: Precision;
  readonly earlyStopping: EarlyStoppingOptions | null;
  readonly averaging: AveragingSpec | null;
  /** Whether the first layer is fitted to whiten patches of the training images; for `airbench`. */
  readonly whitening: boolean;
  /** How the test images are looked at. */
  readonly views: Views;
}

/** What is the same for every network unless its recipe says otherwise. */
export const defaults: Omit<TrainingConfig, 'model' | 'dataset'> = {
  modelOptions: {},
  validationCount: 5000,
  images: null,
  seed: 1,
  epochs: 10,
  batchSize: 64,
  dropRemainder: false,
  optimizer: { name: 'adam', learningRate: 0.001 },
  schedule: { name: 'constant' },
  augment: [],
  labelSmoothing: 0,
  clipNorm: null,
  precision: 'float32',
  earlyStopping: null,
  averaging: null,
  whitening: false,
  views: 'single',
};

/** A new optimizer. Throws a CourseError for a name that is not known. */
export function buildOptimizer(spec: OptimizerSpec): tf.Optimizer {
  switch (spec.name) {
    case 'adam':
      return optimizers.adam(spec.learningRate);
    case 'adamw':
      return adamW(spec);
    case 'sgd':
      return sgd(spec);
    default: {
      const { name } = spec as { name: unknown };
      throw new CourseError(`unknown optimizer ${name}; expected one of: adam, adamw, sgd`);
    }
  }
}

/**
 * `config` with one value changed: `key` may lead into it with points, as `optimizer.learningRate` does, and `value` is
 * JSON, or a word. Throws a CourseError for a key that no training has.
 */
export function withSetting(config: TrainingConfig, key: string, value: string): TrainingConfig {
  const [first, ...rest] = key.split('.');
  if (!Object.hasOwn(config, first)) {
    throw new CourseError(`unknown setting ${first}; expected one of: ${Object.keys(config).join(', ')}`);
  }
  return replaceAt(config, [first, ...rest], parseValue(value)) as TrainingConfig;
}

function replaceAt(object: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (key === '__proto__') throw new CourseError('unknown setting __proto__');
  const before = (typeof object === 'object' && object !== null ? object : {}) as Record<string, unknown>;
  return { ...before, [key]: replaceAt(before[key], rest, value) };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** `value`, read from a file, as a configuration; throws a CourseError that names what is missing or not known. */
export function parseConfig(value: unknown, { source }: { readonly source: string }): TrainingConfig {
  const given = (typeof value === 'object' && value !== null ? value : {}) as Partial<TrainingConfig>;
  for (const key of ['model', 'dataset'] as const) {
    if (typeof given[key] !== 'string') throw new CourseError(`${source}: expected a ${key}, got none`);
  }
  const known = ['model', 'dataset', ...Object.keys(defaults)];
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown) {
    throw new CourseError(`${source}: unknown setting ${unknown}; expected one of: ${known.join(', ')}`);
  }
  const config = { ...defaults, ...given } as TrainingConfig;
  for (const key of ['epochs', 'batchSize', 'seed'] as const) {
    if (!(Number.isInteger(config[key]) && config[key] > 0)) {
      throw new CourseError(`${source}: ${key}: expected a whole number above 0, got ${config[key]}`);
    }
  }
  if (!precisionNames.includes(config.precision)) {
    throw new CourseError(
      `${source}: precision: expected ${precisionNames.join(' or ')}, got ${config.precision}`,
    );
  }
  return config;
}
