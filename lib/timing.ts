/** Wall times of repeated runs of one piece of work, in milliseconds. */
export interface Timing {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** How many runs were counted. */
  readonly n: number;
}

/**
 * Times `work` after a warm-up, one run after the other. Work on tensors must read its result back (`await t.data()`),
 * or only the launch is timed.
 */
export async function measure(
  work: () => unknown,
  { warmup = 2, repeats = 9 }: { readonly warmup?: number; readonly repeats?: number } = {},
): Promise<Timing> {
  if (repeats < 1) throw new RangeError(`repeats: expected at least 1, got ${repeats}`);
  for (let i = 0; i < warmup; i++) await work();
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const middle = times.length >> 1;
  const medianMs = times.length % 2 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
  return { medianMs, minMs: times[0], maxMs: times[times.length - 1], n: repeats };
}
