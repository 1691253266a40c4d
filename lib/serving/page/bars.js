// @ts-check
// The bars of class probabilities: the server's, and under them those that this browser computed.

const bars = /** @type {HTMLElement} */ (document.getElementById('bars'));
const legend = /** @type {HTMLElement} */ (document.getElementById('legend'));

/** @param {{ className: string, probability: number }[]} predictions */
export function showBars(predictions) {
  bars.replaceChildren(
    ...predictions.map(({ className, probability }) => {
      const item = document.createElement('li');
      item.dataset.name = className;
      item.append(fill(probability), text('name', className), text('percent', percent(probability)));
      return item;
    }),
  );
}

/**
 * This browser's own probabilities beside the server's; none to take them away.
 * @param {Map<string, number>} [probabilities]
 */
export function showBesideBars(probabilities) {
  legend.hidden = !probabilities;
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (bars.querySelectorAll('li'))) {
    for (const old of item.querySelectorAll('.here')) old.remove();
    const probability = probabilities?.get(item.dataset.name ?? '');
    if (probability === undefined) continue;
    const line = fill(probability);
    line.classList.add('here');
    const share = text('percent here', percent(probability));
    share.prepend(text('unseen', 'this browser: '));
    item.append(line, share);
  }
}

/** @param {number} share */
export function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}

/** @param {number} share */
function fill(share) {
  const bar = document.createElement('div');
  bar.className = 'fill';
  bar.style.width = percent(share).replace(' ', '');
  return bar;
}

/** @param {string} className @param {string} content */
function text(className, content) {
  const span = document.createElement('span');
  span.className = className;
  span.textContent = content;
  return span;
}
