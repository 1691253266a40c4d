/** Middle, extremes and number of some repeated measurements. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly n: number;
}

/** The spread of at least one value; throws a RangeError for none. */
export function spreadOf(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError('expected at least one value, got none');
  const sorted = [...values].sort((a, b) => a - b);
  return { median: medianOf(values), min: sorted[0], max: sorted[sorted.length - 1], n: sorted.length };
}

/** The middle value, or the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * How many times as fast `ours` is as `peer`, from values of the same rounds: round by round, of which the median,
 * which a slow minute of the machine hurts less; and once from the two medians.
 */
export function ratiosOf(
  ours: readonly number[],
  peer: readonly number[],
): { readonly medianOfRatios: number; readonly ratioOfMedians: number } {
  if (ours.length !== peer.length || ours.length === 0) {
    throw new RangeError(
      `expected as many values of both, at least one, got ${ours.length} and ${peer.length}`,
    );
  }
  return {
    medianOfRatios: medianOf(ours.map((value, round) => value / peer[round])),
    ratioOfMedians: medianOf(ours) / medianOf(peer),
  };
}
