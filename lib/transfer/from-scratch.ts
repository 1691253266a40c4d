import { fitStandardization, type ImageDataset } from '../data';
import { buildModel } from '../models';
import type { TrainOptions } from '../training';
import type { Network } from './network';
import type { TransferSettings } from './settings';
import { disposeTrained, trainNetwork } from './train-network';

export interface FromScratchOptions extends Pick<TrainOptions, 'signal'> {
  readonly settings: TransferSettings['fromScratch'];
  /** What it may compute for, at least. */
  readonly seconds: number;
  /** Of weights, order and augmentation. */
  readonly seed: number;
}

/** A network that was trained, and how long. */
export interface Trained extends Network {
  readonly epochs: number;
  /** Of all epochs together. */
  readonly seconds: number;
}

/**
 * The course's regularized network, trained on `dataset` alone for at least `seconds`, as many whole epochs as that
 * takes. How long an epoch takes is measured first, since the learning rate has to know where it ends. The caller
 * disposes the model (`disposeTrained`).
 */
export async function trainFromScratch(dataset: ImageDataset, options: FromScratchOptions): Promise<Trained> {
  const { settings, seconds } = options;
  const stepsPerEpoch = Math.ceil(dataset.count / settings.batchSize);
  const trialEpochs = Math.max(2, Math.ceil(40 / stepsPerEpoch));
  const trial = await trainFor(trialEpochs, dataset, options);
  disposeTrained(trial.model);
  const fast = trial.durations.slice(1); // the first one traces the step
  const secondsPerEpoch = fast.reduce((sum, each) => sum + each, 0) / fast.length;
  const epochs = Math.max(
    Math.ceil((1.1 * seconds) / secondsPerEpoch), // a little more, since the speed varies
    Math.ceil(settings.leastSteps / stepsPerEpoch),
  );
  const { model, normalization, durations } = await trainFor(epochs, dataset, options);
  return { model, normalization, epochs, seconds: durations.reduce((sum, each) => sum + each, 0) };
}

async function trainFor(
  epochs: number,
  dataset: ImageDataset,
  { settings, seed, signal }: FromScratchOptions,
): Promise<Network & { readonly durations: readonly number[] }> {
  const { dropout, batchSize, learningRate, weightDecay, augment } = settings;
  const { height, width, channels } = dataset;
  const inputShape = [height, width, channels] as const;
  const numClasses = dataset.classNames.length;
  const model = buildModel('regularized', { inputShape, numClasses, seed, dropout });
  const network = { model, normalization: fitStandardization(dataset) };
  const options = { epochs, batchSize, seed, learningRate, weightDecay, augment, signal };
  const history = await trainNetwork(network, dataset, options);
  return { ...network, durations: history.map(({ durationMs }) => durationMs / 1000) };
}
