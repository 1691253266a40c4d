import type { ChildProcess } from 'node:child_process';
import { type AnswerOptions, startAnswer } from './bubblewrap';
import { childrenOf } from './limits';

/** How the process of an answer ended. */
export interface Death {
  readonly code: number | null;
  /** The end of what it wrote there. */
  readonly stderr: string;
}

/** The process of an answer, as its parent holds it. */
export interface Answer {
  readonly pid: number;
  readonly death: Promise<Death>;
  /** Ends it and all that it started. */
  kill(): void;
}

export function openAnswer(options: AnswerOptions): Answer {
  const child = startAnswer(options);
  return { pid: child.pid ?? 0, death: deathOf(child), kill: () => endAll(child, options) };
}

function deathOf(child: ChildProcess): Promise<Death> {
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr = (stderr + chunk.toString('latin1')).slice(-8000);
  });
  return new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ code: null, stderr: message }));
    child.once('exit', (code) => {
      const tell = () => {
        child.stderr?.destroy();
        resolve({ code, stderr });
      };
      child.once('close', tell);
      setTimeout(tell, 500).unref(); // a process that fled from an unsafe run may hold stderr
    });
  });
}

function endAll(child: ChildProcess, { unsafe }: AnswerOptions): void {
  const ended = child.exitCode !== null || child.signalCode !== null;
  if (!ended || unsafe) killAll(child, unsafe); // the number of one that ended may be another's by now
}

/**
 * Bubblewrap's own child is the first process of the sandbox, and all others end with it. Until it is set up it does not yet end
 * with bubblewrap, so it is ended by itself; bubblewrap is stopped first, lest it start one meanwhile.
 */
function killAll({ pid }: ChildProcess, isGroup: boolean): void {
  if (pid === undefined) return;
  if (!isGroup) {
    signal(pid, 'SIGSTOP');
    for (const inner of childrenOf(pid)) signal(inner, 'SIGKILL');
  }
  signal(isGroup ? -pid : pid, 'SIGKILL');
}

function signal(pid: number, name: 'SIGSTOP' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // it ended before
  }
}
