import assert from 'node:assert/strict';
import { minimize, type Objective } from '../../lib/transfer/lbfgs';
import { assertClose } from '../models/checks';

/** A valley with a bend; least, 0, at (1, 1). Rosenbrock, 1960. */
const banana: Objective = ([x, y], gradient) => {
  gradient.set([2 * (x - 1) - 400 * x * (y - x * x), 200 * (y - x * x)]);
  return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
};

/** A bowl a million times as steep in one direction as in the other; least, 5, at (3, -2). */
const steepBowl: Objective = ([x, y], gradient) => {
  gradient.set([2 * (x - 3), 2e6 * (y + 2)]);
  return 5 + (x - 3) ** 2 + 1e6 * (y + 2) ** 2;
};

describe('minimize', () => {
  it('finds the bottom of a bowl, however steep in one direction', () => {
    const { x, value, iterations } = minimize(steepBowl, Float64Array.of(0, 0));
    assertClose(x, [3, -2], 1e-5);
    assertClose([value], [5], 1e-9);
    assert.ok(iterations < 30, `${iterations} iterations`);
  });

  it('follows a valley with a bend', () => {
    const { x, iterations } = minimize(banana, Float64Array.of(-1.2, 1), { tolerance: 1e-8 });
    assertClose(x, [1, 1], 1e-7);
    assert.ok(iterations < 60, `${iterations} iterations`);
  });

  it('ends at once where there is nothing to gain, and leaves the start as it is', () => {
    const start = Float64Array.of(3, -2);
    const { x, iterations } = minimize(steepBowl, start);
    assert.equal(iterations, 0);
    assert.notEqual(x, start);
    minimize(steepBowl, Float64Array.of(0, 0));
    assert.deepEqual([...start], [3, -2]);
  });

  it('does no more iterations than it may', () => {
    const { x, iterations } = minimize(banana, Float64Array.of(-1.2, 1), { maxIterations: 3 });
    assert.equal(iterations, 3);
    assert.ok(Math.abs(x[0] - 1) > 0.1);
  });
});
