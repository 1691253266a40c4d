import { isFinished } from './frozen-trial';
import type { Operation } from './operations';
import type { Records } from './records';
import type { Storage } from './storage';

type TrialOperation = Extract<Operation, { readonly trialId: number }>;

/**
 * Gathers what one piece of code says about its trials, such as three parameters in a row, and writes it to the storage
 * together: at the latest when that code waits for something, before anything else can happen.
 */
export class Writer {
  #pending: TrialOperation[] = [];

  constructor(private readonly storage: Storage) {}

  add(operation: TrialOperation): void {
    if (this.#pending.push(operation) === 1) queueMicrotask(() => this.#flushSilently());
  }

  /**
   * Writes what is pending and then what `write` gives, at once. What comes too late, for a trial that somebody else
   * ended meanwhile, is dropped.
   */
  flush(write?: (records: Records) => readonly Operation[]): void {
    if (!write && this.#pending.length === 0) return;
    this.storage.change((records) => {
      const timely = this.#pending.filter(({ trialId }) => {
        const trial = records.trial(trialId);
        return trial && !isFinished(trial.state);
      });
      return [...timely, ...(write?.(records) ?? [])];
    });
    this.#pending = [];
  }

  /** Nobody waits for this one, so a failure stays with what is pending, and the next `flush` meets and throws it. */
  #flushSilently(): void {
    try {
      this.flush();
    } catch {
      // still pending
    }
  }
}
