import { setImmediate } from 'node:timers/promises';

/**
 * Computes one batch while the next is made; gives the results in order, each with its batch's `count`. The next one
 * starts when the result before it has been dealt with.
 */
export async function* overlapped<Images, Batch extends { readonly count: number }, Result extends object>(
  coming: Iterable<Images>,
  { prepare, compute }: { prepare: (images: Images) => Batch; compute: (batch: Batch) => Promise<Result> },
): AsyncGenerator<Result & { readonly count: number }, void, undefined> {
  let running: { readonly result: Promise<Result>; readonly count: number } | undefined;
  for (const images of coming) {
    const batch = prepare(images);
    if (running) yield { ...(await running.result), count: running.count };
    await setImmediate(); // where steps block the main thread, others get their turn
    running = { result: compute(batch), count: batch.count };
  }
  if (running) yield { ...(await running.result), count: running.count };
}
