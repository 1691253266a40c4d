import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { CourseError } from '../errors';
import { threadLimit } from './threads';

/** The package's threaded build once it runs, as far as we look at it; `tfjs` is what the package calls in it. */
type Module = BackendWasm['wasm'] & {
  PThread: { unusedWorkers: object[] };
  cwrap(name: string, result: 'number' | null, inputs: 'number'[]): (...inputs: number[]) => number;
};

const build = 'tfjs-backend-wasm-threaded-simd';
const faults = ['uncaughtException', 'unhandledRejection'];

/**
 * How many threads to start: `COURSE_WASM_THREADS` where it is set, else half of the processors, which are often two
 * to a core, but 2 on a machine that has 2. The package has room for 8.
 */
export function threadCount(wanted = process.env.COURSE_WASM_THREADS, processors = threadLimit()): number {
  if (!wanted) return Math.min(8, Math.max(Math.floor(processors / 2), Math.min(processors, 2)));
  if (/^[1-8]$/.test(wanted)) return Number(wanted);
  throw new CourseError(`COURSE_WASM_THREADS: expected a whole number from 1 to 8, got ${wanted}`);
}

/**
 * Starts the package's threaded build, which starts in browsers only: in Node it asks for workers at blob addresses,
 * https://github.com/tensorflow/tfjs/issues/3830. The threads keep no process alive. Rejects where they cannot start.
 *
 * @param folder The package's `wasm-out`.
 */
export async function startThreads(folder: string, { threads }: { threads: number }): Promise<BackendWasm> {
  const { BackendWasm, setThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  const { wasmWorkerContents } = require(join(folder, `${build}.worker.js`)) as {
    wasmWorkerContents: string;
  };
  const script = wasmWorkerContents.replace(/\n/g, '\\n'); // as the package does: its line ends lost their escape
  const workers: Worker[] = [];
  try {
    for (let i = 1; i < threads; i++) workers.push(new Worker(script, { eval: true }));
    await Promise.all(workers.map((worker) => once(worker, 'online')));
    const module = await load(folder, { workers, threads });
    setThreadsCount(threads);
    return new BackendWasm(module);
  } catch (error) {
    for (const worker of workers) worker.terminate();
    throw error;
  } finally {
    for (const worker of workers) worker.unref();
  }
}

async function load(
  folder: string,
  { workers, threads }: { workers: Worker[]; threads: number },
): Promise<Module> {
  const main = join(folder, `${build}.js`);
  const start = require(main) as (config: object) => Promise<Module>;
  const compiled = await WebAssembly.compile(await readFile(join(folder, `${build}.wasm`)));
  const config = {
    mainScriptUrlOrBlob: main,
    // Asked just before each of its workers, of which it would start 8 however many are used: ours take their place.
    locateFile(name: string) {
      Reflect.set(globalThis, 'Worker', Object);
      return join(folder, name);
    },
    instantiateWasm(imports: WebAssembly.Imports, done: (...parts: unknown[]) => void) {
      imports.env.emscripten_num_logical_cores = () => 2 * threads; // it uses half of them
      WebAssembly.instantiate(compiled, imports).then((instance) => done(instance, compiled));
      return {};
    },
  };
  const events: NodeJS.EventEmitter = process;
  const known = faults.map((event) => events.listeners(event));
  const worker = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  const ready = start(config);
  Reflect.deleteProperty(globalThis, 'Worker');
  if (worker) Object.defineProperty(globalThis, 'Worker', worker);
  const { PThread } = config as object as Module; // it makes its module of the object that it is given
  PThread.unusedWorkers.splice(0, PThread.unusedWorkers.length, ...workers);
  const module = await ready;
  // Its own listeners only throw what they hear of anew, and print a page of its code.
  for (const [i, event] of faults.entries()) {
    for (const listener of events.listeners(event))
      if (!known[i].includes(listener)) events.removeListener(event, listener as () => void);
  }
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  return module;
}
