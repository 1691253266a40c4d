import type { ImageDataset } from '../data';
import { classificationReport, expectedCalibrationError, reportRows, wilsonInterval } from '../evaluation';
import { describeComparison, type Measurements } from '../report';
import { count, percent } from './format';

/** What was measured, line by line, for a terminal. */
export function* textOf(
  { metrics, comparison, robustness }: Measurements,
  { test, name, report }: { readonly test: ImageDataset; readonly name: string; readonly report?: string },
): Generator<string> {
  const { low, high } = wilsonInterval(metrics.correct, metrics.count);
  yield `accuracy ${percent(metrics.accuracy)}, loss ${metrics.loss.toFixed(4)}, on ${metrics.count} test images of ${test.name}`;
  yield `95 % interval of the accuracy ${percent(low)} to ${percent(high)}; top-${metrics.topK.k} accuracy ${percent(metrics.topK.accuracy)}; expected calibration error ${percent(expectedCalibrationError(metrics.reliability))}`;
  yield '';
  yield classificationReport(metrics.matrix, { classNames: test.classNames });
  if (comparison) yield `${describeComparison(comparison, { name })}\n`;
  if (robustness) {
    yield `accuracy on ${count(robustness.clean.count)} of them: ${percent(robustness.clean.accuracy)}; made worse, at severities 1 to 5:`;
    for (const corruption of new Set(robustness.corrupted.map(({ corruption }) => corruption))) {
      const own = robustness.corrupted.filter((row) => row.corruption === corruption);
      yield `  ${corruption.padEnd(10)}${own.map(({ accuracy }) => percent(accuracy).padStart(9)).join('')}`;
    }
    yield '';
  }
  if (report !== undefined) yield `report: ${report}`;
}

/** All that was measured but the curves' points. */
export function jsonOf(
  { metrics, comparison, recalibration, robustness }: Measurements,
  test: ImageDataset,
): object {
  const { loss, accuracy, count: images, curves, reliability, ...more } = metrics;
  return {
    ...{ loss, accuracy, count: images, split: 'test', dataset: test.name, ...more },
    accuracyInterval: wilsonInterval(metrics.correct, images),
    expectedCalibrationError: expectedCalibrationError(reliability),
    reliability,
    classes: reportRows(metrics.matrix, { classNames: test.classNames }).map((row, c) => ({
      ...row,
      rocAuc: curves[c].rocAuc,
      averagePrecision: curves[c].averagePrecision,
    })),
    ...(comparison && {
      comparison: {
        name: comparison.name,
        accuracy: comparison.metrics.accuracy,
        loss: comparison.metrics.loss,
        mcnemar: comparison.mcnemar,
      },
    }),
    ...(recalibration && {
      recalibration: {
        temperature: recalibration.temperature,
        fittedOn: recalibration.fittedOn,
        loss: recalibration.metrics.loss,
        expectedCalibrationError: expectedCalibrationError(recalibration.metrics.reliability),
      },
    }),
    robustness,
  };
}
