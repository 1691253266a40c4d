import type { GradeLimits } from '../grades';
import type { Answer } from './answer-handle';
import { type Exceeded, watchProcesses } from './limits';
import type { Tester } from './tester';

/** For the processes to start, on a busy machine; not the answer's time. */
export const startMs = 120_000;
/** What the tester gets to report, once the answer is gone. */
const graceMs = 5000;
/** What the tester needs for itself. */
const testerBytes = 2 ** 30;

/** Ends an answer that takes more than it may, and tests that do because of what it gave them. */
export class Guard {
  /** What was too much. */
  exceeded: Exceeded | 'time' | 'tests' | undefined;
  /** When the answer's time began. */
  private startedAt: number | undefined;
  private readonly watchers: readonly { stop(): void }[];
  private timers: readonly NodeJS.Timeout[];
  private readonly answer: Answer;
  private readonly tester: Tester;

  constructor({
    answer,
    tester,
    limits,
  }: { readonly answer: Answer; readonly tester: Tester; readonly limits: Required<GradeLimits> }) {
    this.answer = answer;
    this.tester = tester;
    const testerLimits = { memoryBytes: limits.memoryBytes + testerBytes, processes: 1000 };
    this.watchers = [
      watchProcesses(answer.pid, { limits, onExceeded: (what) => this.end(what) }),
      watchProcesses(tester.pid, { limits: testerLimits, onExceeded: () => this.end('tests') }),
    ];
    this.timers = this.endAfter(startMs);
  }

  /** Whether the answer's process was there: from then on, what goes wrong is its own doing. */
  get started(): boolean {
    return this.startedAt !== undefined;
  }

  /** From now on it is the answer's time, `leftMs` of it. */
  start(leftMs: number): void {
    this.startedAt = performance.now();
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = this.endAfter(leftMs);
  }

  /** Watches no longer; gives the milliseconds that the answer took. */
  stop(): number {
    for (const timer of this.timers) clearTimeout(timer);
    for (const watcher of this.watchers) watcher.stop();
    return this.startedAt === undefined ? 0 : performance.now() - this.startedAt;
  }

  private end(what: Exceeded | 'time' | 'tests'): void {
    this.exceeded ??= what;
    if (what === 'tests') this.tester.kill();
    else this.answer.kill();
  }

  private endAfter(ms: number): readonly NodeJS.Timeout[] {
    return [setTimeout(() => this.end('time'), ms), setTimeout(() => this.tester.kill(), ms + graceMs)];
  }
}
