import { unavailable } from './serving-error';

/** The names are those of TensorFlow Serving's batching parameters. */
export interface BatchingOptions {
  /** Images in a batch, and so in one request; default 64. */
  readonly maxBatchSize?: number;
  /** How long the first request of a batch waits for others when a worker is free; default 0. */
  readonly batchTimeoutMicros?: number;
  /** Batches that may wait; a request beyond them is refused. Default 16. */
  readonly maxEnqueuedBatches?: number;
  /** Batches computed at once; default 1. */
  readonly numBatchThreads?: number;
}

export const defaultMaxBatchSize = 64;

/** What time it is, and a call later: replaced in tests. */
export interface Clock {
  /** In milliseconds. */
  now(): number;
  /** Gives a function that cancels the call. */
  after(ms: number, call: () => void): () => void;
}

/** One batch that was computed. */
export interface BatchReport {
  readonly images: number;
  readonly requests: number;
  /** How long the first request had waited. */
  readonly waitedMs: number;
  readonly computeMs: number;
}

export interface BatcherOptions extends BatchingOptions {
  readonly compute: (pixels: Uint8Array, count: number) => Promise<Float32Array>;
  readonly onBatch?: (report: BatchReport) => void;
  readonly clock?: Clock;
}

interface Waiting {
  readonly pixels: Uint8Array;
  readonly count: number;
  readonly resolve: (probabilities: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

interface Batch {
  readonly requests: Waiting[];
  readonly since: number;
  images: number;
}

/**
 * Joins requests of a few images each to batches, which cost less an image. While all workers are busy a batch grows, so
 * the load itself makes batches large; only then may a request wait, and never in a queue without an end.
 */
export class Batcher {
  readonly maxBatchSize: number;
  private readonly queue: Batch[] = [];
  private running = 0;
  private cancelTimer: (() => void) | undefined;
  private readonly clock: Clock;

  constructor(private readonly options: BatcherOptions) {
    this.maxBatchSize = options.maxBatchSize ?? defaultMaxBatchSize;
    this.clock = options.clock ?? systemClock;
  }

  /** Images that wait. */
  get queuedImages(): number {
    return this.queue.reduce((sum, { images }) => sum + images, 0);
  }

  /**
   * The probabilities of `count` images, [count, numClasses]. When `signal` aborts before their turn has come, they are
   * dropped.
   * @throws ServingError 503 when the queue is full; RangeError for more images than a batch holds.
   */
  submit(
    pixels: Uint8Array,
    count: number,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<Float32Array> {
    if (!(count >= 1 && count <= this.maxBatchSize))
      throw new RangeError(`count: expected 1 to ${this.maxBatchSize}, got ${count}`);
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const batch = this.batchFor(count);
      if (!batch) return reject(unavailable('too many requests are waiting; try again'));
      const drop = () => {
        if (this.drop(batch, request)) reject(signal?.reason);
      };
      const settled = () => signal?.removeEventListener('abort', drop);
      const request: Waiting = {
        pixels,
        count,
        resolve: (probabilities) => {
          settled();
          resolve(probabilities);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      signal?.addEventListener('abort', drop, { once: true });
      batch.requests.push(request);
      batch.images += count;
      this.dispatch();
    });
  }

  /** The last batch that waits, where these images fit in, or a new one; undefined where the queue is full. */
  private batchFor(count: number): Batch | undefined {
    const last = this.queue.at(-1);
    if (last && last.images + count <= this.maxBatchSize) return last;
    if (this.queue.length >= (this.options.maxEnqueuedBatches ?? 16)) return undefined;
    const batch: Batch = { requests: [], since: this.clock.now(), images: 0 };
    this.queue.push(batch);
    return batch;
  }

  private drop(batch: Batch, request: Waiting): boolean {
    if (!this.queue.includes(batch)) return false; // it is being computed already
    batch.requests.splice(batch.requests.indexOf(request), 1);
    batch.images -= request.count;
    if (batch.requests.length === 0) this.queue.splice(this.queue.indexOf(batch), 1);
    this.dispatch(); // the next batch may be first now
    return true;
  }

  private dispatch(): void {
    this.cancelTimer?.();
    this.cancelTimer = undefined;
    while (this.queue.length > 0 && this.running < (this.options.numBatchThreads ?? 1)) {
      const [first] = this.queue;
      const leftMs = first.since + (this.options.batchTimeoutMicros ?? 0) / 1000 - this.clock.now();
      const full = this.queue.length > 1 || first.images >= this.maxBatchSize;
      if (!full && leftMs > 0) {
        this.cancelTimer = this.clock.after(leftMs, () => this.dispatch());
        return;
      }
      this.queue.shift();
      void this.run(first);
    }
  }

  private async run({ requests, images, since }: Batch): Promise<void> {
    this.running++;
    const started = this.clock.now();
    try {
      const probabilities = await this.options.compute(joined(requests, images), images);
      const perImage = probabilities.length / images;
      let done = 0;
      for (const { count, resolve } of requests) {
        resolve(probabilities.subarray(done * perImage, (done + count) * perImage));
        done += count;
      }
      const computeMs = this.clock.now() - started;
      this.options.onBatch?.({ images, requests: requests.length, waitedMs: started - since, computeMs });
    } catch (error) {
      for (const { reject } of requests) reject(error);
    } finally {
      this.running--;
      this.dispatch();
    }
  }
}

function joined(requests: readonly Waiting[], images: number): Uint8Array {
  const [first] = requests;
  if (requests.length === 1) return first.pixels;
  const pixels = new Uint8Array((first.pixels.length / first.count) * images);
  let at = 0;
  for (const request of requests) {
    pixels.set(request.pixels, at);
    at += request.pixels.length;
  }
  return pixels;
}

const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};
