import type { Random } from '../random';
import type { Distribution } from './distributions';
import { type Kernels, makeKernels } from './parzen-kernels';

/** Past trials as a table of inner values. */
export interface Observations {
  readonly count: number;
  /** One column a parameter, oldest trial first. */
  readonly columns: readonly Float64Array[];
  /** The rows of each column in the order of its values. */
  readonly orders: readonly Uint32Array[];
}

/**
 * The density of points that resemble past trials: a mixture of one kernel a trial, a product over the parameters, and
 * one broad kernel, the prior. Older trials weigh less once there are more than 25. Sources: Bergstra et al., Algorithms
 * for Hyper-Parameter Optimization, NIPS 2011, section 4.2; Watanabe, Tree-Structured Parzen Estimator, arXiv 2304.11127;
 * weights and bandwidths are the defaults of Optuna 5's TPESampler.
 */
export class ParzenEstimator {
  readonly #weights: Float64Array;
  readonly #kernels: readonly Kernels[];

  constructor(space: readonly Distribution[], observations: Observations) {
    this.#weights = kernelWeights(observations.count);
    this.#kernels = space.map((distribution, i) =>
      makeKernels(distribution, observations.columns[i], observations.orders[i]),
    );
  }

  /** Draws `count` points; one array a parameter. */
  sample(count: number, random: Random): Float64Array[] {
    const chosen = Array.from({ length: count }, () => this.#draw(random.uniform()));
    return this.#kernels.map((kernels) => Float64Array.from(chosen, (k) => kernels.sample(k, random)));
  }

  /** The logarithm of the density at each point; one array a parameter. */
  logDensity(points: readonly Float64Array[]): Float64Array {
    const base = this.#weights.map(Math.log);
    for (const kernels of this.#kernels) kernels.addConstants(base);
    const terms = new Float64Array(base.length);
    return Float64Array.from(points[0], (_, i) => {
      terms.set(base);
      this.#kernels.forEach((kernels, d) => {
        kernels.addLogDensity(points[d][i], terms);
      });
      return logSumExp(terms);
    });
  }

  #draw(share: number): number {
    let sum = 0;
    for (let k = 0; k < this.#weights.length; k++) {
      sum += this.#weights[k];
      if (share < sum) return k;
    }
    return this.#weights.length - 1;
  }
}

/** 1 for the newest 25 and for the prior, which is last; falling to 1 / count for the oldest. Their sum is made 1. */
function kernelWeights(count: number): Float64Array {
  const weights = new Float64Array(count + 1).fill(1);
  const old = count - 25;
  for (let i = 0; i < old; i++) weights[i] = 1 / count + (old === 1 ? 0 : (i / (old - 1)) * (1 - 1 / count));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

function logSumExp(terms: Float64Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < terms.length; i++) if (terms[i] > most) most = terms[i];
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  // what is left out would not change the last digits of the sum
  for (let i = 0; i < terms.length; i++) if (terms[i] > most - 45) sum += Math.exp(terms[i] - most);
  return most + Math.log(sum);
}
