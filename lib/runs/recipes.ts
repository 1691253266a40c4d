import type { DatasetName } from '../data';
import { CourseError } from '../errors';
import { type ModelName, modelNames } from '../models';
import type { SgdOptions } from '../training';
import { defaults, type TrainingConfig } from './config';

/** How each network is trained unless told otherwise; chosen on validation images. */
const recipes: Readonly<Record<ModelName, (dataset: DatasetName) => Partial<TrainingConfig>>> = {
  baseline: () => ({ schedule: { name: 'cosine' }, augment: [{ name: 'horizontalFlip' }] }),
  regularized: (dataset) => ({
    modelOptions: { dropout: 0.1 },
    epochs: dataset === 'cifar10' ? 20 : 12,
    batchSize: 128,
    optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    schedule: { name: 'cosine', warmup: 0.1 },
    augment: [{ name: 'horizontalFlip' }, { name: 'randomCrop', padding: dataset === 'cifar10' ? 4 : 2 }],
  }),
  vgg: thirtyEpochs,
  resnet: thirtyEpochs,
  airbench: airbenchRecipe,
};

/** The recipe of `model` for `dataset`. */
export function recipeFor(model: ModelName, dataset: DatasetName): TrainingConfig {
  if (!Object.hasOwn(recipes, model)) {
    throw new CourseError(`unknown model ${model}; expected one of: ${modelNames.join(', ')}`);
  }
  return { ...defaults, ...recipes[model](dataset), model, dataset };
}

function thirtyEpochs(): Partial<TrainingConfig> {
  return {
    epochs: 30,
    batchSize: 128,
    optimizer: { name: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 5e-4 },
    schedule: { name: 'cosine', warmup: 0.1 },
    augment: [{ name: 'horizontalFlip' }, { name: 'randomCrop', padding: 4 }],
  };
}

/** The hyperparameters of airbench94: https://github.com/KellerJordan/cifar10-airbench, arXiv 2404.00498. */
function airbenchRecipe(): Partial<TrainingConfig> {
  const batchSize = 1024;
  return {
    epochs: 10,
    batchSize,
    dropRemainder: true,
    optimizer: {
      name: 'sgd',
      ...decoupled({ batchSize, learningRate: 11.5, weightDecay: 0.0153, momentum: 0.85, biasFactor: 64 }),
    },
    schedule: { name: 'triangular', start: 0.2, peak: 0.23, end: 0.07 },
    augment: [{ name: 'alternatingFlip' }, { name: 'randomCrop', padding: 2 }],
    labelSmoothing: 0.2,
    averaging: { name: 'lookahead', every: 5 },
    whitening: true,
    views: 'mirroredAndShifted',
  };
}

/**
 * SGD's options from hyperparameters that do not depend on each other: `learningRate` and `weightDecay` are what 1,024
 * images change, whatever the batch size and the momentum, and a change of one leaves the others as good as they were.
 * The biases of batch normalization learn `biasFactor` times as fast, but decay no faster. arXiv 2404.00498, section 3.4.
 */
export function decoupled({
  batchSize,
  learningRate,
  weightDecay,
  momentum,
  biasFactor,
}: {
  batchSize: number;
  learningRate: number;
  weightDecay: number;
  momentum: number;
  biasFactor: number;
}): SgdOptions {
  const share = batchSize / 1024 / (1 + 1 / (1 - momentum)); // of it for one step, whose momentum goes on
  const perStep = { learningRate: learningRate * share, weightDecay: weightDecay * share };
  return {
    learningRate: perStep.learningRate,
    momentum,
    nesterov: true,
    weightDecay: perStep.weightDecay / perStep.learningRate,
    groups: [
      { weights: 'whiten', frozenAfter: 0.3 },
      {
        weights: 'norm',
        learningRateFactor: biasFactor,
        weightDecay: perStep.weightDecay / (perStep.learningRate * biasFactor),
      },
    ],
  };
}
