import { type Distribution, sameDistribution } from './distributions';
import { lastReport } from './frozen-trial';
import { ObservationTable } from './observation-table';
import type { StudyRecord, TrialRecord } from './records';

/**
 * What TPE needs of a study's complete and pruned trials, kept up to date trial by trial: their order from good to bad,
 * the parameters that all of them have, and tables of their values.
 */
export class TpeHistory {
  readonly #ranked: Ranked[] = [];
  readonly #tables = new Map<string, ObservationTable>();
  readonly #usable: TrialRecord[] = [];
  #taken = 0;
  #common: ReadonlyMap<string, Distribution> | undefined;

  /** How many trials count. */
  get count(): number {
    return this.#usable.length;
  }

  /** The parameters that all trials had, with the same distribution. */
  get common(): ReadonlyMap<string, Distribution> {
    return this.#common ?? new Map();
  }

  /** Takes in the trials that finished since. */
  update(study: StudyRecord): void {
    for (; this.#taken < study.finished.length; this.#taken++) {
      const trial = study.finished[this.#taken];
      if (trial.state === 'fail') continue;
      this.#usable.push(trial);
      insert(this.#ranked, rank(study, trial), compareRanks);
      this.#intersect(trial);
      for (const table of this.#tables.values()) table.add(trial);
    }
  }

  /** The best `count` trials. */
  best(count: number): ReadonlySet<TrialRecord> {
    return new Set(this.#ranked.slice(0, count).map(({ trial }) => trial));
  }

  /** The trials that have all of these parameters. */
  table(names: readonly string[]): ObservationTable {
    const key = JSON.stringify(names);
    let table = this.#tables.get(key);
    if (!table) {
      table = new ObservationTable(names);
      for (const trial of this.#usable) table.add(trial);
      this.#tables.set(key, table);
    }
    return table;
  }

  #intersect({ distributions }: TrialRecord): void {
    const kept = Object.entries(distributions).filter(([name, distribution]) => {
      const common = this.#common?.get(name);
      return !this.#common || (common && sameDistribution(common, distribution));
    });
    if (!this.#common || kept.length < this.#common.size) this.#common = new Map(kept);
  }
}

interface Ranked {
  readonly trial: TrialRecord;
  /** Compared one after the other; smaller is better. */
  readonly keys: readonly number[];
}

/**
 * Complete trials by value, then pruned ones: who came further is better, then who reported less; without a report last.
 * As Optuna orders them.
 */
function rank({ direction }: StudyRecord, trial: TrialRecord): Ranked {
  const sign = direction === 'maximize' ? -1 : 1;
  if (trial.state === 'complete') return { trial, keys: [0, sign * (trial.value ?? 0), 0, trial.number] };
  const last = lastReport(trial);
  if (!last) return { trial, keys: [1, 1, 0, trial.number] };
  const value = Number.isNaN(last.value) ? Number.POSITIVE_INFINITY : sign * last.value;
  return { trial, keys: [1, -last.step, value, trial.number] };
}

function compareRanks(a: Ranked, b: Ranked): number {
  for (let i = 0; i < a.keys.length; i++) {
    if (a.keys[i] !== b.keys[i]) return a.keys[i] < b.keys[i] ? -1 : 1;
  }
  return 0;
}

/** Puts the item at its place in a sorted list; behind its equals. */
function insert<T>(sorted: T[], item: T, compare: (a: T, b: T) => number): void {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle], item) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, item);
}
