import { setImmediate } from 'node:timers/promises';

export interface OverlapOptions<Images, Batch, Result> {
  readonly prepare: (images: Images) => Batch;
  readonly compute: (batch: Batch) => Promise<Result>;
  /** How many batches may be under way besides the one whose result is awaited; default 0. */
  readonly ahead?: () => number;
}

/**
 * Computes batches while the next is made; gives the results in order, each with its batch's `count`. Whoever takes
 * them out slowly keeps the next from being started.
 */
export async function* overlapped<Images, Batch extends { readonly count: number }, Result extends object>(
  coming: Iterable<Images>,
  { prepare, compute, ahead = () => 0 }: OverlapOptions<Images, Batch, Result>,
): AsyncGenerator<Result & { readonly count: number }, void, undefined> {
  const running: { readonly result: Promise<Result>; readonly count: number }[] = [];
  try {
    for (const images of coming) {
      const batch = prepare(images);
      while (running.length > ahead()) yield await next(running);
      await setImmediate(); // where steps block the main thread, others get their turn
      const result = compute(batch);
      result.catch(() => undefined); // it is heard when its turn comes
      running.push({ result, count: batch.count });
    }
    while (running.length > 0) yield await next(running);
  } finally {
    await Promise.allSettled(running.map(({ result }) => result));
  }
}

async function next<Result>(running: { readonly result: Promise<Result>; readonly count: number }[]) {
  const [{ result, count }] = running.splice(0, 1);
  return { ...(await result), count };
}
