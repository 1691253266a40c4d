import { wilsonInterval } from '../evaluation';
import type { ReportContents } from './contents';
import { type Html, html } from './html';
import type { Comparison } from './measure';
import { decimal, percent, percentRange, pValue, whole } from './words';

/** The two models side by side; undefined where there is one. */
export function comparisonSection({ name, measurements }: ReportContents): Html | undefined {
  const { comparison, metrics } = measurements;
  if (!comparison) return undefined;
  const rows = [
    { name, ...metrics, alone: comparison.mcnemar.firstOnly },
    { name: comparison.name, ...comparison.metrics, alone: comparison.mcnemar.secondOnly },
  ];
  return html`
<p>${describeComparison(comparison, { name })}</p>
<div class="scroll" role="region" aria-label="The two models" tabindex="0"><table>
<thead><tr><th scope="col">model</th><th scope="col">accuracy</th><th scope="col">95 % interval</th><th scope="col">loss</th><th scope="col">alone right on</th></tr></thead>
<tbody>${rows.map(
    ({ name, accuracy, correct, count, loss, alone }) =>
      html`<tr><th scope="row">${name}</th><td>${percent(accuracy)}</td><td>${percentRange(wilsonInterval(correct, count))}</td><td>${decimal(loss)}</td><td>${whole(alone)}</td></tr>`,
  )}</tbody>
</table></div>`;
}

/** McNemar's test of the model called `name` against the other, in words. */
export function describeComparison(
  { name: other, mcnemar: { firstOnly, secondOnly, method, pValue: p } }: Comparison,
  { name }: { readonly name: string },
): string {
  const facts =
    `On the same images, ${name} alone is right on ${whole(firstOnly)}, ${other} alone on ${whole(secondOnly)} ` +
    `(McNemar's test, ${method}, ${pValue(p)})`;
  if (firstOnly + secondOnly === 0) return `${facts}: they are right on the same images.`;
  if (p >= 0.05)
    return `${facts}: so small a difference comes by chance too; these images do not tell which is better.`;
  const [better, worse] = firstOnly > secondOnly ? [name, other] : [other, name];
  return `${facts}: ${better} is better than ${worse} by more than chance explains.`;
}
