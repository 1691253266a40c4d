import assert from 'node:assert/strict';
import { bootstrapInterval, mcnemarTest, pick, wilsonInterval } from '../../lib/evaluation/intervals';
import { accuracy } from '../../lib/evaluation/metrics';
import { normalReach, normalTail } from '../../lib/evaluation/normal';

function near(actual: number, expected: number, tolerance = 1e-12): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `expected ${expected}, got ${actual}`);
}

describe('the normal distribution', () => {
  it('has the tails and reaches of the tables', () => {
    assert.equal(normalTail(0), 0.5);
    near(normalTail(1), 0.15865525393145707);
    near(normalTail(-1), 1 - 0.15865525393145707);
    near(normalTail(6) / 9.865876450376946e-10, 1); // scipy.stats.norm.sf(6)
    near(normalTail(2.5), normalTail(2.5 + 1e-13), 1e-13); // where the two formulas meet
    near(normalReach(0.95), 1.959963984540054);
  });
});

describe('wilsonInterval', () => {
  it('is the interval of the textbook', () => {
    // z = 2: centre (0.5 + 4 / 8) / 2, reach sqrt(4 * 0.25 / 4 + (4 / 8) ** 2) / 2
    const { low, high } = wilsonInterval(2, 4, { level: 1 - 2 * normalTail(2) });
    near(low, 0.5 - Math.sqrt(0.5) / 2);
    near(high, 0.5 + Math.sqrt(0.5) / 2);
  });

  it('says something where all are right, and stays within 0 and 1', () => {
    const { low, high } = wilsonInterval(10, 10);
    assert.equal(high, 1);
    assert.ok(low > 0.7 && low < 0.75);
    assert.equal(wilsonInterval(0, 10).low, 0);
    assert.throws(() => wilsonInterval(3, 2), RangeError);
  });
});

describe('bootstrapInterval', () => {
  const labels = Array.from({ length: 400 }, () => 1);
  const predictions = labels.map((_, i) => (i % 5 === 0 ? 0 : 1)); // 80% right
  const metric = (indices: Uint32Array) => accuracy(pick(labels, indices), pick(predictions, indices));

  it('agrees with Wilson about an accuracy', () => {
    const { estimate, low, high } = bootstrapInterval(400, { metric });
    assert.equal(estimate, 0.8);
    const wilson = wilsonInterval(320, 400);
    near(low, wilson.low, 0.01);
    near(high, wilson.high, 0.01);
  });

  it('gives the same for the same seed, a narrower one for a lower level', () => {
    const of = (seed: number, level?: number) =>
      bootstrapInterval(400, { metric, seed, level, resamples: 200 });
    assert.deepEqual(of(3), of(3));
    assert.notDeepEqual(of(3), of(4));
    assert.ok(of(3, 0.5).high - of(3, 0.5).low < of(3).high - of(3).low);
  });

  it('cuts between values as numpy.percentile does', () => {
    // Values 0 to 4 in any order: numpy.percentile([0, 1, 2, 3, 4], [12.5, 87.5]) is [0.5, 3.5].
    const values = [9, 3, 0, 4, 1, 2];
    let call = 0;
    const { estimate, low, high } = bootstrapInterval(1, {
      metric: () => values[call++],
      resamples: 5,
      level: 0.75,
    });
    assert.deepEqual([estimate, low, high], [9, 0.5, 3.5]);
  });

  it('refuses a metric that gives NaN', () => {
    assert.throws(() => bootstrapInterval(2, { metric: () => Number.NaN }), /got NaN/);
  });
});

describe('mcnemarTest', () => {
  /** The models' predictions where so many are right by the first alone, by the second alone, and by both. */
  function predictionsOf(firstOnly: number, secondOnly: number, both = 3) {
    const labels = new Array<number>(firstOnly + secondOnly + both).fill(1);
    const first = labels.map((_, i) => (i < firstOnly || i >= firstOnly + secondOnly ? 1 : 0));
    const second = labels.map((_, i) => (i >= firstOnly ? 1 : 0));
    return { labels, first, second };
  }
  const test = (firstOnly: number, secondOnly: number) => {
    const { labels, ...models } = predictionsOf(firstOnly, secondOnly);
    return mcnemarTest(labels, models);
  };

  it('sums the binomial distribution for few', () => {
    // At most 1 head of 5: (1 + 5) / 32, twice.
    assert.deepEqual(test(4, 1), { firstOnly: 4, secondOnly: 1, method: 'exact binomial', pValue: 12 / 32 });
    assert.equal(test(2, 2).pValue, 1);
    assert.equal(test(0, 0).pValue, 1);
  });

  it('takes chi-squared with a correction for many', () => {
    const { method, pValue } = test(30, 10);
    assert.equal(method, 'chi-squared');
    near(pValue, 0.002663119259, 1e-11); // scipy.stats.chi2.sf(19 ** 2 / 40, 1)
    assert.equal(test(20, 20).pValue, 1);
    assert.equal(test(13, 12).method, 'exact binomial');
    assert.equal(test(13, 13).method, 'chi-squared');
  });
});
