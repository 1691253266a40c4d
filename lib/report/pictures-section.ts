import { type ImageDataset, imageAt } from '../data';
import type { Mistake } from '../evaluation';
import { encodePng } from '../figures';
import type { ReportContents } from './contents';
import { type Html, html } from './html';
import { percent, whole } from './words';

/** The most confused pairs of classes, each with the images on which the model was surest. */
export function confusedPairsSection({ test, measurements }: ReportContents): Html {
  const { confusedPairs } = measurements.metrics;
  if (confusedPairs.length === 0) return html`<p>The model made no mistake.</p>`;
  return html`
<ol class="pairs">${confusedPairs.map(
    ({ label, prediction, count, share, examples }) => html`
<li><p><strong>${test.classNames[label]}</strong> taken for <strong>${test.classNames[prediction]}</strong>: ${whole(count)}
${count === 1 ? 'image' : 'images'}, ${percent(share)} of its class</p>
<div class="pictures">${examples.map((mistake) => picture(test, mistake, percent(mistake.probability, 0)))}</div></li>`,
  )}</ol>`;
}

/** The mistakes that the model was surest of. */
export function mistakesSection({ test, measurements }: ReportContents): Html {
  const { mistakes } = measurements.metrics;
  if (mistakes.length === 0) return html`<p>The model made no mistake.</p>`;
  return html`
<p>Under each image: its true class, what the model says, and how sure it is. Look for wrong labels among them too.</p>
<div class="pictures">${mistakes.map((mistake) => {
    const { label, predicted, probability } = mistake;
    return picture(
      test,
      mistake,
      html`${test.classNames[label]} →<br>${test.classNames[predicted]}<br>${percent(probability, 0)}`,
    );
  })}</div>`;
}

function picture(test: ImageDataset, mistake: Mistake, caption: string | Html): Html {
  const { index, label, predicted, probability } = mistake;
  const about = `test image ${index}: ${test.classNames[label]}, taken for ${test.classNames[predicted]} with ${percent(probability)}`;
  return html`<figure><img src="${dataUrl(test, index)}" width="64" height="${Math.round((64 * test.height) / test.width)}" alt="${about}" title="${about}"><figcaption>${caption}</figcaption></figure>`;
}

/** The image as the address of a PNG. */
function dataUrl(dataset: ImageDataset, index: number): string {
  const { width, height, channels } = dataset;
  const pixels = imageAt(dataset, index);
  const rgb =
    channels === 3
      ? pixels
      : Uint8Array.from({ length: 3 * width * height }, (_, i) => pixels[Math.floor(i / 3)]);
  return `data:image/png;base64,${encodePng(rgb, { width, height }).toString('base64')}`;
}
