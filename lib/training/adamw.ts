import * as tf from '@tensorflow/tfjs';

export interface AdamWOptions {
  /** Default 0.001. */
  readonly learningRate?: number;
  /** Share of each weight, times the learning rate, that every step takes away; default 0.004, as in Keras. */
  readonly weightDecay?: number;
  /** Default 0.9. */
  readonly beta1?: number;
  /** Default 0.999. */
  readonly beta2?: number;
  /** Default 1e-7, as everywhere in TensorFlow.js. */
  readonly epsilon?: number;
}

/** Adam with decoupled weight decay: Loshchilov and Hutter, https://arxiv.org/abs/1711.05101 */
export function adamW({
  learningRate = 0.001,
  weightDecay = 0.004,
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-7,
}: AdamWOptions = {}): AdamWOptimizer {
  return new AdamWOptimizer(learningRate, beta1, beta2, epsilon, weightDecay);
}

export class AdamWOptimizer extends tf.AdamOptimizer {
  /** @nocollapse */
  static override get className(): string {
    return 'AdamW';
  }

  constructor(
    learningRate: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    readonly weightDecay: number,
  ) {
    super(learningRate, beta1, beta2, epsilon);
  }

  override applyGradients(gradients: Parameters<tf.AdamOptimizer['applyGradients']>[0]): void {
    const names = Array.isArray(gradients) ? gradients.map(({ name }) => name) : Object.keys(gradients);
    tf.tidy(() => {
      for (const name of names) {
        const variable = tf.engine().registeredVariables[name];
        variable.assign(tf.mul(variable, 1 - this.learningRate * this.weightDecay));
      }
    });
    super.applyGradients(gradients);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), weightDecay: this.weightDecay };
  }
}
