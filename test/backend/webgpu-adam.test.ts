import assert from 'node:assert/strict';
import { runApart, softwareDriver } from './apart';

interface Steps {
  readonly counts: readonly { dispatches: number; numTensors: number }[];
  readonly names: readonly string[];
  readonly values: readonly number[][];
}

// TensorFlow.js holds 0.999^t in 32 bits, of which 1 - 0.999 keeps five digits; ours keeps all. At a learning rate of
// 0.1 a step may differ by 1e-6, and the five steps by 5e-6 in all.
const tolerance = 1e-5;

describe('Adam on webgpu', () => {
  it(`takes the same steps in 3 dispatches a variable${softwareDriver.missing}`, async function () {
    if (!softwareDriver.env) return this.skip();
    const expected = await runApart<Steps>('adam-apart.ts', { COURSE_BACKEND: 'cpu' });
    const found = await runApart<Steps>('adam-apart.ts', { COURSE_BACKEND: 'webgpu', ...softwareDriver.env });
    const [first, ...later] = found.counts;
    assert.equal(first.dispatches, 4 + 6, 'four moments of zeros, and 3 dispatches for each of 2 variables');
    assert.deepEqual(
      later.map(({ dispatches }) => dispatches),
      [6, 6, 6, 0],
    );
    assert.deepEqual(
      found.counts.map(({ numTensors }) => numTensors),
      expected.counts.map(({ numTensors }) => numTensors),
      'leaks',
    );
    assert.deepEqual(found.names, expected.names);
    for (const [i, values] of expected.values.entries()) {
      assert.equal(found.values[i].length, values.length);
      const difference = Math.max(...values.map((value, j) => Math.abs(found.values[i][j] - value)));
      assert.ok(difference <= tolerance, `${found.names[i - 2] ?? 'a variable'} differs by ${difference}`);
    }
  });
});
