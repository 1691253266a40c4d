/**
 * The chance that a draw from the normal distribution (mean 0, standard deviation 1) is above z, to about 14 digits.
 * Near 0 the series of Marsaglia, Evaluating the Normal Distribution, Journal of Statistical Software 11(4), 2004; far
 * out, where 1 minus that loses digits, the continued fraction 26.2.14 of Abramowitz and Stegun, Handbook of
 * Mathematical Functions, 1964.
 */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z > 2.5) {
    let fraction = z;
    for (let n = 150; n >= 1; n--) fraction = z + n / fraction;
    return density / fraction;
  }
  let [sum, term] = [z, z];
  for (let n = 3; term > 1e-18; n += 2) {
    term *= (z * z) / n;
    sum += term;
  }
  return 0.5 - density * sum;
}

/** How many standard deviations around the mean hold a share of `level`, 0 to 1, of the draws: 1.96 for 0.95. */
export function normalReach(level: number): number {
  if (!(level > 0 && level < 1))
    throw new RangeError(`level: expected a share above 0, below 1, got ${level}`);
  let [low, high] = [0, 10];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (2 * normalTail(middle) > 1 - level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
