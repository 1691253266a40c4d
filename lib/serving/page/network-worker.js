// @ts-check
// Computes a network for `comparison.js`, apart from the page, which stays usable meanwhile. A message `load` comes first,
// then any number of `compute`; each is answered with its id and what came of it, or with an error.

/** @typedef {{ url: string, bytes: number }} File */
/** @typedef {{ engine: 'webgpu' | 'wasm' | 'cpu', library: Record<string, File>, model: File, headers?: Record<string, string> }} LoadTask */
/** @typedef {{ pixels: Uint8Array, shape: number[] }} ComputeTask */

/** Runs that are timed, fewer where they take longer than that together. */
const limits = { runs: 5, durationMs: 2000 };

/** @type {any} The bundles of TensorFlow.js say what they have in a global name. */
let tf;
/** @type {any} */
let model;

const tasks = { load, compute };

addEventListener('message', async ({ data: { id, kind, task } }) => {
  try {
    postMessage({ id, result: await tasks[/** @type {keyof typeof tasks} */ (kind)](task) });
  } catch (error) {
    const { message } = error instanceof Error ? error : { message: String(error) };
    postMessage({ id, error: message.split(/\n|\. /)[0] }); // TensorFlow.js goes on with advice for programmers
  }
});

/** @param {LoadTask} task */
async function load({ engine, library, model: file, headers }) {
  importScripts(...['core', 'layers', engine].map((part) => library[part].url));
  tf = Reflect.get(self, 'tf');
  if (engine === 'wasm') {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false); // whose file is not served
    tf.wasm.setWasmPaths(new URL('.', new URL(library.wasmSimd.url, location.href)).href);
  }
  if (!(await tf.setBackend(engine))) throw new Error('it could not be started');
  model = await tf.loadLayersModel(file.url, { requestInit: { headers } });
}

/** @param {ComputeTask} task */
async function compute(task) {
  const probabilities = await predict(task); // the first compiles, which does not count
  const times = [];
  const began = performance.now();
  while (times.length < limits.runs && performance.now() - began < limits.durationMs) {
    const start = performance.now();
    await predict(task);
    times.push(performance.now() - start);
  }
  return { probabilities, times };
}

/**
 * Class probabilities of one image, as `predictImages` of the server computes them.
 * @param {ComputeTask} task
 */
async function predict({ pixels, shape }) {
  const { normalization, training } = model.getUserDefinedMetadata();
  const { mean, std } = /** @type {{ mean: number[], std: number[] }} */ (normalization);
  const output = tf.tidy(() => {
    const bytes = tf.tensor4d(Float32Array.from(pixels), [1, ...shape]);
    const scaled = tf.mul(bytes, tf.tensor1d(std.map((each) => 1 / (255 * each))));
    const xs = tf.add(scaled, tf.tensor1d(mean.map((each, c) => -each / std[c])));
    const outputs = applyViews(xs, training?.config?.views);
    return endsInSoftmax() ? outputs : tf.softmax(outputs);
  });
  try {
    return await output.data();
  } finally {
    output.dispose();
  }
}

/**
 * The mean of the outputs over the views that the network was measured with: `lib/training/views.ts`.
 * @param {any} xs
 * @param {string | undefined} views
 */
function applyViews(xs, views) {
  const look = (/** @type {any} */ images) => model.apply(images);
  const both = (/** @type {any} */ images) => tf.mul(tf.add(look(images), look(tf.reverse(images, 2))), 0.5);
  if (views === 'mirrored') return both(xs);
  if (views !== 'mirroredAndShifted') return look(xs);
  const edge = [1, 1];
  const padded = tf.mirrorPad(xs, [[0, 0], edge, edge, [0, 0]], 'reflect');
  const from = (/** @type {number} */ start) => tf.slice(padded, [0, start, start, 0], xs.shape);
  const shifted = tf.mul(tf.add(both(from(0)), both(from(2))), 0.5);
  return tf.mul(tf.add(both(xs), shifted), 0.5);
}

function endsInSoftmax() {
  const last = model.layers[model.layers.length - 1];
  return last.getClassName() === 'Softmax' || last.getConfig().activation === 'softmax';
}
