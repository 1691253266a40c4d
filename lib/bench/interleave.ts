import { setTimeout as sleep } from 'node:timers/promises';
import { ContenderProcess, type Program, type Ready, type RoundAnswer } from './process';

export interface InterleaveOptions {
  /** Timed rounds of each; default 5. */
  readonly rounds?: number;
  /** Between rounds, for the threads of the last one to fall asleep; default 300. */
  readonly pauseMs?: number;
  /** For set-up and warm-up, which may compile; default ten minutes. */
  readonly readyTimeoutMs?: number;
  /** Default ten minutes. */
  readonly roundTimeoutMs?: number;
  /** Throws to refuse a contender that is ready, such as one with another network than the others. */
  readonly accept?: (ready: Ready, name: string) => void;
  /** One sentence on what is done next. */
  readonly onProgress?: (text: string) => void;
  /** Ends all contenders and rejects with its reason. */
  readonly signal?: AbortSignal;
}

/** What became of a contender: its rounds in order, or the one-line reason why it has none. */
export type Outcome =
  | { readonly name: string; readonly ready: Ready; readonly rounds: readonly RoundAnswer[] }
  | { readonly name: string; readonly reason: string };

/**
 * Runs contenders side by side: all are started one after the other and kept alive, then each round runs every one of
 * them once, alone, the next round beginning with the next. A slow spell of the machine thus hits all alike. One that
 * fails drops out with its reason and the others go on.
 */
export async function interleave(
  contenders: readonly { readonly name: string; readonly program: Program }[],
  {
    rounds = 5,
    pauseMs = 300,
    readyTimeoutMs = 600_000,
    roundTimeoutMs = 600_000,
    accept,
    onProgress,
    signal,
  }: InterleaveOptions = {},
): Promise<readonly Outcome[]> {
  const running = new Map<string, { process: ContenderProcess; ready: Ready; rounds: RoundAnswer[] }>();
  const reasons = new Map<string, string>();
  const started: ContenderProcess[] = [];
  const attempt = async (name: string, process: ContenderProcess, work: () => Promise<void>) => {
    signal?.throwIfAborted();
    try {
      await work();
    } catch (error) {
      running.delete(name);
      reasons.set(name, (error as Error).message);
      onProgress?.(`${name}: ${(error as Error).message}`);
      await process.stop();
    }
    signal?.throwIfAborted();
    await sleep(pauseMs);
  };
  const abort = () => {
    for (const process of started) void process.stop({ graceMs: 0 });
  };
  signal?.addEventListener('abort', abort);
  try {
    for (const [i, { name, program }] of contenders.entries()) {
      onProgress?.(`starting ${i + 1} of ${contenders.length}: ${name}`);
      const process = new ContenderProcess(program);
      started.push(process);
      await attempt(name, process, async () => {
        const ready = await process.ready({ timeoutMs: readyTimeoutMs });
        accept?.(ready, name);
        running.set(name, { process, ready, rounds: [] });
      });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { name } of rotate(contenders, round)) {
        const contender = running.get(name);
        if (!contender) continue;
        onProgress?.(`round ${round + 1} of ${rounds}: ${name}`);
        await attempt(name, contender.process, async () => {
          contender.rounds.push(await contender.process.round(round + 1, { timeoutMs: roundTimeoutMs }));
        });
      }
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    await Promise.all(started.map((process) => process.stop()));
  }
  return contenders.map(({ name }) => {
    const contender = running.get(name);
    return contender
      ? { name, ready: contender.ready, rounds: contender.rounds }
      : { name, reason: reasons.get(name) ?? 'not started' };
  });
}

/** The list begun at another place: [a, b, c] by 1 is [b, c, a]. */
export function rotate<T>(list: readonly T[], by: number): readonly T[] {
  const start = list.length > 0 ? by % list.length : 0;
  return [...list.slice(start), ...list.slice(0, start)];
}
