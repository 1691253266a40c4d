import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import type { RunRequest, TesterMessage } from './tester-messages';

/** The process that runs the tests, as its parent holds it. */
export interface Tester {
  readonly pid: number;
  /** Runs the tests of a question; resolves when the tester has said its last word on it, rejects when it ended. */
  run(request: RunRequest, onMessage: (message: TesterMessage) => void): Promise<void>;
  kill(): void;
}

/** The tester ended in the middle of its work. */
export class TesterEnded extends Error {
  override name = 'TesterEnded';
}

/** `fixtures`: the folder for temporary files of tests, which answers may read. */
export function startTester({ fixtures }: { readonly fixtures: string }): Tester {
  const extension = extname(__filename);
  const child = fork(join(__dirname, `tester-process${extension}`), [], {
    execArgv: extension === '.ts' ? ['-r', require.resolve('ts-node/register/transpile-only')] : [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, TMPDIR: fixtures },
  });
  const ended = endOf(child);
  return {
    pid: child.pid ?? 0,
    kill: () => child.kill('SIGKILL'),
    run: async (request, onMessage) => {
      let listener: ((message: TesterMessage) => void) | undefined;
      const finished = new Promise<undefined>((resolve) => {
        listener = (message) => {
          onMessage(message);
          if (['done', 'all', 'lost', 'failed'].includes(message.kind)) resolve(undefined);
        };
        child.on('message', listener);
      });
      if (child.connected) child.send(request, () => undefined);
      const reason = await Promise.race([finished, ended]);
      if (listener) child.off('message', listener);
      if (reason !== undefined) throw new TesterEnded(reason);
    },
  };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve(`the tests could not be started: ${message}`));
    child.once('exit', (code, signal) => resolve(`the tests ended with ${signal ?? code}`));
  });
}
