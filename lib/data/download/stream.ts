/** Thrown when a stream gave no bytes for too long. */
export class StallError extends Error {
  override name = 'StallError';
}

/** When to give up on a stream, and whom to tell of its bytes. */
export interface WatchOptions {
  readonly signal?: AbortSignal;
  /** Longest wait for the next bytes. */
  readonly stallMs?: number;
  /** Called with the number of bytes so far. */
  readonly onBytes?: (bytes: number) => void;
}

/** The same chunks, but a stall of `stallMs` throws a StallError and an abort throws the signal's reason. */
export async function* watched(
  chunks: AsyncIterable<Uint8Array>,
  { signal, stallMs = 60_000, onBytes }: WatchOptions = {},
): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  let bytes = 0;
  let finished = false;
  try {
    while (true) {
      const next = await withinTime(iterator.next(), { signal, stallMs });
      if (next.done) break;
      bytes += next.value.length;
      onBytes?.(bytes);
      yield next.value;
    }
    finished = true;
  } finally {
    // Lets the source close its socket or file. Not awaited: a stalled source would not answer.
    if (!finished) iterator.return?.()?.catch(() => undefined);
  }
}

/** What `promise` gives, unless `stallMs` pass (where given) or `signal` aborts first. */
export async function withinTime<T>(
  promise: Promise<T>,
  { signal, stallMs }: { signal?: AbortSignal; stallMs?: number },
): Promise<T> {
  promise.catch(() => undefined); // once abandoned, its failure is of no interest
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let stop = (): void => undefined;
  const given = new Promise<never>((_, reject) => {
    if (stallMs !== undefined) {
      timer = setTimeout(() => reject(new StallError(`no bytes for ${stallMs / 1000} s`)), stallMs);
    }
    stop = () => reject(signal?.reason);
    signal?.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([promise, given]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
