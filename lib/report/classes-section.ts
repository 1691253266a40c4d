import { precisionRecallF1, wilsonInterval } from '../evaluation';
import { classMetricsFigure } from '../figures';
import { chart } from './chart';
import type { ReportContents } from './contents';
import { type Html, html } from './html';
import { decimal, percentRange, whole } from './words';

/** Precision, recall, F1, support and areas of each class: the classification report as a table, and as a picture. */
export async function classesSection({ test, measurements }: ReportContents): Promise<Html> {
  const { matrix, curves, count } = measurements.metrics;
  const { perClass, macro, weighted, micro } = precisionRecallF1(matrix);
  const columns = [
    'precision',
    'recall',
    'F1',
    'images',
    '95 % interval of recall',
    'ROC AUC',
    'average precision',
  ];
  const averages = [
    { name: 'accuracy', precision: '', recall: '', f1: decimal(micro.f1) },
    ...[
      { name: 'macro average', of: macro },
      { name: 'weighted average', of: weighted },
    ].map(({ name, of }) => ({
      name,
      precision: decimal(of.precision),
      recall: decimal(of.recall),
      f1: decimal(of.f1),
    })),
  ];
  return html`
<div class="scroll" role="region" aria-label="Metrics of each class" tabindex="0"><table>
<thead><tr><th scope="col">class</th>${columns.map((column) => html`<th scope="col">${column}</th>`)}</tr></thead>
<tbody>${perClass.map(({ precision, recall, f1, support }, c) => {
    const interval = support > 0 ? percentRange(wilsonInterval(matrix[c][c], support)) : '–';
    const { rocAuc, averagePrecision } = curves[c];
    const cells = [
      decimal(precision),
      decimal(recall),
      decimal(f1),
      whole(support),
      interval,
      decimal(rocAuc.value),
      decimal(averagePrecision.value),
    ];
    return html`<tr><th scope="row">${test.classNames[c]}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`;
  })}</tbody>
<tfoot>${averages.map(
    ({ name, precision, recall, f1 }) =>
      html`<tr><th scope="row">${name}</th><td>${precision}</td><td>${recall}</td><td>${f1}</td><td>${whole(count)}</td><td></td><td></td><td></td></tr>\n`,
  )}</tfoot>
</table></div>
<p class="note">What would divide by 0 is 0, as in scikit-learn. The areas come from histograms of the probabilities and are
exact to ${(Math.ceil(1e4 * areaError(curves)) / 1e4).toFixed(4)}.</p>
${
  test.classNames.length <= 40
    ? await chart(classMetricsFigure(matrix, { classNames: test.classNames }), {
        id: 'classes-chart',
        caption: 'Precision and recall of each class with 95 % intervals, the best F1 on top.',
      })
    : undefined
}`;
}

/** The largest distance between an area and its bounds. */
function areaError(curves: ReportContents['measurements']['metrics']['curves']): number {
  const errors = curves
    .flatMap(({ rocAuc, averagePrecision }) => [rocAuc, averagePrecision])
    .map(({ value, low, high }) => Math.max(high - value, value - low));
  return Math.max(0, ...errors.filter((error) => !Number.isNaN(error)));
}
