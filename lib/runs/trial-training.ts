import {
  fitStandardization,
  type ImageDataset,
  loadTrainingImages,
  type Normalization,
  splitTrainValidation,
  takeStratified,
} from '../data';
import { CourseError } from '../errors';
import type { OnProgress } from '../progress';
import { EarlyStopping, type History, train } from '../training';
import type { Reporting } from '../workers';
import type { TrainingConfig } from './config';
import { buildCompiled, trainOptionsOf } from './run';

/** What the trials of a study learn from and are measured with. The test images are not among it. */
export interface TrialImages {
  readonly training: ImageDataset;
  readonly validation: ImageDataset;
  /** Fitted on `training`. */
  readonly normalization: Normalization;
}

/** The training images of `config`, or as many of them as it says, and its validation images. */
export async function loadTrialImages(
  { dataset, validationCount, images, seed }: TrainingConfig,
  { onProgress }: { readonly onProgress?: OnProgress } = {},
): Promise<TrialImages> {
  if (validationCount === 0) {
    throw new CourseError('validationCount: expected images to choose by, got 0; set it to 5000, say');
  }
  const published = await loadTrainingImages(dataset, { onProgress });
  const { train: rest, validation } = splitTrainValidation(published, { validationCount, seed });
  const training = images === null ? rest : takeStratified(rest, { count: images, seed });
  return { training, validation, normalization: fitStandardization(training) };
}

/**
 * Trains as `config` says and resolves to the accuracy on the validation images: that after the last epoch, or with early
 * stopping that of the epoch whose weights are kept. Reports it after every epoch but the last, when there is nothing
 * left to save. A training that diverges is worth as much as guessing.
 */
export async function trainForValidation(
  config: TrainingConfig,
  { training, validation, normalization }: TrialImages,
  { report, signal }: Partial<Reporting> = {},
): Promise<number> {
  const options = trainOptionsOf(config);
  const model = buildCompiled(config, training, normalization);
  try {
    const history = await train(model, training, {
      ...options,
      normalization,
      validation,
      signal,
      onEpoch: ({ epoch, validationAccuracy = Number.NaN }) => {
        signal?.throwIfAborted();
        if (epoch < config.epochs) report?.(validationAccuracy, { step: epoch });
      },
    });
    const stopping = options.callbacks.find((callback) => callback instanceof EarlyStopping);
    return accuracyAt(history, stopping?.bestEpoch ?? history.length);
  } catch (error) {
    // `train` writes no checkpoint here: its only sentence is that the loss is no number any more
    if (error instanceof CourseError && !signal?.aborted) return 1 / training.classNames.length;
    throw error;
  } finally {
    model.optimizer.dispose();
    model.dispose();
  }
}

function accuracyAt(history: History, epoch: number): number {
  return history[epoch - 1]?.validationAccuracy ?? Number.NaN;
}
