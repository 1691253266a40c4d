import { AssertionError } from 'node:assert/strict';

/** Numbers in a row, however they are kept. */
export type Numbers = ArrayLike<number>;

/** Fails unless both have the same length and each pair differs by at most `tolerance`; names the first that does not. */
export function assertClose(actual: Numbers, expected: Numbers, { tolerance = 1e-6 } = {}): void {
  const fail = (message: string) => {
    throw new AssertionError({ message, actual, expected, operator: 'assertClose' });
  };
  if (actual.length !== expected.length) fail(`expected ${expected.length} numbers, got ${actual.length}`);
  for (let i = 0; i < expected.length; i++) {
    if (Object.is(actual[i], expected[i]) || Math.abs(actual[i] - expected[i]) <= tolerance) continue;
    fail(`at index ${i}: expected ${expected[i]} (give or take ${tolerance}), got ${actual[i]}`);
  }
}

/** Fails unless a tensor, or its shape, has the expected shape. */
export function assertShape(
  actual: { readonly shape: readonly number[] } | readonly number[],
  expected: readonly number[],
): void {
  const shape = 'shape' in actual ? actual.shape : actual;
  if (shape.length === expected.length && shape.every((size, i) => size === expected[i])) return;
  const message = `expected the shape [${expected.join(', ')}], got [${shape.join(', ')}]`;
  throw new AssertionError({ message, actual: shape, expected, operator: 'assertShape' });
}
