import { robustnessFigure } from '../figures';
import { chart } from './chart';
import type { ReportContents } from './contents';
import { type Html, html } from './html';
import { percent, percentRange, whole } from './words';

/** Accuracy on images made worse; undefined where it was not measured. */
export async function robustnessSection({ measurements }: ReportContents): Promise<Html | undefined> {
  const { robustness } = measurements;
  if (!robustness) return undefined;
  const { clean, corrupted } = robustness;
  const names = [...new Set(corrupted.map(({ corruption }) => corruption))];
  const steps = [...new Set(corrupted.map(({ severity }) => severity))];
  return html`
<p>The same ${whole(clean.count)} test images moved, with noise, blurred, brighter and darker; as they are, ${percent(clean.accuracy)}
are right (${percentRange(clean)}). Noise, blur and brightness are as strong as in CIFAR-10-C.</p>
${await chart(robustnessFigure(robustness), { id: 'robustness-chart', caption: 'Accuracy by severity, with 95 % intervals.' })}
<div class="scroll" role="region" aria-label="Accuracy on corrupted images" tabindex="0"><table>
<thead><tr><th scope="col">severity</th>${steps.map((severity) => html`<th scope="col">${severity}</th>`)}</tr></thead>
<tbody>${names.map(
    (name) =>
      html`<tr><th scope="row">${name}</th>${corrupted
        .filter(({ corruption }) => corruption === name)
        .map(
          ({ accuracy, low, high, amount, unit }) =>
            html`<td title="${amount} ${unit}; ${percentRange({ low, high })}">${percent(accuracy)}</td>`,
        )}</tr>\n`,
  )}</tbody>
</table></div>`;
}
