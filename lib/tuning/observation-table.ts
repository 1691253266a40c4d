import type { Observations } from './parzen';
import type { TrialRecord } from './records';

/** A trial and the inner values of its parameters; a running one may have some that it did not ask for yet. */
export interface Row {
  readonly trial: TrialRecord;
  readonly values: readonly number[];
}

/**
 * The inner values of finished trials that have all of some parameters, kept sorted, so that a draw after 10,000 trials
 * need not sort them. Rows stay where they came; flat arrays, because a walk over objects in sorted order would wait for
 * memory at each.
 */
export class ObservationTable {
  readonly #rows = new Map<TrialRecord, number>();
  readonly #byNumber = new SortedRows();
  readonly #byValue: readonly SortedRows[];
  /** For each row, while a split is made: which half, and where in it. */
  #isGood = new Uint8Array(0);
  #places = new Uint32Array(0);

  constructor(readonly names: readonly string[]) {
    this.#byValue = names.map(() => new SortedRows());
  }

  /** Takes in a trial, unless it lacks one of the parameters. */
  add(trial: TrialRecord): void {
    const row = makeRow(trial, this.names, trial.inner);
    if (row) this.#insert(row);
  }

  /** The good trials and the rest, oldest first; `extra` ones, which are not in the table, belong to the rest. */
  split(
    good: Iterable<TrialRecord>,
    extra: readonly Row[] = [],
  ): { readonly good: Observations; readonly rest: Observations } {
    for (const row of extra) this.#insert(row);
    const count = this.#rows.size;
    if (this.#places.length < count) {
      this.#isGood = new Uint8Array(2 * count);
      this.#places = new Uint32Array(2 * count);
    }
    this.#isGood.fill(0);
    for (const trial of good) {
      const row = this.#rows.get(trial);
      if (row !== undefined) this.#isGood[row] = 1;
    }
    const counts = [0, 0];
    for (const row of this.#byNumber.rows) this.#places[row] = counts[this.#isGood[row]]++;
    const halves = { good: this.#half(1, counts[1]), rest: this.#half(0, counts[0]) };
    for (const row of [...extra].reverse()) this.#remove(row);
    return halves;
  }

  #half(which: 0 | 1, count: number): Observations {
    const columns = this.names.map(() => new Float64Array(count));
    const orders = this.names.map(() => new Uint32Array(count));
    this.#byValue.forEach(({ rows, keys }, i) => {
      let next = 0;
      for (const row of rows) {
        if (this.#isGood[row] !== which) continue;
        orders[i][next++] = this.#places[row];
        columns[i][this.#places[row]] = keys[row];
      }
    });
    return { count, columns, orders };
  }

  #insert({ trial, values }: Row): void {
    this.#rows.set(trial, this.#rows.size);
    this.#byNumber.push(trial.number);
    this.#byValue.forEach((sorted, i) => {
      sorted.push(values[i]);
    });
  }

  /** Only the last one can go. */
  #remove({ trial }: Row): void {
    this.#rows.delete(trial);
    for (const sorted of [this.#byNumber, ...this.#byValue]) sorted.pop();
  }
}

/** Rows 0, 1, 2, ... in the order of a key each has. */
class SortedRows {
  #count = 0;
  #keys = new Float64Array(64);
  #sorted = new Uint32Array(64);

  /** From the lowest to the highest key; of equals the earlier row first. */
  get rows(): Uint32Array {
    return this.#sorted.subarray(0, this.#count);
  }

  get keys(): Float64Array {
    return this.#keys.subarray(0, this.#count);
  }

  push(key: number): void {
    if (this.#count === this.#keys.length) {
      this.#keys = grown(this.#keys, new Float64Array(2 * this.#count));
      this.#sorted = grown(this.#sorted, new Uint32Array(2 * this.#count));
    }
    let [low, high] = [0, this.#count];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#keys[this.#sorted[middle]] <= key) low = middle + 1;
      else high = middle;
    }
    this.#sorted.copyWithin(low + 1, low, this.#count);
    this.#sorted[low] = this.#count;
    this.#keys[this.#count++] = key;
  }

  pop(): void {
    const place = this.rows.indexOf(this.#count - 1);
    this.#sorted.copyWithin(place, place + 1, this.#count);
    this.#count--;
  }
}

function grown<T extends Float64Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}

/** The trial's row; undefined where it lacks a parameter. */
export function makeRow(
  trial: TrialRecord,
  names: readonly string[],
  inner: ReadonlyMap<string, number>,
): Row | undefined {
  const values = names.flatMap((name) => inner.get(name) ?? []);
  return values.length === names.length ? { trial, values } : undefined;
}
