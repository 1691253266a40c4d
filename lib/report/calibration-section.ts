import { expectedCalibrationError, type ReliabilityBin } from '../evaluation';
import { reliabilityFigure } from '../figures';
import { chart } from './chart';
import type { ReportContents } from './contents';
import { type Html, html } from './html';
import type { Recalibration } from './measure';
import { decimal, percent, whole } from './words';

/** Whether the model is as often right as it is sure, and what a temperature would change. */
export async function calibrationSection({ measurements }: ReportContents): Promise<Html> {
  const { metrics, recalibration } = measurements;
  const { reliability, accuracy, brierScore } = metrics;
  const confidence = meanConfidence(reliability);
  return html`
<p>The model is right on ${percent(accuracy)} of the images and sure of ${percent(confidence)} on average: it is
${sureness(confidence - accuracy)}. Expected calibration error
${percent(expectedCalibrationError(reliability))}, Brier score ${decimal(brierScore)} (0 is best, 2 worst).</p>
${recalibration && describeRecalibration(recalibration, reliability)}
<div class="charts">
${await chart(reliabilityFigure(reliability, { title: '' }), {
  id: 'reliability-chart',
  caption:
    'Accuracy by confidence: bars below the dashed line are surer than they are right. Below, how many images.',
})}
${
  recalibration &&
  (await chart(reliabilityFigure(recalibration.metrics.reliability, { title: '' }), {
    id: 'recalibrated-chart',
    caption: `The same with the temperature of ${recalibration.temperature.toFixed(2)}.`,
  }))
}
</div>`;
}

function sureness(gap: number): string {
  if (Math.abs(gap) < 0.01) return 'about as sure as it is right';
  return gap > 0 ? 'surer than it is right' : 'less sure than it is right';
}

function describeRecalibration(
  { temperature, fittedOn, metrics }: Recalibration,
  reliability: readonly ReliabilityBin[],
): Html {
  return html`<p>Fitted on ${whole(fittedOn)} validation images, a temperature of ${temperature.toFixed(2)} (the logits divided
by it, before the softmax) changes the expected calibration error on the test images from
${percent(expectedCalibrationError(reliability))} to ${percent(expectedCalibrationError(metrics.reliability))} and the loss to
${decimal(metrics.loss)}; what is predicted stays.</p>`;
}

function meanConfidence(bins: readonly ReliabilityBin[]): number {
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  return filled.reduce((sum, { count, confidence }) => sum + count * confidence, 0) / total;
}
