import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import type { Call, CallName, Calls, Reply } from './calls';

/** Why a call has no result. */
export class CallError extends Error {
  override name = 'CallError';

  constructor(
    message: string,
    /** Whether the answer's cell had run and its tests had begun. */
    readonly testing: boolean,
  ) {
    super(message);
  }
}

/** The most that the course's own work may take, on a busy machine: to start a process, to read tests, to check types. */
const startMs = 600_000;

/** Does what is asked for one chapter, in a process of its own, which is replaced where a call ends it or takes too long. */
export class ReleaseWorker {
  private child: ChildProcess | undefined;

  constructor(
    private readonly options: {
      readonly root: string;
      /** Such as `02-normalization`. */
      readonly chapter: string;
      /** The most that an answer and its tests may take, once they run. */
      readonly timeoutMs: number;
    },
  ) {
    process.once('exit', this.close);
  }

  /**
   * One call; the next may come when it has ended.
   * @throws CallError when it failed, took too long or ended the process
   */
  async call<Name extends CallName>(
    name: Name,
    argument: Calls[Name]['argument'],
  ): Promise<Calls[Name]['result']> {
    const { timeoutMs } = this.options;
    if (!this.child?.connected) this.child = this.start();
    const { child } = this;
    let testing = false;
    let lastWords = '';
    const { promise, resolve, reject } = settled<Calls[Name]['result']>();
    const fail = (message: string) => reject(new CallError(message, testing));
    const listeners = {
      message: (reply: Reply) => {
        if (reply.kind === 'running') timer = endAfter(timeoutMs);
        else if (reply.kind === 'testing') testing = true;
        else if (reply.kind === 'failed') fail(reply.message);
        else if (reply.kind === 'result') resolve(reply.result as Calls[Name]['result']);
      },
      exit: (code: number | null, signal: string | null) => {
        fail(`ended its process (${signal ?? `exit code ${code}`})${lastWords && `: ${lastWords}`}`);
      },
    };
    const hear = (chunk: Buffer) => {
      lastWords = `${chunk}`.trim().split('\n').at(-1) ?? '';
    };
    const endAfter = (ms: number) => {
      clearTimeout(timer);
      return setTimeout(() => {
        this.end();
        fail(`did not end within ${ms / 1000} s`);
      }, ms);
    };
    let timer: NodeJS.Timeout | undefined;
    timer = endAfter(startMs);
    child.on('message', listeners.message).on('exit', listeners.exit);
    child.stderr?.on('data', hear);
    child.send({ name, argument } as Call, (error) => error && fail(error.message));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      child.off('message', listeners.message).off('exit', listeners.exit);
      child.stderr?.off('data', hear);
    }
  }

  readonly close = (): void => {
    process.off('exit', this.close);
    this.end();
  };

  private end(): void {
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private start(): ChildProcess {
    const { root, chapter } = this.options;
    const extension = extname(__filename);
    const child = fork(join(__dirname, `worker-process${extension}`), [root, chapter], {
      cwd: join(root, 'notebooks'), // imports resolve as in a notebook
      execArgv: extension === '.ts' ? ['-r', require.resolve('ts-node/register/transpile-only')] : [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.resume(); // or a full pipe would stop it
    return child.on('error', () => undefined); // what it means, the call's end tells
  }
}

/** A promise and what settles it. */
function settled<T>() {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
