import { availableParallelism } from 'node:os';
import { CourseError } from '../errors';
import { Batcher, type BatchingOptions, type BatchReport, defaultMaxBatchSize } from './batcher';
import { chooseEngine } from './choose-engine';
import type { EngineName } from './engine';
import { type Log, silent } from './log';
import type { ModelDescription } from './model-description';
import { WorkerPool } from './worker-pool';
import { startWorker, type Worker } from './worker-process';

/** One version of a model, ready to answer. */
export interface Servable extends ModelDescription {
  /** Where its files are. */
  readonly folder: string;
  readonly engine: EngineName;
  /** Most images of one request. */
  readonly maxBatchSize: number;
  /** Images that wait. */
  readonly queuedImages: number;
  /** Of the processes that compute. */
  readonly pids: readonly number[];
  /** Probabilities, [count, numClasses], of bytes, [count, height, width, channels]: see `Batcher.submit`. */
  predict(
    pixels: Uint8Array,
    count: number,
    options?: { readonly gone?: () => Error | undefined },
  ): Promise<Float32Array>;
  close(): Promise<void>;
}

export interface LoadServableOptions {
  /**
   * `auto`, the default: the faster on this machine of TensorFlow and ONNX Runtime, and WebAssembly where neither can
   * compute the model. It is not in the race: with all networks of this course it took 2 to 10 times as long as TensorFlow
   * (batches of 1, 8 and 32, 2 cores), and each engine that is tried starts a process.
   */
  readonly engine?: EngineName | 'auto';
  /**
   * Processes that compute; default 1, which uses all cores. Two of half the cores each take twice the memory, and answered
   * no more: the baseline network, raw tensors, 64 connections, median of 3 on 2 shared cores: 2744 requests/s with one,
   * 3167 with two (TensorFlow), 3651 and 3727 (ONNX Runtime), spread of a third.
   */
  readonly workers?: number;
  readonly batching?: Omit<BatchingOptions, 'numBatchThreads'>;
  readonly onBatch?: (report: BatchReport) => void;
  readonly log?: Log;
}

/**
 * Loads the model or run in `folder`, chooses what computes it, and warms it up.
 * @throws CourseError when it cannot be loaded, or nothing can compute it.
 */
export async function loadServable(folder: string, options: LoadServableOptions = {}): Promise<Servable> {
  const { engine: wanted = 'auto', workers: count = 1, batching = {}, onBatch, log = silent } = options;
  const threads = Math.max(1, Math.floor(availableParallelism() / count));
  const { maxBatchSize = defaultMaxBatchSize } = batching;
  const start = (engine: EngineName) => startWorker({ folder, engine, threads, maxBatchSize });
  const first = await (wanted === 'auto'
    ? startFastestOrWasm({ start, log })
    : startFastest([wanted], { start, log }));
  const { description, name } = first;
  const startAnother = async () => {
    const worker = await start(name);
    if (worker.description.digest === description.digest) return worker;
    await worker.close();
    throw new CourseError(`${folder}: the model has changed since it was loaded; serve it as a new version`);
  };
  const others = await Promise.all(Array.from({ length: count - 1 }, startAnother));
  const pool = new WorkerPool([first, ...others], {
    start: startAnother,
    onProblem: (reason) => log.warn({ folder }, reason),
  });
  const batcher = new Batcher({
    ...batching,
    numBatchThreads: count,
    compute: (pixels, images) => pool.predict(pixels, images),
    onBatch,
  });
  return {
    ...description,
    folder,
    engine: name,
    maxBatchSize: batcher.maxBatchSize,
    get queuedImages() {
      return batcher.queuedImages;
    },
    get pids() {
      return pool.pids;
    },
    predict: (pixels, images, options) => batcher.submit(pixels, images, options),
    close: () => pool.close(),
  };
}

interface StartOptions {
  readonly start: (engine: EngineName) => Promise<Worker>;
  readonly log: Log;
}

async function startFastestOrWasm(options: StartOptions): Promise<Worker> {
  try {
    return await startFastest(['tensorflow', 'onnx'], options);
  } catch (error) {
    options.log.warn(
      { reason: (error as Error).message },
      'nothing native computes this; trying WebAssembly',
    );
    return startFastest(['wasm'], options).catch(() => {
      throw error;
    });
  }
}

/** A worker with the engine among `names` that is fastest; the others end. */
async function startFastest(names: readonly EngineName[], { start, log }: StartOptions): Promise<Worker> {
  const started = await Promise.allSettled(names.map(start));
  const workers = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const [reason] = started.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
  const [reference, ...others] = workers;
  if (!reference) throw reason;
  if (reason) log.info({ reason: reason.message }, 'an engine is left out');
  let chosen: Worker | undefined;
  try {
    const { inputShape, classNames } = reference.description;
    const options = { inputShape, numClasses: classNames.length };
    const found = await chooseEngine([reference, ...others], options);
    log.info({ trials: found.trials, chosen: found.chosen.name }, 'engine chosen');
    chosen = found.chosen;
    return chosen;
  } finally {
    await Promise.all(workers.filter((worker) => worker !== chosen).map((worker) => worker.close()));
  }
}
