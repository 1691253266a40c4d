// @ts-check
// Lets this browser compute what the server has answered, and shows both. What it needs comes from the server:
// `models/NAME/versions/VERSION/browser` says what that is.
import { showBesideBars } from './bars.js';
import { enginesHere, pixelsOf, startNetwork } from './browser-network.js';

/** @typedef {import('./browser-network.js').BrowserFiles} BrowserFiles */
/** @typedef {import('./browser-network.js').Engine} Engine */
/** @typedef {import('./browser-network.js').Result} Result */
/**
 * An answer of the server, and the PNG that the network saw.
 * @typedef {{ model: string, version: number, classNames: string[], shape: number[], engine: string, shares: Map<string, number>, seen: Blob }} Subject
 */
/**
 * What the page lends.
 * @typedef {{ headers: () => Record<string, string> | undefined, askServer: (model: string, picture: Blob) => Promise<Response> }} Page
 */

/** How often the server is asked, after a first time that does not count. */
const serverRuns = 5;
/** Of a probability; rounding in another order stays far below it. */
const tolerance = 1e-4;

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * The part of the page that compares; it is to be told of each answer.
 * @param {Page} page
 */
export function makeComparison({ headers, askServer }) {
  const toggle = /** @type {HTMLInputElement} */ (element('compare-on'));
  const choice = /** @type {HTMLSelectElement} */ (element('compare-engine'));
  /** @type {Promise<Engine[]> | undefined} */
  let engines;
  /** @type {Subject | undefined} */
  let subject;
  /** @type {{ key: string, network: ReturnType<typeof startNetwork>, ready: Promise<void> } | undefined} */
  let loaded;
  /** Counts what was begun, so that what comes late is not shown. */
  let turn = 0;

  for (const control of [toggle, choice]) control.addEventListener('change', update);

  async function update() {
    const mine = ++turn;
    const isLate = () => mine !== turn;
    showBesideBars(undefined);
    element('compare-result').hidden = true;
    say('');
    if (!subject) return;
    try {
      const files = await filesOf(subject);
      const engine = await chosen();
      if (isLate()) return;
      offer(files, engine);
      if (!toggle.checked || files.reason) return;
      say(`Loading ${engine.label} and the network …`);
      const network = await load(subject, files, engine);
      if (isLate()) return;
      say('Computing …');
      // One after the other: on one machine they would slow each other down.
      const serverTimes = await timeServer(subject);
      if (isLate()) return;
      const { seen, shape } = subject;
      const here = await network.ask('compute', { pixels: await pixelsOf(seen, shape), shape });
      if (!isLate()) show(subject, { serverTimes, here, engine });
    } catch (error) {
      if (!isLate()) say(/** @type {Error} */ (error).message, { wrong: true });
    }
  }

  async function chosen() {
    engines ??= enginesHere().then((found) => {
      choice.replaceChildren(...found.map(({ name, label }) => new Option(label, name)));
      return found;
    });
    const found = await engines;
    return found.find(({ name }) => name === choice.value) ?? found[0];
  }

  /** @param {Subject} asked @returns {Promise<BrowserFiles>} */
  async function filesOf({ model, version }) {
    const path = `models/${encodeURIComponent(model)}/versions/${version}/browser`;
    const response = await fetch(path, { headers: headers() });
    const body = await response.json();
    if (!response.ok) throw new Error(`The server does not say what this browser would need: ${body.error}.`);
    return body;
  }

  /** Says what it would cost, before anything is loaded. @param {BrowserFiles} files @param {Engine} engine */
  function offer({ reason, library, model }, { parts }) {
    element('compare').hidden = false;
    element('compare-controls').hidden = reason !== undefined;
    if (reason) return say(`This browser cannot compute it as well: ${reason}.`);
    const bytes = parts.reduce((sum, part) => sum + library[part].bytes, model.bytes);
    element('compare-cost').textContent = `loads ${(bytes / 1e6).toFixed(1)} MB from this server, once`;
  }

  /** @param {Subject} asked @param {BrowserFiles} files @param {Engine} engine */
  async function load({ model, version }, files, { name, label }) {
    const key = [model, version, name].join();
    if (loaded?.key !== key) {
      loaded?.network.end();
      const network = startNetwork();
      loaded = { key, network, ready: network.ask('load', { engine: name, ...files, headers: headers() }) };
    }
    const { network, ready } = loaded;
    try {
      await ready;
    } catch (error) {
      network.end();
      if (loaded?.network === network) loaded = undefined;
      throw new Error(`${label} cannot compute this network here: ${/** @type {Error} */ (error).message}.`);
    }
    return network;
  }

  /** Milliseconds of each answer, with the way there and back. @param {Subject} asked */
  async function timeServer({ model, seen }) {
    const times = [];
    for (let i = 0; i <= serverRuns; i++) {
      const start = performance.now();
      const response = await askServer(model, seen);
      const { error } = await response.json();
      if (!response.ok) throw new Error(`The server refused to answer once more: ${error}.`);
      times.push(performance.now() - start);
    }
    return times.slice(1);
  }

  /** @param {Subject} asked @param {{ serverTimes: number[], here: Result, engine: Engine }} found */
  function show({ classNames, shares, shape, engine: serverEngine }, { serverTimes, here, engine }) {
    const sharesHere = new Map(classNames.map((className, i) => [className, here.probabilities[i]]));
    const differences = classNames.map((each) =>
      Math.abs((shares.get(each) ?? NaN) - (sharesHere.get(each) ?? NaN)),
    );
    const difference = Math.max(...differences);
    showBesideBars(sharesHere);
    element('server-time').textContent = milliseconds(serverTimes);
    element('server-engine').textContent = `${serverEngine}, there and back`;
    element('here-time').textContent = milliseconds(here.times);
    element('here-engine').textContent = `${engine.label}, computing only`;
    element('difference').textContent = difference.toLocaleString('en', { maximumSignificantDigits: 2 });
    const counts = [...new Set([serverTimes.length, here.times.length])].join(' and ');
    element('compare-facts').textContent =
      `Medians of ${counts} answers to the same ${shape[1]} x ${shape[0]} pixels, after a first one that does not count.`;
    element('compare-result').hidden = false;
    if (difference <= tolerance) say('Both give the same answer.');
    else
      say('They differ by more than rounding. Some browsers alter the pixels that a page reads.', {
        wrong: true,
      });
  }

  return {
    /** @param {Subject} next */
    show(next) {
      subject = next;
      return update();
    },
  };
}

/** The median. @param {number[]} times */
function milliseconds(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return `${median < 10 ? median.toFixed(1) : Math.round(median)} ms`;
}

/**
 * @param {string} text
 * @param {{ wrong?: boolean }} [options]
 */
function say(text, { wrong = false } = {}) {
  const status = element('compare-status');
  status.textContent = text;
  status.classList.toggle('wrong', wrong);
}
