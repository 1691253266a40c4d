import assert from 'node:assert/strict';
import { areaUnder, averagePrecision, precisionRecallCurve, rocCurve } from '../../lib/evaluation/curves';
import { ScoreHistogram } from '../../lib/evaluation/score-histogram';
import { createRandom } from '../../lib/random';

/** Probabilities as a network gives them: most near 0 or 1; `levels` of them, so that some tie. */
function scored(count: number, { seed, levels }: { seed: number; levels: number }) {
  const random = createRandom(seed);
  const isPositive = Array.from({ length: count }, () => random.integer(3) === 0);
  const probabilities = isPositive.map((positive) => {
    const logOdds = 4 * random.normal() + (positive ? 3 : -3);
    return 1 / (1 + Math.exp(-Math.round(logOdds * levels) / levels));
  });
  return { isPositive, probabilities };
}

describe('ScoreHistogram', () => {
  it('has the curves of the scores themselves where no two different ones share a bin', () => {
    const isPositive = [true, false, true, false, false];
    const probabilities = [0.9, 0.7, 0.5, 0.5, 0.01];
    const histogram = new ScoreHistogram().add(isPositive, probabilities);
    const roc = rocCurve(isPositive, probabilities);
    assert.deepEqual(histogram.rocCurve.truePositiveRates, roc.truePositiveRates);
    assert.deepEqual(histogram.rocCurve.falsePositiveRates, roc.falsePositiveRates);
    const pr = precisionRecallCurve(isPositive, probabilities);
    assert.deepEqual(histogram.precisionRecallCurve.precisions, pr.precisions);
    assert.deepEqual(histogram.precisionRecallCurve.recalls, pr.recalls);
    // Above the second positive stand one negative whole and one half: (3 + 1.5) / 6.
    assert.equal(histogram.rocAuc.value, 0.75);
    for (const [i, threshold] of histogram.rocCurve.thresholds.slice(1).entries()) {
      assert.ok(threshold <= roc.thresholds[i + 1] && threshold > roc.thresholds[i + 1] - 0.01);
    }
  });

  it('bounds both areas, the more narrowly the more bins there are', () => {
    for (let seed = 0; seed < 40; seed++) {
      const { isPositive, probabilities } = scored(200, { seed, levels: seed % 2 === 0 ? 2 : 1000 });
      const { falsePositiveRates, truePositiveRates } = rocCurve(isPositive, probabilities);
      const exact = {
        rocAuc: areaUnder(falsePositiveRates, truePositiveRates),
        averagePrecision: averagePrecision(isPositive, probabilities),
      };
      for (const area of ['rocAuc', 'averagePrecision'] as const) {
        const [few, many] = [8, 2048].map(
          (numBins) => new ScoreHistogram({ numBins }).add(isPositive, probabilities)[area],
        );
        for (const { value, low, high } of [few, many]) {
          assert.ok(low <= exact[area] + 1e-12 && exact[area] <= high + 1e-12, `${seed} ${area}`);
          assert.ok(low <= value + 1e-12 && value <= high + 1e-12);
        }
        assert.ok(few.high - few.low > many.high - many.low);
        assert.ok(Math.abs(many.value - exact[area]) < 0.002);
      }
    }
  });

  it('keeps apart what lies near 0 and near 1, and takes both ends', () => {
    const probabilities = [0, 1e-8, 1e-7, 1 - 1e-6, 1 - 1e-7, 1];
    const histogram = new ScoreHistogram().add([0, 0, 0, 1, 1, 1], probabilities);
    assert.equal(histogram.rocCurve.thresholds.length, 1 + 6);
    assert.deepEqual(histogram.rocAuc, { value: 1, low: 1, high: 1 });
  });

  it('has no area under the ROC curve without positives or without negatives', () => {
    assert.ok(Number.isNaN(new ScoreHistogram().add([0, 0], [0.5, 0.1]).rocAuc.value));
    assert.ok(Number.isNaN(new ScoreHistogram().add([1], [0.5]).rocAuc.low));
    assert.equal(new ScoreHistogram().add([0, 0], [0.5, 0.1]).averagePrecision.value, 0);
  });
});
