/** Keeps the few highest of any number of values, of equal ones those that came first. */
export class Top<T> {
  readonly #limit: number;
  readonly #entries: { readonly score: number; readonly value: T }[] = []; // falling, at most #limit

  constructor(limit: number) {
    if (!(Number.isInteger(limit) && limit >= 0)) {
      throw new RangeError(`expected a whole number of values to keep, got ${limit}`);
    }
    this.#limit = limit;
  }

  add(value: T, score: number): void {
    const entries = this.#entries;
    if (entries.length === this.#limit && !(this.#limit > 0 && score > entries[this.#limit - 1].score))
      return;
    let place = entries.length;
    while (place > 0 && score > entries[place - 1].score) place--;
    entries.splice(place, 0, { score, value });
    if (entries.length > this.#limit) entries.pop();
  }

  /** The highest first. */
  get values(): T[] {
    return this.#entries.map(({ value }) => value);
  }
}
