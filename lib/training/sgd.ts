import * as tf from '@tensorflow/tfjs';
import { partsOf, slot } from './compile/binding';

/** Weights that are updated in a way of their own. */
export interface ParameterGroup {
  /** Those whose name contains this text, such as `norm`; the first group that fits counts. */
  readonly weights: string;
  /** What the learning rate is multiplied by; default 1. */
  readonly learningRateFactor?: number;
  /** Default the optimizer's. */
  readonly weightDecay?: number;
  /** Share of the training, 0 to 1, after which these weights stay as they are; default never. */
  readonly frozenAfter?: number;
}

export interface SgdOptions {
  readonly learningRate: number;
  /** Default 0. */
  readonly momentum?: number;
  /** Nesterov's momentum; default false. */
  readonly nesterov?: boolean;
  /** This share of each weight is added to its gradient, as PyTorch's SGD does; default 0. */
  readonly weightDecay?: number;
  readonly groups?: readonly ParameterGroup[];
}

/** Stochastic gradient descent with momentum and weight decay, some weights by hyperparameters of their own. */
export function sgd(options: SgdOptions): SgdOptimizer {
  return new SgdOptimizer(options);
}

export class SgdOptimizer extends tf.MomentumOptimizer {
  /** @nocollapse */
  static override get className(): string {
    return 'GroupedSGD';
  }

  /** How much of the training is done, 0 to 1: `train` says so before each step. */
  progress = 0;

  readonly weightDecay: number;
  readonly groups: readonly ParameterGroup[];

  constructor({ learningRate, momentum = 0, nesterov = false, weightDecay = 0, groups = [] }: SgdOptions) {
    super(learningRate, momentum, nesterov);
    this.weightDecay = weightDecay;
    this.groups = groups;
  }

  /** The learning rate of weights that are in no group, then that of each group. */
  get learningRates(): number[] {
    const rates = this.groups.map(({ learningRateFactor = 1, frozenAfter = 1 }) =>
      this.progress < frozenAfter ? this.learningRate * learningRateFactor : 0,
    );
    return [this.learningRate, ...rates];
  }

  /** Which of the `learningRates` a weight has, and its weight decay. */
  groupOf(name: string): { readonly index: number; readonly weightDecay: number } {
    const i = this.groups.findIndex(({ weights }) => name.includes(weights));
    return { index: i + 1, weightDecay: this.groups[i]?.weightDecay ?? this.weightDecay };
  }

  override applyGradients(gradients: Parameters<tf.MomentumOptimizer['applyGradients']>[0]): void {
    const named: readonly [string, tf.Tensor][] = Array.isArray(gradients)
      ? gradients.map(({ name, tensor }) => [name, tensor])
      : Object.entries(gradients);
    const { momentum, useNesterov, accumulations } = partsOf(this);
    const { learningRates } = this;
    for (const [i, [name, tensor]] of named.entries()) {
      const weight = tf.engine().registeredVariables[name];
      const velocity = slot(accumulations, i, weight, 'momentum');
      const { index, weightDecay } = this.groupOf(name);
      tf.tidy(() => {
        const gradient = weightDecay > 0 ? tf.add(tensor, tf.mul(weight, weightDecay)) : tensor;
        const next = tf.add(tf.mul(velocity, momentum), gradient);
        const step = useNesterov ? tf.add(gradient, tf.mul(next, momentum)) : next;
        velocity.assign(next);
        weight.assign(tf.sub(weight, tf.mul(step, learningRates[index])));
      });
    }
    this.incrementIterations();
  }

  override dispose(): void {
    super.dispose();
    this.c.dispose(); // the learning rate, which tf.MomentumOptimizer forgets
  }

  override getConfig(): tf.serialization.ConfigDict {
    const groups = this.groups.map((group) => ({ ...group }));
    return { ...super.getConfig(), weightDecay: this.weightDecay, groups };
  }
}
