/** What one epoch gave. */
export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  /**
   * Mean of the loss that is minimized over the epoch's training batches, measured while the weights still moved:
   * cross-entropy in nats, with label smoothing and penalties where there are any.
   */
  readonly loss: number;
  /** Share of training images classified correctly, 0 to 1, measured the same way. */
  readonly accuracy: number;
  /** Cross-entropy alone, on the validation images after the epoch; absent where there are none. */
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** Of the training part, without validation. */
  readonly durationMs: number;
  /** Training images a second. */
  readonly imagesPerSecond: number;
}

/** One record an epoch, first epoch first. */
export type History = readonly EpochRecord[];

/** What is known after a training step, over the epoch so far. */
export interface StepRecord {
  /** Counted from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Counted from 1 in each epoch. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}
