import type { EngineName } from './engine';
import type { ModelDescription } from './model-description';

/** What a worker is started with, as JSON in its arguments. */
export interface WorkerTask {
  /** Of the model or the run. */
  readonly folder: string;
  readonly engine: EngineName;
  /** How many threads it may compute with; 0 for all cores. */
  readonly threads: number;
  /** Images in a batch. */
  readonly maxBatchSize: number;
}

/** One batch, from the server to a worker. */
export interface PredictMessage {
  readonly id: number;
  /** [count, height, width, channels] */
  readonly pixels: Uint8Array;
  readonly count: number;
}

/** From a worker to the server: `ready` or `failed` once, then an answer for each batch. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly description: ModelDescription; readonly engine: EngineName }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'probabilities'; readonly id: number; readonly probabilities: Float32Array }
  | { readonly kind: 'error'; readonly id: number; readonly reason: string };
