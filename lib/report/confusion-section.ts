import { type ConfusionMatrix, normalizeConfusion } from '../evaluation';
import type { ReportContents } from './contents';
import { type Html, html } from './html';
import { percent, whole } from './words';

/** The confusion matrix as a table whose cells tell more when pointed at; left out above 40 classes. */
export function confusionSection({ test, measurements }: ReportContents): Html {
  const { matrix } = measurements.metrics;
  const { classNames } = test;
  if (matrix.length > largest) {
    return html`<p>A matrix of ${matrix.length} classes is too large to read; the most confused pairs follow.</p>`;
  }
  return html`
<div class="scroll" role="region" aria-label="Confusion matrix" tabindex="0"><table class="confusion">
<caption>Images by true class (rows) and predicted class (columns): blue is right, orange wrong, the stronger the larger the
share of the row.</caption>
<thead><tr><th scope="col">true \\ predicted</th>${classNames.map((name) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead>
<tbody>${cellsOf(matrix, classNames)}</tbody>
</table></div>`;
}

const largest = 40;

function cellsOf(matrix: ConfusionMatrix, classNames: readonly string[]): readonly Html[] {
  const shares = normalizeConfusion(matrix, 'true');
  return matrix.map(
    (row, label) =>
      html`<tr><th scope="row">${classNames[label]}</th>${row.map((count, prediction) => {
        const share = shares[label][prediction];
        const about = `true: ${classNames[label]}, predicted: ${classNames[prediction]}: ${whole(count)} images, ${percent(share)} of the true class`;
        // By the square root: 4 % is told from 1 %, where mistakes lie.
        const strength = Math.sqrt(share).toFixed(2);
        const kind = label === prediction ? 'right' : 'wrong';
        return html`<td class="${kind}${share > 0.45 ? ' deep' : ''}" style="--strength:${strength}" title="${about}">${count === 0 ? '' : whole(count)}</td>`;
      })}</tr>\n`,
  );
}
