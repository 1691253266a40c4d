import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  brierScore,
  expectedCalibrationError,
  maximumCalibrationError,
  reliabilityBins,
} from '../../lib/evaluation/calibration';
import { confusionMatrix, normalizeConfusion } from '../../lib/evaluation/confusion';
import {
  areaUnder,
  averagePrecision,
  column,
  oneVsRestRocAuc,
  precisionRecallCurve,
  rocCurve,
} from '../../lib/evaluation/curves';
import { mcnemarTest, wilsonInterval } from '../../lib/evaluation/intervals';
import {
  accuracy,
  balancedAccuracy,
  cohenKappa,
  logLoss,
  matthewsCorrelation,
  precisionRecallF1,
  topKAccuracy,
  type ZeroDivision,
} from '../../lib/evaluation/metrics';
import { classificationReport } from '../../lib/evaluation/report';
import { fitTemperature } from '../../lib/evaluation/temperature';
import { createDraw, makeCase } from './cases';

/** What sklearn_fixture.py writes; -9 stands for NaN. */
interface Fixture {
  /** One list a metric, one value a case. */
  readonly values: Readonly<Record<string, readonly number[]>>;
  /** One value for each class of each case. */
  readonly perClass: Readonly<Record<'precision' | 'recall' | 'f1' | 'support', readonly number[]>>;
  readonly confusion: readonly Readonly<
    { case: number } & Record<'counts' | 'true' | 'predicted' | 'all', readonly number[]>
  >[];
  readonly curves: readonly ({ readonly case: number } & Readonly<Record<string, readonly number[]>>)[];
  readonly reports: readonly {
    readonly case: number;
    readonly digits: number;
    readonly zeroDivision: string;
    readonly text: string;
  }[];
  readonly temperatures: readonly { readonly case: number; readonly temperature: number }[];
  readonly wilson: readonly (readonly [number, number, number, number, number])[];
  readonly mcnemar: readonly (readonly [number, number, number])[];
}

const fixture: Fixture = JSON.parse(readFileSync(join(__dirname, 'sklearn.json'), 'utf8'));
const cases = Array.from({ length: 1000 }, (_, index) => makeCase(index));

function near(actual: number, expected: number, what: string): void {
  const same = expected === -9 ? Number.isNaN(actual) : Math.abs(actual - expected) <= 1e-12;
  assert.ok(same, `${what}: expected ${expected === -9 ? NaN : expected}, got ${actual}`);
}

function allNear(actual: ArrayLike<number>, expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((value, i) => {
    near(actual[i], value, `${what}[${i}]`);
  });
}

describe('1000 sets of labels, predictions and probabilities, against scikit-learn to 1e-12', () => {
  /** Compares one metric, or several by name, of every case. */
  function compare(
    metricsOf: (one: (typeof cases)[number], index: number) => Readonly<Record<string, number>>,
  ): void {
    cases.forEach((one, index) => {
      for (const [name, value] of Object.entries(metricsOf(one, index))) {
        near(value, fixture.values[name][index], `case ${index}, ${name}`);
      }
    });
  }

  it('includes missing classes, single classes, ties and undefined values', () => {
    assert.ok(
      cases.some(({ labels, numClasses }) => new Set(labels).size < numClasses && labels.length === 400),
    );
    assert.ok(cases.some(({ labels }) => new Set(labels).size === 1 && labels.length > 50));
    assert.ok(cases.some(({ weights }) => weights.length > 100 && new Set(weights).size < 8));
    for (const name of ['rocAucMacro', 'cohenKappa', 'macro precision, nan']) {
      const defined = fixture.values[name].filter((value) => value !== -9).length;
      assert.ok(defined > 100, `${name}: ${defined}`);
    }
    assert.ok(fixture.values.rocAucMacro.includes(-9) && fixture.values.cohenKappa.includes(-9));
  });

  it('accuracy, balanced accuracy, kappa and Matthews correlation', () => {
    compare(({ labels, predictions, numClasses }) => {
      const matrix = confusionMatrix(labels, predictions, { numClasses });
      return {
        accuracy: accuracy(labels, predictions),
        balancedAccuracy: balancedAccuracy(matrix),
        cohenKappa: cohenKappa(matrix),
        matthewsCorrelation: matthewsCorrelation(matrix),
      };
    });
  });

  it('top 1, 2 and 3 accuracy; two classes scikit-learn takes in another form', () => {
    compare(({ labels, probabilities, numClasses }): Record<string, number> => {
      if (numClasses === 2) return {};
      const top = (k: number) => topKAccuracy(labels, probabilities, { k, numClasses });
      return { top1: top(1), top2: top(2), top3: top(3) };
    });
  });

  it('log loss and Brier score', () => {
    compare(({ labels, probabilities, numClasses }) => ({
      logLoss: logLoss(labels, probabilities, { numClasses }),
      brierScore: brierScore(labels, probabilities, { numClasses }),
    }));
  });

  it('calibration errors, from ten bins', () => {
    compare(({ labels, probabilities, numClasses }) => {
      const bins = reliabilityBins(labels, probabilities, { numClasses, numBins: 10 });
      return {
        expectedCalibrationError: expectedCalibrationError(bins),
        maximumCalibrationError: maximumCalibrationError(bins),
      };
    });
  });

  it('ROC AUC and average precision', () => {
    compare(({ labels, probabilities, numClasses }) => {
      const { perClass, macro, weighted } = oneVsRestRocAuc(labels, probabilities, { numClasses });
      return {
        rocAucMacro: macro,
        rocAucWeighted: weighted,
        rocAucOfFirst: perClass[labels[0]],
        averagePrecisionOfFirst: averagePrecision(
          labels.map((label) => label === labels[0]),
          column(probabilities, { index: labels[0], width: numClasses }),
        ),
      };
    });
  });

  it('micro, macro and weighted precision, recall and F1, with 0 / 0 taken as 0, 1 and NaN', () => {
    compare(({ labels, predictions, numClasses }) => {
      const matrix = confusionMatrix(labels, predictions, { numClasses });
      const values: Record<string, number> = {};
      for (const zeroDivision of [0, 1, 'nan'] as const) {
        const { micro, macro, weighted } = precisionRecallF1(matrix, { zeroDivision });
        assert.deepEqual(new Set(Object.values(micro)).size, 1);
        values.micro = micro.f1;
        for (const [name, average] of Object.entries({ macro, weighted })) {
          values[`${name} precision, ${zeroDivision}`] = average.precision;
          values[`${name} recall, ${zeroDivision}`] = average.recall;
          values[`${name} f1, ${zeroDivision}`] = average.f1;
        }
      }
      return values;
    });
  });

  it('precision, recall, F1 and support of each class', () => {
    for (const zeroDivision of [0, 1, 'nan'] as const) {
      const actual = cases.flatMap(({ labels, predictions, numClasses }) => [
        ...precisionRecallF1(confusionMatrix(labels, predictions, { numClasses }), { zeroDivision }).perClass,
      ]);
      for (const name of ['precision', 'recall', 'f1', 'support'] as const) {
        const expected = fixture.perClass[name];
        allNear(
          actual.map((metrics) => metrics[name]),
          zeroDivision === 'nan' ? expected : expected.map((value) => (value === -9 ? zeroDivision : value)),
          name,
        );
      }
    }
  });
});

describe('some of these cases in full, against scikit-learn', () => {
  it('confusion matrices and their shares, to 1e-12', () => {
    for (const { case: index, counts, ...shares } of fixture.confusion) {
      const { labels, predictions, numClasses } = cases[index];
      const matrix = confusionMatrix(labels, predictions, { numClasses });
      assert.deepEqual(matrix.flat(), counts);
      for (const over of ['true', 'predicted', 'all'] as const) {
        allNear(normalizeConfusion(matrix, over).flat(), shares[over], `case ${index}, ${over}`);
      }
    }
  });

  it('points of ROC and precision-recall curves, to 1e-12', () => {
    for (const expected of fixture.curves) {
      const { labels, probabilities, numClasses } = cases[expected.case];
      const isPositive = labels.map((label) => label === labels[0]);
      const scores = column(probabilities, { index: labels[0], width: numClasses });
      const roc = rocCurve(isPositive, scores);
      const dropped = rocCurve(isPositive, scores, { dropIntermediate: true });
      const { precisions, recalls, thresholds } = precisionRecallCurve(isPositive, scores);
      assert.equal(roc.thresholds[0], Number.POSITIVE_INFINITY);
      const actual = {
        falsePositiveRates: roc.falsePositiveRates,
        truePositiveRates: roc.truePositiveRates,
        thresholdsAfterInfinity: roc.thresholds.slice(1),
        falsePositiveRatesDropped: dropped.falsePositiveRates,
        truePositiveRatesDropped: dropped.truePositiveRates,
        precisions,
        recalls,
        recallThresholds: thresholds,
      };
      for (const [name, values] of Object.entries(actual)) {
        allNear(values, expected[name], `case ${expected.case}, ${name}`);
      }
      if (roc.falsePositiveRates.every(Number.isFinite)) {
        const area = areaUnder(roc.falsePositiveRates, roc.truePositiveRates);
        near(areaUnder(dropped.falsePositiveRates, dropped.truePositiveRates), area, 'area of fewer points');
      }
    }
  });

  it('reports, letter by letter', () => {
    for (const { case: index, digits, zeroDivision, text } of fixture.reports) {
      const { labels, predictions, numClasses } = cases[index];
      const report = classificationReport(confusionMatrix(labels, predictions, { numClasses }), {
        classNames: Array.from({ length: numClasses }, (_, c) => 'é'.repeat(index % 20) + c),
        digits,
        zeroDivision: (zeroDivision === 'nan' ? 'nan' : Number(zeroDivision)) as ZeroDivision,
      });
      assert.equal(report, text, `case ${index}`);
    }
  });
});

describe('against SciPy', () => {
  const draw = createDraw(1000);

  it('Wilson intervals, to 1e-12', () => {
    for (const [correct, total, level, low, high] of fixture.wilson) {
      const interval = wilsonInterval(correct, total, { level });
      near(interval.low, low, `low, ${correct} of ${total} at ${level}`);
      near(interval.high, high, `high, ${correct} of ${total} at ${level}`);
    }
  });

  it('p values of two models, exact and chi-squared, to 1e-12', () => {
    for (const [firstOnly, secondOnly, expected] of fixture.mcnemar) {
      // Also some images that both have right or both wrong, which must not matter.
      const [bothRight, bothWrong] = [1 + draw(9), draw(9)];
      const count = firstOnly + secondOnly + bothRight + bothWrong;
      const labels = new Array<number>(count).fill(1);
      const first = labels.map((_, i) => (i < firstOnly + bothRight ? 1 : 0));
      const second = labels.map((_, i) => (i >= firstOnly && i < firstOnly + bothRight + secondOnly ? 1 : 0));
      const result = mcnemarTest(labels, { first, second });
      assert.deepEqual([result.firstOnly, result.secondOnly], [firstOnly, secondOnly]);
      near(result.pValue, expected, `${firstOnly} against ${secondOnly}, ${result.method}`);
    }
  });

  it('temperatures, to 1e-12', () => {
    assert.ok(fixture.temperatures.length > 10);
    for (const { case: index, temperature } of fixture.temperatures) {
      const { labels, weights, numClasses } = cases[index];
      const logits = weights.map((weight) => weight / (index % 2 === 0 ? 4 : 1000));
      near(fitTemperature(labels, logits, { numClasses }) / temperature, 1, `temperature of case ${index}`);
    }
  });
});
