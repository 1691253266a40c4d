import type { GradeLimits, Outcome } from '../grades';
import type { Death } from './answer-handle';
import type { Guard } from './guard';
import type { TesterMessage } from './tester-messages';

/** Why tests stopped before the last one. */
export interface Stop {
  readonly outcome: Outcome;
  readonly message: string;
  /** What an instructor should look at. */
  readonly note?: string;
}

/** The most that a test takes, whatever time the question has left. */
export const testMs = 10_000;

/** All that is known of how a run of tests ended. */
export interface Ending {
  /** The tester's last word. */
  readonly last: TesterMessage | undefined;
  /** Why the tester ended, where it did. */
  readonly testerEnded: string | undefined;
  readonly compiled: boolean;
  readonly guard: Pick<Guard, 'exceeded' | 'started'>;
  readonly death: Death;
  readonly limits: Required<GradeLimits>;
}

/** What the end of a run means for the answer; undefined where all tests were run. */
export function stopOf({ last, testerEnded, compiled, guard, death, limits }: Ending): Stop | undefined {
  const { exceeded } = guard;
  const mib = Math.round(limits.memoryBytes / 2 ** 20);
  if (testerEnded !== undefined) {
    if (exceeded === 'time' && !compiled)
      return { outcome: 'compile error', message: 'it could not be compiled in time' };
    // With the chapter's solution the tests do not end like this.
    if (guard.started && exceeded === 'time') return timeUp(limits);
    if (guard.started && (exceeded === 'tests' || /SIGABRT|134/.test(testerEnded)))
      return { outcome: 'out of memory', message: 'what the answer gave is too large to be tested' };
    return { outcome: 'infrastructure failure', message: testerEnded };
  }
  if (last?.kind === 'done') return undefined;
  if (last?.kind === 'all') {
    const { outcome, message } = last;
    return { outcome, message, ...(outcome === 'not implemented' && { note: message }) };
  }
  if (last?.kind !== 'lost') {
    const message = last?.kind === 'failed' ? last.reason : 'the tests stopped';
    return { outcome: 'infrastructure failure', message };
  }
  if (last.stage === 'starting') {
    const detail = death.stderr.trim().split('\n').at(-1) || `it ended with ${death.code}`;
    return { outcome: 'infrastructure failure', message: `the answer's process did not start: ${detail}` };
  }
  if (exceeded === 'memory' || /out of memory|bad_alloc/i.test(death.stderr))
    return { outcome: 'out of memory', message: `used more than ${mib} MiB of memory` };
  if (exceeded === 'processes')
    return noted(`the answer started more than ${limits.processes} processes and threads`);
  if (exceeded === 'time') return timeUp(limits);
  if (last.loss === 'timeout') {
    const seconds = Math.min(testMs / 1000, limits.seconds);
    return { outcome: 'timeout', message: `not finished after ${seconds} s` };
  }
  if (last.loss === 'garbled') return noted('the answer wrote on the line to its tests');
  const code = Number(/\nexit code (\d+)\n$/.exec(death.stderr)?.[1] ?? death.code);
  return noted(
    code > 128
      ? `the answer crashed its process (signal ${code - 128})`
      : `the answer ended its process (exit code ${code})`,
  );
}

function timeUp({ seconds }: Required<GradeLimits>): Stop {
  return { outcome: 'timeout', message: `all tests together took longer than ${seconds} s` };
}

function noted(message: string): Stop {
  return { outcome: 'exception', message, note: message };
}
