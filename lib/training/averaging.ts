import type { Callback, CallbackContext, CallbackState } from './callbacks';
import { readWeights, type Weights, weightsFromTensors, weightsToTensors, writeWeights } from './weights';

export interface AveragingOptions {
  /** Steps between two updates of the average. */
  readonly every?: number;
  /** The share of the old average in the new one, 0 to 1, when `progress` of all steps are done. */
  readonly decay?: (progress: number) => number;
}

/**
 * Keeps a slow copy of the weights that follows the fast ones, and lets the fast ones start from it every few steps:
 * Zhang et al. 2019, https://arxiv.org/abs/1907.08610. The default decay, 0.95^5 progress^3, follows closely at first and
 * slowly in the end: Jordan 2024, https://arxiv.org/abs/2404.00498, section 3.4. The running statistics of batch
 * normalization are averaged with the rest.
 */
export function lookahead({
  every = 5,
  decay = (progress) => 0.95 ** 5 * progress ** 3,
}: AveragingOptions = {}): Callback {
  return new Averaging('lookahead', { every, decay, goesOnFromAverage: true });
}

/**
 * Averages the weights of all steps, the latest ones most; the model gets the average when the training ends, and is
 * validated with the plain weights before. Polyak and Juditsky 1992 average all alike; with `decay` 0.999 about the last
 * thousand count.
 */
export function movingAverage({ every = 1, decay = () => 0.999 }: AveragingOptions = {}): Callback {
  return new Averaging('moving average', { every, decay, goesOnFromAverage: false });
}

class Averaging implements Callback {
  private average: Weights = [];

  constructor(
    readonly name: string,
    private readonly options: Required<AveragingOptions> & { readonly goesOnFromAverage: boolean },
  ) {}

  onTrainBegin({ model }: CallbackContext): void {
    if (this.average.length === 0) this.average = readWeights(model); // else restored
  }

  onStepEnd({ model, step, totalSteps }: CallbackContext): void {
    const { every, decay, goesOnFromAverage } = this.options;
    if (step % every !== 0) return;
    const share = decay(step / totalSteps);
    for (const [i, { data }] of readWeights(model).entries()) {
      const average = this.average[i].data;
      for (let j = 0; j < average.length; j++) average[j] = share * average[j] + (1 - share) * data[j];
    }
    if (goesOnFromAverage) writeWeights(model, this.average);
  }

  onTrainEnd({ model }: CallbackContext): void {
    writeWeights(model, this.average);
  }

  state(): CallbackState {
    return { facts: {}, tensors: weightsToTensors(this.average) };
  }

  restore({ tensors }: CallbackState): void {
    this.average = weightsFromTensors(tensors);
  }
}
