import { precisionRecallCurvesFigure, rocCurvesFigure } from '../figures';
import { chart } from './chart';
import type { ReportContents } from './contents';
import { type Html, html } from './html';

/** ROC and precision-recall curves; of many classes those of the smallest area under the ROC curve. */
export async function curvesSection({ test, measurements }: ReportContents): Promise<Html> {
  const { curves } = measurements.metrics;
  const shown = curves
    .map((curve, c) => ({ ...curve, className: test.classNames[c] }))
    .filter(({ rocAuc }) => !Number.isNaN(rocAuc.value))
    .sort((a, b) => a.rocAuc.value - b.rocAuc.value)
    .slice(0, 10);
  const options = { classNames: shown.map(({ className }) => className) };
  const left = curves.length - shown.length;
  return html`
<p>Each class against all others together, the smallest area first${left > 0 ? `; ${left} classes are left out` : ''}.</p>
<div class="charts">
${await chart(rocCurvesFigure(shown, options), {
  id: 'roc-chart',
  caption: 'ROC curves with the area under each; the dashed diagonal is guessing.',
})}
${await chart(precisionRecallCurvesFigure(shown, options), {
  id: 'precision-recall-chart',
  caption: 'Precision-recall curves with the average precision of each.',
})}
</div>`;
}
