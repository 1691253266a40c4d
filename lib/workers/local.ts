import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { CourseError } from '../errors';

export interface LocalWorkersOptions {
  /** How many processes at once. */
  readonly count: number;
  /** What Node runs: a script and its arguments. It ends with 0 when there is nothing left to do. */
  readonly args: readonly string[];
  /** Ends them: they get SIGINT, and ten seconds to put their trials back. */
  readonly signal?: AbortSignal;
  /** A worker was killed, by what; another one takes its place. */
  readonly onKilled?: (reason: string) => void;
}

const mostKilled = 10;

/**
 * One for each core, as far as the memory reaches: a training of the course takes up to 2 GB. A single one with a graphics
 * card, whose memory the first TensorFlow takes as a whole.
 */
export function defaultWorkers(): number {
  if (existsSync('/dev/nvidiactl')) return 1;
  return Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / 2e9)));
}

/**
 * Runs worker processes on this machine until all of them have ended by themselves; one that was killed, for want of
 * memory say, is replaced. Rejects with the signal's reason, and with the sentence of a worker that gave up. A worker
 * hears by the end of its IPC channel when this process is gone.
 */
export async function runLocalWorkers(options: LocalWorkersOptions): Promise<void> {
  const { count, signal, onKilled } = options;
  const running = new Set<ChildProcess>();
  let killed = 0;
  let failure: Error | undefined;
  const stopAll = () => {
    for (const child of running) stop(child);
  };
  signal?.addEventListener('abort', stopAll, { once: true });
  const work = async (): Promise<void> => {
    while (!signal?.aborted && !failure) {
      const { code, killedBy, message } = await runOne(options, running);
      if (code === 0 || signal?.aborted || failure) return; // what is stopped is not to be replaced
      if (killedBy) onKilled?.(killedBy);
      if (killedBy && ++killed < mostKilled) continue;
      failure = new CourseError(
        killedBy
          ? `workers were killed ${killed} times, the last by ${killedBy}; use fewer workers if memory is short, and run the same command again`
          : message || `a worker ended with ${code}`,
      );
      stopAll();
    }
  };
  await Promise.all(Array.from({ length: count }, work));
  signal?.removeEventListener('abort', stopAll);
  signal?.throwIfAborted();
  if (failure) throw failure;
}

interface WorkerEnd {
  readonly code: number | null;
  readonly killedBy: NodeJS.Signals | null;
  /** The last line of its standard error. */
  readonly message: string;
}

function runOne({ count, args }: LocalWorkersOptions, running: Set<ChildProcess>): Promise<WorkerEnd> {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...threadsFor(count), ...process.env },
  });
  running.add(child);
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text = (text + part).slice(-2000);
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      running.delete(child);
      const message = (text.trim().split('\n').at(-1) ?? '').replace(/^course: /, '');
      resolve({ code, killedBy, message });
    });
  });
}

/** Each worker gets its share of the cores; all of them with all cores would only wait for each other. */
function threadsFor(count: number): NodeJS.ProcessEnv {
  if (count === 1) return {};
  const threads = String(Math.max(1, Math.floor(availableParallelism() / count)));
  return { COURSE_THREADS: threads, TF_NUM_INTRAOP_THREADS: threads };
}

function stop(child: ChildProcess): void {
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  child.once('close', () => clearTimeout(timer));
}
