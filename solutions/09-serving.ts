// %% [markdown]
// # 9 · Serving
//
// A network in a notebook is of use to one person. This chapter puts it behind an address, where programs and people can
// ask it: as a **service**. Most of the work is not the network. It is what comes in, what goes out, what happens when a
// hundred ask at once, and what happens when somebody means harm.
//
// **You will be able to**
// - start a server for a trained network, and stop it without losing a request;
// - ask it in three languages that existing clients speak;
// - measure latency and throughput, and say why the mean is not enough;
// - explain what batching buys, and what it costs;
// - name what a server must refuse, and with which status.
//
// **You need** chapters 1 to 5, and about 45 minutes. Computing takes less than a minute.

// %% [markdown]
// ## Set-up

// %%
import { useBackend } from 'course/backend';
import * as data from 'course/data';
import * as evaluation from 'course/evaluation';
import * as figures from 'course/figures';
import { check } from 'course/grading';
import * as interchange from 'course/interchange';
import { byProfile } from 'course/profile';
import * as serving from 'course/serving';

// %%
const backend = await useBackend();
console.log(`${backend.name}: ${backend.reason}`);
const folder = '../data/pretrained/regularized-cifar10';
const classifier = await interchange.loadClassifier(folder);
const { test } = await data.loadSplits('cifar10');
const { classNames, height, width, channels } = test;

// %% [markdown]
// ## A server
//
// `buildServer` makes a server; `listen` gives it an address on this machine (`port: 0` takes any that is free), and
// `models.start()` loads the network and warms it up. In a terminal, all of this is `npx course serve MODEL`.

// %%
const server = await serving.buildServer({ folder });
const url = await server.listen({ host: '127.0.0.1', port: 0 });
console.log(`before: ${(await fetch(`${url}/readyz`)).status}`);
await server.models.start();
console.log(`after: ${(await fetch(`${url}/readyz`)).status}`);
const [model] = server.models.available;
console.log(`${model.name}, version ${model.version}, computed by ${model.servable.engine}`);

// %% [markdown]
// 503 means "not now". A server that is loading must say so: whoever spreads requests over many servers asks `/readyz`
// first. `/healthz` answers another question, whether the process lives at all.
//
// The engine was chosen by a race: TensorFlow and ONNX Runtime computed the same images, had to give the same answers, and
// the faster one stayed. It runs in a process of its own. If native code crashes there, the server starts another one.
//
// ## A picture
//
// Make a PNG file of a test image, and send it. In a terminal: `curl --data-binary @picture.png URL/predict?top=3`

// %%
const labels = [...test.labels];
const frog = data.gather(test, [labels.indexOf(classNames.indexOf('frog'))]);
const picture = figures.encodePng(frog.pixels, { width, height });
const post = (path: string, body: BodyInit) => fetch(url + path, { method: 'POST', body });
const response = await post('/predict?top=3', new Uint8Array(picture));
const answer = await response.json();
await figures.show(figures.imageGridFigure([frog], { scale: 6, title: 'Sent' }));
console.log(answer);

// %% [markdown]
// Nobody had to know the mean of the training images, or the order of the classes. Preprocessing and names are part of the
// served model, or every client would get them wrong in its own way.
//
// Is it the *same* answer as in the notebook? Compare numbers, not names:

// %%
const here = await evaluation.predictImages(classifier.model, frog, classifier);
const [first] = answer.predictions;
const c = classNames.indexOf(first.className);
console.log(`served ${first.probability}, here ${here[c]}`);
console.log(`difference ${Math.abs(first.probability - here[c]).toExponential(0)}`);

// %% [markdown]
// ## Languages that clients speak
//
// A picture as a file is good for people. Programs that have served models before speak the REST API of
// [TensorFlow Serving](https://www.tensorflow.org/tfx/serving/api_rest). There an image is numbers in JSON, nested as
// `[height][width][channels]`, and a request holds several: `{"instances": [image, image]}`.
//
// **Exercise 9.1** (2 points). Nest the bytes of one image. They stand row by row, and the channels of a pixel together
// (chapter 1). If there are too few or too many of them, throw a `RangeError`.

// %% question="q9.1" points=2
/** The pixels [height, width, channels] of one image as nested numbers. */
function toInstance(pixels: Uint8Array, shape: readonly [number, number, number]): number[][][] {
  // BEGIN SOLUTION
  const [rows, columns, depth] = shape;
  if (pixels.length !== rows * columns * depth) {
    throw new RangeError(`expected ${rows * columns * depth} bytes, got ${pixels.length}`);
  }
  return Array.from({ length: rows }, (_, y) =>
    Array.from({ length: columns }, (_, x) => {
      const at = (y * columns + x) * depth;
      return [...pixels.subarray(at, at + depth)];
    }),
  );
  // END SOLUTION
}

// %%
await check('q9.1');

// %% [markdown]
// The same frog, as a program would send it. (So that this cell works before your function does, the nesting is the
// library's.)

// %%
const { pixels } = frog;
const instance = Array.from({ length: height }, (_, y) =>
  Array.from({ length: width }, (_, x) => [
    ...pixels.subarray((y * width + x) * channels, (y * width + x + 1) * channels),
  ]),
);
const request = JSON.stringify({ instances: [instance] });
const reply = await post(`/v1/models/${model.name}:predict`, request);
const rows = await reply.json();
console.log(rows.predictions[0].map((p: number) => p.toFixed(3)).join(' '));
console.log(`${picture.length} bytes as PNG, ${pixels.length} as they are, ${request.length} as JSON`);

// %% [markdown]
// JSON is four times as large as the bytes, and has to be read digit by digit. The **Open Inference Protocol**, which
// KServe and Triton speak, can carry raw bytes behind a short piece of JSON. Its header says where the JSON ends:

// %%
const shape = [1, height, width, channels];
const head = Buffer.from(
  JSON.stringify({
    inputs: [
      { name: 'image', shape, datatype: 'UINT8', parameters: { binary_data_size: pixels.length } },
    ],
  }),
);
const raw = await fetch(`${url}/v2/models/${model.name}/infer`, {
  method: 'POST',
  body: new Uint8Array(Buffer.concat([head, pixels])),
  headers: { 'inference-header-content-length': String(head.length) },
});
const { outputs } = await raw.json();
console.log(outputs[0].name, outputs[0].shape, Math.max(...outputs[0].data).toFixed(3));

// %% [markdown]
// ## What must be refused
//
// A server takes bytes from strangers. Let us be strangers.
//
// > **Predict:** for each of these, which status will it answer? 400 means that the request is wrong, 404 that there is no
// > such thing, 413 that it is too large, 415 that the format is not known.

// %%
const bad: Record<string, [string, BodyInit]> = {
  'a text as a picture': ['/predict', 'I am a frog'],
  'half a picture': ['/predict', new Uint8Array(picture.subarray(0, picture.length / 2))],
  'another model': ['/models/nothing/predict', new Uint8Array(picture)],
  'an image of another size': [`/v1/models/${model.name}:predict`, '{"instances": [[[[1, 2, 3]]]]}'],
  'a number that is none': [`/v1/models/${model.name}:predict`, '{"instances": [NaN]}'],
  'too much': ['/predict', new Uint8Array(9 * 2 ** 20)],
};
for (const [what, [path, body]] of Object.entries(bad)) {
  const refused = await post(path, body);
  console.log(what.padEnd(26), refused.status, (await refused.json()).error.slice(0, 80));
}
console.log('and still:', (await fetch(`${url}/healthz`)).status);

// %% [markdown]
// Each answer is one sentence that says what was expected. None tells anything of the machine, and none ends the server.
// A picture of a few kilobytes may claim to be 60,000 pixels wide: the claim is read before anything is unpacked.
//
// ## How fast
//
// **Latency** is how long one request takes; **throughput**, how many are answered in a second. Ask one after the other,
// then many at once.

// %%
const bytes = new Uint8Array(Buffer.concat([head, pixels]));
const headers = { 'inference-header-content-length': String(head.length) };
async function timed(): Promise<number> {
  const begin = performance.now();
  const reply = await fetch(`${url}/v2/models/${model.name}/infer`, {
    method: 'POST',
    body: bytes,
    headers,
  });
  await reply.arrayBuffer();
  return performance.now() - begin;
}

// %%
/** Latencies in ms of `count` requests, `atOnce` of them under way at any time; and requests a second. */
async function load(count: number, atOnce: number) {
  const latencies: number[] = [];
  const begin = performance.now();
  const client = async () => {
    while (latencies.length + atOnce <= count) latencies.push(await timed());
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return { latencies, perSecond: (1000 * latencies.length) / (performance.now() - begin) };
}

// %% [markdown]
// Of a thousand latencies, which number to report? The mean hides the slow ones, and it is the slow ones that people
// remember. So one reports **percentiles**: p50, the median, and p99, which 99 of 100 requests do not exceed.
//
// **Exercise 9.2** (2 points). The smallest value of the list that at least `percent` percent of all values do not exceed.
// (This is the *nearest-rank* percentile: always one of the values.) The list must stay as it is.

// %% question="q9.2" points=2
/** The nearest-rank percentile of values in any order; `percent` is above 0 and at most 100. */
function percentile(values: readonly number[], percent: number): number {
  // BEGIN SOLUTION
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1];
  // END SOLUTION
}

// %%
await check('q9.2');

// %% [markdown]
// > **Predict:** 32 clients at once instead of one. How will throughput change, and how the median latency?

// %%
const rank = (values: number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1];
const measured: figures.Row[] = [];
for (const atOnce of [1, 8, 32]) {
  const { latencies, perSecond } = await load(byProfile({ quick: 400, full: 3000 }), atOnce);
  const [p50, p99] = [rank(latencies, 0.5), rank(latencies, 0.99)];
  measured.push({
    'at once': atOnce,
    'requests/s': Math.round(perSecond),
    'p50, ms': p50,
    'p99, ms': p99,
  });
}
figures.showTable(measured, { precision: 1 });

// %% [markdown]
// More at once gives more a second, up to a point; from there on requests only wait. (The clients here run on the same
// cores as the server, in this notebook. A real measurement takes another machine, or at least another process:
// `npx autocannon`.)
//
// ## Batches
//
// A network computes 32 images in much less than 32 times the time of one (chapter 6). So the server joins requests that
// arrive at about the same time: **dynamic batching**. Its own count says how many images went into a batch:

// %%
const metrics = await fetch(`${url}/metrics`);
const text = await metrics.text();
for (const line of text.split('\n').filter((each) => /batch_(images|size)\w*_(sum|count)/.test(each))) {
  console.log(line);
}

// %% [markdown]
// How long should a batch wait for more? With `batch_timeout_micros` above 0, a lonely request waits in vain; with 0, a batch
// is what has arrived while the last one was computed. The second is the default here: under load, batches form by
// themselves.
//
// **Exercise 9.3** (3 points). Form batches by hand. Requests arrive at the `arrivals`, in ms, in order. The first one of a
// batch waits until `timeout` ms after its own arrival; whatever arrives up to then, that moment included, goes with it,
// but a batch that has `maxSize` requests goes at once. Give the number of requests of each batch.

// %% question="q9.3" points=3
/** The sizes of the batches, in order. */
function batchSizes(
  arrivals: readonly number[],
  { maxSize, timeout }: { maxSize: number; timeout: number },
): number[] {
  // BEGIN SOLUTION
  const sizes: number[] = [];
  let opened = Number.NEGATIVE_INFINITY;
  for (const arrival of arrivals) {
    const fits = arrival <= opened + timeout && sizes[sizes.length - 1] < maxSize;
    if (!fits) opened = arrival;
    if (fits) sizes[sizes.length - 1]++;
    else sizes.push(1);
  }
  return sizes;
  // END SOLUTION
}

// %%
await check('q9.3');

// %% [markdown]
// And when more arrives than can be computed? A queue that grows without end only moves the trouble: memory runs out, and by
// the time a request is answered, its client has left. So the queue has an end. Beyond it the server says **503** at once,
// with `Retry-After`. A refusal in a millisecond is a better answer than a timeout after thirty seconds.
//
// **Exercise 9.4** (2 points). The client's side of it: how long to wait before the next try? A number of seconds in
// `Retry-After` counts; without one, wait 1 s after the first failure, then 2, 4, 8 and so on, at most 30. Only 429 and
// 503 are worth another try: for any other status give `undefined`.

// %% question="q9.4" points=2
/** Seconds until the next try after `failures` failures in a row, 1 or more; undefined where trying again is no use. */
function secondsToWait(
  status: number,
  { failures, retryAfter }: { failures: number; retryAfter?: string },
): number | undefined {
  // BEGIN SOLUTION
  if (status !== 429 && status !== 503) return undefined;
  if (retryAfter !== undefined && /^\d+$/.test(retryAfter)) return Number(retryAfter);
  return Math.min(30, 2 ** (failures - 1));
  // END SOLUTION
}

// %%
await check('q9.4');

// %% [markdown]
// ## The end
//
// A server is ended all the time: for a new version, for a smaller bill. Ended well, it takes no new connection, answers what
// it has accepted, and only then goes. That is called **draining**. Ask for something, and close the server before the
// answer is there:
//
// > **Predict:** does the last request get its answer?

// %%
const accepted = new Promise((resolve) => server.server.once('request', resolve));
const last = timed();
await accepted;
await server.close();
console.log(`the last answer took ${(await last).toFixed(1)} ms`);
const after = await fetch(`${url}/healthz`).then(
  ({ status }) => `status ${status}`,
  () => 'nobody there',
);
console.log(`after that: ${after}`);

// %% [markdown]
// ## In a terminal
//
// ```
// npx course serve data/runs/regularized-cifar10-1       # and open http://127.0.0.1:8501 in a browser
// npx course serve models/                               # a folder of NAME/VERSION/: new versions are picked up
// COURSE_TOKEN=... npx course serve --host 0.0.0.0       # for other machines, with a token
// ```
//
// The page at `/` takes a picture that you drop, paste or photograph, and shows the 32 x 32 pixels which the network really
// sees. It can also compute in the browser itself, on the same pixels: compare the two answers, and the times. `/docs`
// describes every route. `/metrics` is made for Prometheus. `deploy/` has what it takes to run the server as a container, on
// one machine or on many.
//
// ## Summary
//
// - Preprocessing and class names belong to the served model. Check the served answer against the notebook's, in numbers.
// - Speak a protocol that exists; send bytes rather than numbers in text.
// - Everything that comes in is hostile until checked: format, size, shape, values; refuse with a status and a sentence.
// - Report p50 and p99 at a stated load. Batches form under load; a full queue refuses at once.
// - Ready is not alive. Drain before you end.
//
// ## Questionnaire
//
// 1. Why does `/readyz` answer 503 for a while, though `/healthz` answers 200?
// 2. Latencies of ten requests: nine of 10 ms, one of 500 ms. Mean, p50 and p99?
// 3. A client sends an image as numbers from 0 to 1. What does the network make of it, and who should notice?
// 4. What does a batch timeout of 5 ms cost a server with one request a second? What may it bring at a thousand a second?
// 5. Why is a token compared as a digest, in constant time, and not with `===`?

// %% [markdown]
// **Question 9.5** (3 points). Somebody puts `model.predict` behind a small web server. Each request decodes its picture on
// the one thread there is, pictures may be of any size, requests that cannot be computed at once wait, and on a new
// version the process is killed. Name three things that will go wrong under load or attack, and for each what you would
// do.

// %% [markdown] question="q9.5" points=3
// BEGIN SOLUTION
// One point for each with its remedy, for instance. Decoding on the only thread: one large picture stops all others;
// decode in threads of their own. No limits: a small file that unpacks to gigabytes ends the process; limit bytes and
// claimed pixels before unpacking. An endless queue: memory grows, latencies grow without bound, and clients that have
// given up are still computed for; bound the queue, refuse with 503 and Retry-After, drop requests whose client is gone.
// One image at a time: throughput far below what the machine can; batch. Killing: requests under way are lost; drain on
// SIGTERM, and start the new version before the old one ends. Not ready at the start: the first requests fail or are slow;
// warm up, and say so with /readyz.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/serving/batcher.ts` is Exercise 9.3 for real; `worker-pool.ts` replaces a worker that dies; `test/serving/` has five
//   hundred hostile requests.
// - Serve a folder with two versions, and replace one while you ask it all the time.
// - Next: [10 · Transfer learning](10-transfer.ipynb).
