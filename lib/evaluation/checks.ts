/** Numbers side by side: a plain array or a typed one. */
export type Numbers = ArrayLike<number>;

/** Checks that labels and predictions, or scores, are as many as each other and at least one; throws a RangeError. */
export function checkSameLength(labels: ArrayLike<unknown>, others: ArrayLike<unknown>, what: string): void {
  if (labels.length === 0) throw new RangeError('labels: expected at least one, got none');
  if (labels.length !== others.length) {
    throw new RangeError(`${what}: expected one for each of ${labels.length} labels, got ${others.length}`);
  }
}

/** Checks that every value is a whole number of 0 to numClasses - 1; throws a RangeError. */
export function checkClasses(values: Numbers, numClasses: number, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!(Number.isInteger(values[i]) && values[i] >= 0 && values[i] < numClasses)) {
      throw new RangeError(`${what}[${i}]: expected a class of 0 to ${numClasses - 1}, got ${values[i]}`);
    }
  }
}

/** Checks labels, [count], and finite scores, row-major [count, numClasses]; throws a RangeError. */
export function checkScores(labels: Numbers, scores: Numbers, numClasses: number, what: string): void {
  if (labels.length === 0) throw new RangeError('labels: expected at least one, got none');
  checkClasses(labels, numClasses, 'labels');
  if (scores.length !== labels.length * numClasses) {
    throw new RangeError(
      `${what}: expected ${labels.length} x ${numClasses} = ${labels.length * numClasses}, got ${scores.length}`,
    );
  }
  checkFinite(scores, what);
}

/** Checks that no value is NaN or infinite; throws a RangeError. */
export function checkFinite(values: Numbers, what: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) {
      throw new RangeError(`${what}[${i}]: expected a finite number, got ${values[i]}`);
    }
  }
}
