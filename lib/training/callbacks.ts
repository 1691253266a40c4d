import type * as tf from '@tensorflow/tfjs';
import type { NamedArray } from '../safetensors';
import type { EpochRecord } from './history';

/** What a callback is told about the training it belongs to. */
export interface CallbackContext {
  readonly model: tf.LayersModel;
  /** Steps done so far, over all epochs. */
  readonly step: number;
  /** Steps of the whole training. */
  readonly totalSteps: number;
}

/** What a callback remembers, for a checkpoint. */
export interface CallbackState {
  /** Plain JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly tensors: Readonly<Record<string, NamedArray>>;
}

/** Something that watches a training, and may change the weights or end it. All methods are optional. */
export interface Callback {
  /** Tells it from the others of a training, in a checkpoint. */
  readonly name: string;
  /** Before the first step, also of a training that is resumed. */
  onTrainBegin?(context: CallbackContext): void;
  /** After each step; while it runs no other step does. */
  onStepEnd?(context: CallbackContext): void;
  /** After each epoch and its validation; `stop` ends the training. */
  onEpochEnd?(record: EpochRecord, context: CallbackContext): undefined | 'stop';
  /** After the last step, also where it came early; not where the training failed or was stopped from outside. */
  onTrainEnd?(context: CallbackContext): void;
  /** What `restore` needs to go on as if nothing had happened. */
  state?(): CallbackState;
  restore?(state: CallbackState): void;
}
