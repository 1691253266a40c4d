// @ts-check
// The page at `/`: takes a picture, asks `POST models/NAME/predict`, and shows the answer. It needs nothing from elsewhere.
import { percent, showBars } from './bars.js';
import { makeComparison } from './comparison.js';

/** @typedef {{ name: string, version: number, classNames: string[], inputShape: number[], engine: string }} Model */
/** @typedef {{ model: string, version: number, predictions: { className: string, probability: number }[], seen: string }} Answer */

/** @param {string} id */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (element(id));

/** @type {Model[]} */
let models = [];
/** The picture that was asked about last. @type {Blob | undefined} */
let last;
/** Counts the questions, so that a late answer does not replace a newer one. */
let asked = 0;
const comparison = makeComparison({ headers, askServer });

start();

async function start() {
  for (const id of ['file', 'photo']) {
    input(id).addEventListener('change', () => {
      const [file] = input(id).files ?? [];
      input(id).value = ''; // the same file may be chosen again
      if (file) ask(file);
    });
  }
  element('camera').hidden = !matchMedia('(pointer: coarse)').matches;
  element('form').addEventListener('submit', (event) => event.preventDefault());
  element('model').addEventListener('change', () => {
    describe();
    if (last) ask(last);
  });
  element('token').addEventListener('change', () => (last ? ask(last) : loadModels()));
  takeDrops();
  addEventListener('paste', ({ clipboardData }) => takeFrom(clipboardData));
  await Promise.all([loadModels(), loadSamples()]);
}

/** Anywhere on the page, so that a picture that misses the frame does not replace the page. */
function takeDrops() {
  const drop = element('drop');
  addEventListener('dragover', (event) => {
    event.preventDefault();
    drop.classList.add('over');
  });
  addEventListener('dragleave', ({ relatedTarget }) => {
    if (!relatedTarget) drop.classList.remove('over');
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    takeFrom(event.dataTransfer);
  });
}

/** @param {DataTransfer | null} data */
function takeFrom(data) {
  const file = [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/'));
  if (file) ask(file);
  else if (data?.files.length) say('That is not a picture.', { wrong: true });
}

async function loadModels() {
  try {
    const answer = await fetch('models', { headers: headers() });
    if (answer.status === 401) return unlock();
    models = (await answer.json()).models;
  } catch {
    return say('The server does not answer.', { wrong: true });
  }
  const select = element('model');
  select.replaceChildren(...models.map(({ name }) => new Option(name, name)));
  element('models').hidden = models.length < 2;
  describe();
}

function chosen() {
  return models.find(({ name }) => name === input('model').value);
}

function describe() {
  const model = chosen();
  if (!model) {
    element('about').textContent = 'No model is ready yet.';
    return;
  }
  const names = model.classNames;
  const known =
    names.length > 12 ? `${names.slice(0, 12).join(', ')} and ${names.length - 12} more` : names.join(', ');
  element('about').textContent =
    `It knows ${names.length} things: ${known}. It takes everything for one of them.`;
}

async function loadSamples() {
  const answer = await fetch('samples').catch(() => undefined);
  const { samples = [] } = answer?.ok ? await answer.json() : {};
  const list = /** @type {HTMLElement} */ (element('samples').querySelector('ul'));
  for (const { className, source } of samples) {
    const button = document.createElement('button');
    const image = new Image();
    image.src = source;
    image.alt = className;
    button.type = 'button';
    button.append(image);
    button.addEventListener('click', () => ask(pngOf(source)));
    const item = document.createElement('li');
    item.append(button);
    list.append(item);
  }
  element('samples').hidden = samples.length === 0;
}

/**
 * The file in a data URL; the page's policy does not let it be fetched.
 * @param {string} source
 */
function pngOf(source) {
  const bytes = Uint8Array.from(atob(source.slice(source.indexOf(',') + 1)), (character) =>
    character.charCodeAt(0),
  );
  return new Blob([bytes], { type: 'image/png' });
}

/** @param {Blob} picture */
async function ask(picture) {
  const turn = ++asked;
  last = picture;
  const model = chosen();
  if (!model) return say('No model is ready yet.', { wrong: true });
  say('Looking …');
  try {
    const began = performance.now();
    const response = await askServer(model.name, picture, '?seen=true');
    const answer = await response.json();
    if (turn !== asked) return;
    if (response.status === 401) return unlock();
    if (!response.ok) return say(`The server refused the picture: ${answer.error}`, { wrong: true });
    show(answer, { picture, model, durationMs: performance.now() - began });
  } catch {
    if (turn === asked) say('The server does not answer.', { wrong: true });
  }
}

/** @param {string} name @param {Blob} picture @param {string} [query] */
function askServer(name, picture, query = '') {
  const path = `models/${encodeURIComponent(name)}/predict${query}`;
  return fetch(path, { method: 'POST', body: picture, headers: headers() });
}

/**
 * @param {Answer} answer
 * @param {{ picture: Blob, model: Model, durationMs: number }} about
 */
function show({ predictions, seen, version }, { picture, model, durationMs }) {
  const [best] = predictions;
  const article = /^[aeiou]/i.test(best.className) ? 'an' : 'a';
  const sure = best.probability >= 0.5 ? '' : 'Perhaps ';
  const sentence = `${sure}${article} ${best.className}, ${percent(best.probability)}`;
  element('answer').textContent = sentence[0].toUpperCase() + sentence.slice(1);
  showPicture(picture);
  /** @type {HTMLImageElement} */ (element('seen')).src = seen;
  const { name, classNames, inputShape, engine } = model;
  const [height, width] = inputShape;
  element('seen-text').textContent = `what the network sees: ${width} x ${height} pixels`;
  showBars(predictions.slice(0, 10));
  element('facts').textContent =
    `${name}, version ${version}, on ${engine}; ${Math.round(durationMs)} ms there and back.`;
  element('result').hidden = false;
  say('');
  const shares = new Map(predictions.map(({ className, probability }) => [className, probability]));
  comparison.show({ model: name, version, classNames, shape: inputShape, engine, shares, seen: pngOf(seen) });
}

/** @param {Blob} picture */
function showPicture(picture) {
  const image = /** @type {HTMLImageElement} */ (element('picture'));
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(picture);
}

function headers() {
  const token = input('token').value;
  return token ? { authorization: `Bearer ${token}` } : undefined;
}

function unlock() {
  element('lock').hidden = false;
  say('This server asks for a token.', { wrong: true });
  element('token').focus();
}

/**
 * @param {string} text
 * @param {{ wrong?: boolean }} [options]
 */
function say(text, { wrong = false } = {}) {
  const status = element('status');
  status.textContent = text;
  status.classList.toggle('wrong', wrong);
}
