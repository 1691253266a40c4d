import type { NetworkSpec } from './networks';

/** What is measured. */
export type Task = 'train' | 'predict' | 'evaluate' | 'augment' | 'load' | 'input' | 'wasm';

/** What a contender is told, as the one argument of its program. Every contender of a comparison gets the same but `mode`. */
export interface Work {
  readonly task: 'train' | 'predict' | 'evaluate' | 'augment' | 'load' | 'input' | 'peak';
  /** Which way of the contender's, in words of its own, such as `channels_last compile`. */
  readonly mode: string;
  readonly network?: NetworkSpec;
  /** Of `evaluate`: the folder of the trained model, as TensorFlow.js saves it. */
  readonly model?: string;
  /** Images a step. */
  readonly batchSize: number;
  /** Steps a round. */
  readonly steps: number;
  readonly threads: number;
  readonly seed: number;
  /** What normalization subtracts and divides by, of values in [0, 1], a channel each. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Where the files of CIFAR-10 are. */
  readonly folder: string;
  /** Of the convolution peak: whether gradients are computed too. */
  readonly gradients: boolean;
  /** How the contender is set up, for people; it comes back in its answer. */
  readonly settings: Readonly<Record<string, string>>;
}
