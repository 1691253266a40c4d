/** Inputs for the comparison with scikit-learn. sklearn_fixture.py makes the same ones: change both or neither. */

/** The generator of Numerical Recipes (1992): state' = 1664525 state + 1013904223 modulo 2 ** 32; 24 bits are used. */
export function createDraw(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  for (let i = 0; i < 3; i++) next(); // neighbouring seeds start alike
  return (limit) => next() % limit;
}

export interface Case {
  readonly numClasses: number;
  readonly labels: readonly number[];
  readonly predictions: readonly number[];
  /** Whole numbers from which the probabilities come; few different ones in every second case, so that scores tie. */
  readonly weights: readonly number[];
  /** Each row's weights divided by their sum. */
  readonly probabilities: readonly number[];
}

/** Case 0 to 999. By index modulo 5: even, imbalanced, the upper classes missing, a single class, nearly all right. */
export function makeCase(index: number): Case {
  const draw = createDraw(index);
  const numClasses = 2 + draw(9);
  const count = index % 49 === 0 ? 400 : 1 + draw(60);
  const kind = index % 5;
  const levels = index % 2 === 0 ? 4 : 1000;
  const single = draw(numClasses);
  const labels: number[] = [];
  const predictions: number[] = [];
  const weights: number[] = [];
  const probabilities: number[] = [];
  for (let i = 0; i < count; i++) {
    const label = [
      () => draw(numClasses),
      () => draw(draw(numClasses) + 1),
      () => draw((numClasses + 1) >> 1),
      () => single,
      () => draw(numClasses),
    ][kind]();
    labels.push(label);
    const guess = draw(numClasses);
    predictions.push(draw(kind === 4 ? 20 : 2) > 0 ? label : guess);
    const row = Array.from({ length: numClasses }, () => draw(levels));
    row[label] += draw(levels);
    if (!row.some((weight) => weight > 0)) row[0] = 1;
    const sum = row.reduce((total, weight) => total + weight, 0);
    weights.push(...row);
    probabilities.push(...row.map((weight) => weight / sum));
  }
  return { numClasses, labels, predictions, weights, probabilities };
}
