/** A function to be minimized: its value at `x`, and its gradient written to `gradient`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

export interface LbfgsOptions {
  /** Default 200. */
  readonly maxIterations?: number;
  /** Ends when no number of the gradient is further from 0; default 1e-5. */
  readonly tolerance?: number;
  /** How many of the last steps the curvature is guessed from; default 10. */
  readonly memory?: number;
}

/**
 * The place near `start` where a smooth `objective` is least, and its value there: L-BFGS, which guesses from the last
 * steps how the gradient changes, so that it needs no learning rate. Nocedal and Wright, Numerical Optimization (2006),
 * algorithms 7.4 and 3.1. `start` stays as it is. For a convex objective the least value is the only one.
 */
export function minimize(
  objective: Objective,
  start: Float64Array,
  { maxIterations = 200, tolerance = 1e-5, memory = 10 }: LbfgsOptions = {},
): { x: Float64Array; value: number; iterations: number } {
  let x = Float64Array.from(start);
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const pairs: Pair[] = [];
  let iterations = 0;
  for (; iterations < maxIterations && largest(gradient) > tolerance; iterations++) {
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    // Before anything is known of the curvature, a step of length 1 at most.
    let step = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = x;
    let nextValue = value;
    const nextGradient = new Float64Array(x.length);
    for (; ; step /= 2) {
      if (step < 1e-10) return { x, value, iterations }; // as low as rounding lets it go
      next = x.map((each, i) => each + step * direction[i]);
      nextValue = objective(next, nextGradient);
      if (nextValue <= value + 1e-4 * step * slope) break;
    }
    remember(pairs, { moved: difference(next, x), turned: difference(nextGradient, gradient) }, memory);
    [x, value, gradient] = [next, nextValue, nextGradient];
  }
  return { x, value, iterations };
}

/** A step and the change of the gradient that it brought. */
interface Pair {
  readonly moved: Float64Array;
  readonly turned: Float64Array;
}

function remember(pairs: Pair[], pair: Pair, memory: number): void {
  if (dot(pair.moved, pair.turned) <= 1e-12) return; // says nothing of a curvature above 0
  pairs.push(pair);
  if (pairs.length > memory) pairs.shift();
}

/** The gradient, multiplied by the guess of the inverse curvature, downhill. */
function descent(gradient: Float64Array, pairs: readonly Pair[]): Float64Array {
  const direction = gradient.map((each) => -each);
  const factors: number[] = [];
  for (const { moved, turned } of [...pairs].reverse()) {
    const factor = dot(moved, direction) / dot(moved, turned);
    factors.push(factor);
    addTo(direction, turned, -factor);
  }
  const last = pairs[pairs.length - 1];
  const scale = last ? dot(last.moved, last.turned) / dot(last.turned, last.turned) : 1;
  for (let i = 0; i < direction.length; i++) direction[i] *= scale;
  for (const { moved, turned } of pairs) {
    const factor = factors.pop() as number;
    addTo(direction, moved, factor - dot(turned, direction) / dot(moved, turned));
  }
  return direction;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function addTo(target: Float64Array, other: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i] += factor * other[i];
}

function difference(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((each, i) => each - b[i]);
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
