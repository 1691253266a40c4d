import { strict as assert } from 'node:assert';
import { createRandom } from '../../lib/random';
import { createStudy, parameterImportances, randomSampler, type Study, type Trial } from '../../lib/tuning';
import { growForest } from '../../lib/tuning/forest';

async function searched(objective: (trial: Trial) => number, trials = 200): Promise<Study> {
  const study = createStudy({ sampler: randomSampler() });
  await study.optimize(objective, { trials });
  return study;
}

function asMap(study: Study): Record<string, number> {
  return Object.fromEntries(parameterImportances(study).map(({ name, importance }) => [name, importance]));
}

describe('parameter importances', () => {
  it('are the shares of the variance of a sum', async () => {
    // variances 9 / 12, 1 / 12 and, of 0 or 1.5, 9 / 16: of 1.396 together 54, 6 and 40 percent
    const study = await searched((trial) => {
      const a = trial.suggestFloat('a', { low: 0, high: 1 });
      const b = trial.suggestFloat('b', { low: 10, high: 20 });
      const c = trial.suggestCategorical('c', ['x', 'y']);
      trial.suggestFloat('single', { low: 3, high: 3 });
      return 3 * a + b / 10 + (c === 'x' ? 1.5 : 0);
    }, 300);
    const shares = asMap(study);
    for (const [name, expected] of Object.entries({ a: 0.537, b: 0.06, c: 0.403, single: 0 })) {
      assert.ok(Math.abs(shares[name] - expected) < 0.05, `${name}: ${shares[name]}, expected ${expected}`);
    }
    assert.deepEqual(
      parameterImportances(study).map(({ name }) => name),
      ['a', 'c', 'b', 'single'],
    );
    assert.ok(Math.abs(Object.values(shares).reduce((sum, share) => sum + share) - 1) < 1e-12);
  });

  it('treat choices as values of one parameter', async () => {
    const study = await searched((trial) => {
      const c = trial.suggestCategorical('c', ['a', 'b', 'c', 'd', 'e']);
      const x = trial.suggestInt('x', { low: 0, high: 1 });
      return c === 'd' ? 5 + x : x;
    });
    // 25 * 0.2 * 0.8 = 4 against 1 / 4
    const { c } = asMap(study);
    assert.ok(Math.abs(c - 4 / 4.25) < 0.03, `${c}`);
  });

  it('are the same for the same seed', async () => {
    const study = await searched(
      (trial) => trial.suggestFloat('a', { low: 0, high: 1 }) * trial.suggestInt('b', { low: 1, high: 9 }),
      30,
    );
    assert.deepEqual(parameterImportances(study), parameterImportances(study));
    assert.notDeepEqual(parameterImportances(study), parameterImportances(study, { seed: 2 }));
  });

  it('leave out parameters that only some trials have, and trials without a value', async () => {
    const study = await searched((trial) => {
      if (trial.number === 5) throw new Error('broken');
      const a = trial.suggestFloat('a', { low: 0, high: 1 });
      return a > 0.5 ? trial.suggestFloat('b', { low: 0, high: 1 }) : a;
    }, 30);
    assert.deepEqual(asMap(study), { a: 1 });
  });

  it('are none without trials, and equal where nothing matters', async () => {
    assert.deepEqual(parameterImportances(createStudy()), []);
    const constant = await searched((trial) => {
      trial.suggestFloat('a', { low: 0, high: 1 });
      trial.suggestFloat('b', { low: 0, high: 1 });
      return 7;
    }, 5);
    assert.deepEqual(asMap(constant), { a: 0.5, b: 0.5 });
  });
});

describe('a random forest', () => {
  it('cuts the space where the values change, and covers all of it', () => {
    const columns = [Float64Array.of(0, 1, 2, 3), Float64Array.of(5, 5, 5, 5)];
    const bounds = [
      { from: 0, to: 4 },
      { from: 0, to: 9 },
    ];
    const trees = growForest(Float64Array.of(1, 1, 8, 8), {
      columns,
      bounds,
      trees: 20,
      random: createRandom(1),
    });
    for (const leaves of trees) {
      const sides = leaves.map(({ sides: [side] }) => side).sort((a, b) => a.from - b.from);
      assert.equal(sides[0].from, 0);
      assert.equal(sides[sides.length - 1].to, 4);
      for (let i = 1; i < sides.length; i++) assert.equal(sides[i].from, sides[i - 1].to);
      for (const leaf of leaves) assert.deepEqual(leaf.sides[1], bounds[1]);
      assert.ok(leaves.every(({ value }) => value === 1 || value === 8));
    }
    assert.ok(
      trees.some((leaves) => leaves.length === 2 && leaves.some(({ sides: [side] }) => side.to === 1.5)),
    );
  });
});
