import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import { CourseError } from '../errors';
import type { Engine } from './engine';
import type { ModelDescription } from './model-description';
import type { PredictMessage, WorkerMessage, WorkerTask } from './worker-messages';

/** An engine in a process of its own. */
export interface Worker extends Engine {
  readonly pid: number;
  readonly description: ModelDescription;
  /** Settles when the process has ended, with the reason. */
  readonly ended: Promise<string>;
}

/** The process ended before it had answered. */
export class WorkerDied extends Error {
  override name = 'WorkerDied';
}

export interface StartWorkerOptions {
  /** A batch that takes longer ends the worker; default 30 s. */
  readonly batchTimeoutMs?: number;
  /** Loading that takes longer ends the worker; default 2 minutes. */
  readonly startTimeoutMs?: number;
}

interface Pending {
  readonly resolve: (probabilities: Float32Array) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Starts a process that loads the model of `task`: a crash of native code ends that process, not the server.
 * @throws CourseError when the model cannot be loaded or computed there.
 */
export async function startWorker(task: WorkerTask, options: StartWorkerOptions = {}): Promise<Worker> {
  const { batchTimeoutMs = 30_000, startTimeoutMs = 120_000 } = options;
  const child = forkWorker(task);
  const ended = endOf(child);
  const pending = new Map<number, Pending>();
  void ended.then((reason) => {
    for (const [id, { reject }] of settleAll(pending)) reject(new WorkerDied(`batch ${id}: ${reason}`));
  });
  const { description, engine } = await ready(child, ended, startTimeoutMs);
  child.on('message', (message: WorkerMessage) => settle(message, pending));
  let lastId = 0;
  return {
    name: engine,
    pid: child.pid ?? 0,
    description,
    ended,
    predict: (pixels, count) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        const timer = setTimeout(() => child.kill('SIGKILL'), batchTimeoutMs);
        pending.set(id, { resolve, reject, timer });
        const message: PredictMessage = { id, pixels, count };
        child.send(message, (error) => {
          if (!error || !pending.delete(id)) return;
          clearTimeout(timer);
          child.kill('SIGKILL'); // no other message would reach it either
          reject(new WorkerDied(error.message));
        });
      }),
    close: async () => {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function forkWorker(task: WorkerTask): ChildProcess {
  const extension = extname(__filename);
  const threads = String(task.threads);
  return fork(join(__dirname, `worker${extension}`), [JSON.stringify(task)], {
    execArgv: extension === '.ts' ? ['-r', 'ts-node/register/transpile-only'] : [],
    serialization: 'advanced', // bytes stay bytes
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...(task.threads > 0 && { COURSE_THREADS: threads, TF_NUM_INTRAOP_THREADS: threads }),
      ...process.env,
    },
  });
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(`the worker could not be started: ${message}`));
    child.once('exit', (code, signal) => resolve(`the worker ended with ${signal ?? code}`));
  });
}

async function ready(
  child: ChildProcess,
  ended: Promise<string>,
  timeoutMs: number,
): Promise<Extract<WorkerMessage, { readonly kind: 'ready' }>> {
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  try {
    const first = await Promise.race([
      new Promise<WorkerMessage>((resolve) => child.once('message', resolve)),
      ended,
    ]);
    if (typeof first === 'string') throw new CourseError(first);
    if (first.kind === 'ready') return first;
    throw new CourseError(first.kind === 'failed' ? first.reason : `unexpected message: ${first.kind}`);
  } finally {
    clearTimeout(timer);
  }
}

function settle(message: WorkerMessage, pending: Map<number, Pending>): void {
  if (message.kind !== 'probabilities' && message.kind !== 'error') return;
  const found = pending.get(message.id);
  if (!found) return;
  pending.delete(message.id);
  clearTimeout(found.timer);
  if (message.kind === 'probabilities') found.resolve(message.probabilities);
  else found.reject(new Error(message.reason));
}

function settleAll(pending: Map<number, Pending>): [number, Pending][] {
  const all = [...pending];
  pending.clear();
  for (const [, { timer }] of all) clearTimeout(timer);
  return all;
}
