import type { Random } from '../random';
import type { Distribution } from './distributions';
import type { Sampler } from './sampler';

/**
 * Draws every parameter anew. Source: Bergstra and Bengio, Random Search for Hyper-Parameter Optimization, Journal of
 * Machine Learning Research 13, 2012.
 */
export function randomSampler(): Sampler {
  return { name: 'random', sample: ({ random }, _, distribution) => drawUniform(distribution, random) };
}

/** An inner value, all equally likely; with log, all ratios equally likely. */
export function drawUniform(distribution: Distribution, random: Random): number {
  if (distribution.kind === 'categorical') return random.integer(distribution.choices.length);
  const [low, high] = stretchedRange(distribution);
  return fromScale(distribution, low + (high - low) * random.uniform());
}

type Numerical = Exclude<Distribution, { readonly kind: 'categorical' }>;

/** The range on the scale that is searched, the logarithm or the number itself; half a step wider with steps. */
export function stretchedRange({ low, high, log, step }: Numerical): readonly [low: number, high: number] {
  const half = (step ?? 0) / 2;
  return log ? [Math.log(low - half), Math.log(high + half)] : [low - half, high + half];
}

export function toScale({ log }: Numerical, value: number): number {
  return log ? Math.log(value) : value;
}

/** The nearest value of the distribution. */
export function fromScale({ low, high, log, step }: Numerical, scaled: number): number {
  const value = log ? Math.exp(scaled) : scaled;
  const stepped = step === null ? value : low + Math.round((value - low) / step) * step;
  return Math.min(high, Math.max(low, stepped));
}
