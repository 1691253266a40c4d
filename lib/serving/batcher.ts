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
  readonly gone?: () => Error | undefined;
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
   * The probabilities of `count` images, [count, numClasses]. Where `gone` says, when their turn has come, that nobody waits
   * for them any more, they are not computed.
   * @throws ServingError 503 when the queue is full, and what `gone` gives; RangeError for more images than a batch holds.
   */
  submit(
    pixels: Uint8Array,
    count: number,
    { gone }: { readonly gone?: () => Error | undefined } = {},
  ): Promise<Float32Array> {
    if (!(count >= 1 && count <= this.maxBatchSize))
      throw new RangeError(`count: expected 1 to ${this.maxBatchSize}, got ${count}`);
    return new Promise((resolve, reject) => {
      const batch = this.batchFor(count);
      if (!batch) return reject(unavailable('too many requests are waiting; try again'));
      batch.requests.push({ pixels, count, gone, resolve, reject });
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

  private async run({ requests: all, since }: Batch): Promise<void> {
    const requests = all.filter(isWaited);
    const images = requests.reduce((sum, { count }) => sum + count, 0);
    if (images === 0) return;
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

/** Rejects a request that nobody waits for. */
function isWaited({ gone, reject }: Waiting): boolean {
  const reason = gone?.();
  if (reason) reject(reason);
  return reason === undefined;
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
