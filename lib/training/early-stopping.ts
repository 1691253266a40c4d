import { CourseError } from '../errors';
import type { Callback, CallbackContext, CallbackState } from './callbacks';
import type { EpochRecord } from './history';
import { readWeights, type Weights, weightsFromTensors, weightsToTensors, writeWeights } from './weights';

export interface EarlyStoppingOptions {
  /** What is watched; default `validationLoss`. Accuracies should rise, losses fall. */
  readonly monitor?: 'loss' | 'accuracy' | 'validationLoss' | 'validationAccuracy';
  /** Epochs without a new best before the training ends; default 5. */
  readonly patience?: number;
  /** By how much a new best must be better; default 0. */
  readonly minDelta?: number;
}

/** Ends a training that gets no better, and leaves the model with the weights of its best epoch. */
export class EarlyStopping implements Callback {
  readonly name = 'early stopping';
  private best: { readonly epoch: number; readonly value: number; readonly weights: Weights } | undefined;
  private readonly monitor: keyof EpochRecord;
  private readonly patience: number;
  private readonly minDelta: number;

  constructor({ monitor = 'validationLoss', patience = 5, minDelta = 0 }: EarlyStoppingOptions = {}) {
    this.monitor = monitor;
    this.patience = patience;
    this.minDelta = minDelta;
  }

  /** The epoch whose weights the model has in the end; undefined before the first. */
  get bestEpoch(): number | undefined {
    return this.best?.epoch;
  }

  onEpochEnd(record: EpochRecord, { model }: CallbackContext): undefined | 'stop' {
    const { epoch } = record;
    const value = record[this.monitor];
    if (value === undefined) {
      throw new CourseError(`early stopping watches ${this.monitor}, which needs validation images`);
    }
    const sign = this.monitor.toLowerCase().includes('accuracy') ? 1 : -1;
    if (!this.best || sign * (value - this.best.value) > this.minDelta) {
      this.best = { epoch, value, weights: readWeights(model) };
    }
    return epoch - this.best.epoch >= this.patience ? 'stop' : undefined;
  }

  onTrainEnd({ model }: CallbackContext): void {
    if (this.best) writeWeights(model, this.best.weights);
  }

  state(): CallbackState {
    const { epoch, value, weights = [] } = this.best ?? {};
    return { facts: { epoch, value }, tensors: weightsToTensors(weights) };
  }

  restore({ facts, tensors }: CallbackState): void {
    const { epoch, value } = facts as { epoch?: number; value?: number };
    const weights = weightsFromTensors(tensors);
    this.best = epoch === undefined || value === undefined ? undefined : { epoch, value, weights };
  }
}
