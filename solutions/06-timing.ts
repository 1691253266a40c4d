// %% [markdown]
// # 6 · Where the time goes
//
// If a training takes a night, you can try one idea a day; if it takes a minute, hundreds. Speed decides how much you
// find out. It is also easy to measure wrongly, and easier still to explain wrongly. Here you measure first and explain
// afterwards.
//
// **You will be able to**
// - time a piece of work so that somebody else gets the same number;
// - say why one engine trains the same network many times as fast as another on the same computer;
// - count the arithmetic of a network, and how much of a computer's speed it reaches;
// - choose a batch size, for throughput or for latency;
// - say what a faster processor would bring, and what a GPU is good for.
//
// **You need** chapters 1 to 4, and about an hour and a half. Computing takes half a minute in the quick profile and
// about one in the full one, on two cores. No GPU is needed.

// %% [markdown]
// ## Set-up
//
// A time means nothing without the computer that it was measured on. So the first thing to print is where we are.

// %%
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from 'course/backend';
import { type BenchResult, isMeasured, spreadOf } from 'course/bench';
import * as data from 'course/data';
import { batchSweepFigure, show, showTable, throughputFigure } from 'course/figures';
import { check } from 'course/grading';
import { buildBaseline, flopPerImage, layerWork } from 'course/models';
import { byProfile } from 'course/profile';
import { createRandom } from 'course/random';
import { measure } from 'course/timing';
import { compileClassifier, compileModel } from 'course/training';

// %%
const backend = await useBackend();
console.log(`${cpus()[0].model}, ${availableParallelism()} cores, Node ${process.version}`);
console.log(`${backend.name}: ${backend.version} on ${backend.device}`);
const { train: images } = await data.loadSplits('cifar10');
const normalization = data.fitStandardization(images);

// %% [markdown]
// The work to be timed is one training step of chapter 4's baseline. A step takes normalized pixels and one-hot labels,
// here as plain floats beside their shape:

// %%
/** Bytes and labels as a network takes them. */
function ready({ images: bytes, labels, count }: data.LabelledImages) {
  const ys = new Float32Array(count * 10);
  labels.forEach((label, i) => {
    ys[i * 10 + label] = 1;
  });
  const xs = data.normalizePixels(bytes, normalization);
  return { xs: { data: xs, shape: [count, 32, 32, 3] }, ys: { data: ys, shape: [count, 10] } };
}
type Batch = ReturnType<typeof ready>;

// %%
/** The first images of the training part. */
function firstBatch(batchSize: number): Batch {
  const [batch] = data.imageBatches(images, { batchSize });
  return ready(batch);
}

/** The baseline, ready to train. */
function build() {
  const network = buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 });
  compileClassifier(network);
  return network;
}

// %% [markdown]
// There are two ways to compute a step. *Operation by operation*: JavaScript calls the engine for each convolution, each
// addition, each product. Or *compiled*: all operations are written down once, as a graph, and each step is a single
// call. What the difference is, you will measure; at first we take the faster one that works here.

// %%
/** One step, operation by operation; resolves when its loss has been read. */
async function eagerStep(network: tf.LayersModel, { xs, ys }: Batch) {
  const inputs = [tf.tensor(xs.data, xs.shape), tf.tensor(ys.data, ys.shape)];
  const results = await network.trainOnBatch(inputs[0], inputs[1]);
  tf.dispose(inputs);
  return results;
}

/** One step, compiled where the engine can do that. */
async function trainStep(network: tf.LayersModel, batch: Batch) {
  const { compiled } = compileModel(network);
  return compiled ? compiled.trainOnBatch(batch.xs, batch.ys) : eagerStep(network, batch);
}

// %% [markdown]
// ## How to time
//
// Take the time, do the work, take the time again. What could go wrong? Here are twelve steps on the same 64 images, one
// after the other.
//
// > **Predict:** how long does the first step take, compared with the last?

// %%
const model = build();
const batch = firstBatch(64);
const times: number[] = [];
for (let i = 0; i < 12; i++) {
  const start = performance.now();
  await trainStep(model, batch);
  times.push(performance.now() - start);
}
console.log(times.map((ms) => ms.toFixed(1)).join('  '), 'ms');

// %% [markdown]
// The first one does what no later one has to do: it writes down the graph, gets memory from the system, and waits for
// Node to translate the JavaScript. So run the work a few times before the clock counts: that is the **warm-up**.
//
// The others differ, too. Other programs want the same cores, and processors change their clock. One time is not enough:
// **repeat**, and report the one in the middle, the **median**. A single slow run pulls the mean away; see what it does
// to the median.

// %%
const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const warm = times.slice(2);
showTable(
  [
    { runs: 'all 12', 'mean, ms': mean(times), 'median, ms': spreadOf(times).median },
    { runs: 'the last 10', 'mean, ms': mean(warm), 'median, ms': spreadOf(warm).median },
  ],
  { precision: 1 },
);

// %% [markdown]
// One slow run has moved the mean of all twelve, and hardly the median. Report the median with the fastest run, the
// slowest, and the number of runs, *n*: then the reader can see how far to trust it.
//
// **Exercise 6.1** (2 points). Write such a summary. With an even number of times, the median lies halfway between the
// two in the middle. The list that you get must keep its order. (Mind `sort`: without a function to compare with, it
// sorts numbers as if they were words, 10 before 9.)

// %% question="q6.1" points=2
/** The middle, the extremes and the number of some times, at least one, in any order. */
function summarize(times: number[]): { median: number; min: number; max: number; n: number } {
  // BEGIN SOLUTION
  const sorted = [...times].sort((a, b) => a - b);
  const n = sorted.length;
  const median = (sorted[Math.floor((n - 1) / 2)] + sorted[Math.floor(n / 2)]) / 2;
  return { median, min: sorted[0], max: sorted[n - 1], n };
  // END SOLUTION
}

// %%
await check('q6.1');

// %% [markdown]
// ## Wait for the result
//
// A call may return before the work is done. A GPU works like that: the call only puts the work into a queue. A compiled
// step does the same, on threads of its own.
//
// > **Predict:** when does the call return, and when is the loss there?

// %%
await trainStep(model, batch); // warm-up
const start = performance.now();
const promise = trainStep(model, batch);
const returned = performance.now() - start;
await promise;
const finished = performance.now() - start;
console.log(`the call returned after ${returned.toFixed(2)} ms`);
console.log(`the loss was there after ${finished.toFixed(2)} ms`);

// %% [markdown]
// Whoever stops the clock when the call returns has timed the launch alone, and reports a wonder. Stop it when the result
// is there: `await` the step, and where the result is a tensor, read its values too (`await tensor.data()`).
//
// **Exercise 6.2** (3 points). Measure the *throughput* of a step, how many images it does in a second: run it twice to
// warm up, then five times with the clock on, each run for itself, and take the median of the five. Wait for each step to
// finish. `performance.now()` gives milliseconds.

// %% question="q6.2" points=3 needs=["q6.1"]
/** Images a second of a step on `batchSize` images: the median of five runs, after two others. */
async function throughput(step: () => Promise<unknown>, batchSize: number): Promise<number> {
  // BEGIN SOLUTION
  const durations: number[] = [];
  for (let run = 0; run < 7; run++) {
    const begin = performance.now();
    await step();
    if (run >= 2) durations.push(performance.now() - begin);
  }
  return (1000 * batchSize) / summarize(durations).median;
  // END SOLUTION
}

// %%
await check('q6.2');

// %% [markdown]
// The library's `measure` does the same for any work. An honest report is a sentence like this one, together with the
// computer and the versions printed at the top:

// %%
const timing = await measure(() => trainStep(model, batch), {
  warmup: 3,
  repeats: byProfile({ quick: 25, full: 100 }),
});
const range = `${timing.minMs.toFixed(1)} to ${timing.maxMs.toFixed(1)} ms, n = ${timing.n}`;
console.log('a training step of the baseline on 64 images, loss read back:');
console.log(`median ${timing.medianMs.toFixed(1)} ms (${range})`);

// %% [markdown]
// ## The same step on every engine
//
// The course knows four engines. `cpu` is plain JavaScript. `wasm` is WebAssembly, machine code for the virtual machine
// that browsers and Node share. `native` is TensorFlow, C++ made for your processor. `webgpu` is a graphics card.
//
// > **Predict:** their order, and the factor between the slowest and the fastest.
//
// Plain JavaScript comes first, with a single image: with 64 you would wait a minute for each step.

// %%
const cpu = await useBackend({ backend: 'cpu' });
const [slowModel, single] = [build(), firstBatch(1)];
const slow = await measure(() => eagerStep(slowModel, single), { warmup: 1, repeats: 3 });
console.log(`${cpu.device}: median ${slow.medianMs.toFixed(0)} ms for 1 image, n = ${slow.n}`);

// %% [markdown]
// Each of the others that works here gets a network of its own. One that does not work says why.

// %%
const engines: { name: string; step: () => Promise<unknown> }[] = [];
for (const name of ['wasm', 'native', 'webgpu'] as const) {
  try {
    const { device, warnings } = await useBackend({ backend: name });
    console.log([`${name}: ${device}`, ...warnings].join('; '));
    const network = build();
    const step = () => useBackend({ backend: name }).then(() => eagerStep(network, batch));
    engines.push({ name, step });
  } catch (error) {
    console.log((error as Error).message);
  }
}

// %% [markdown]
// And the compiled step, where there is one:

// %%
const { name: usual } = await useBackend();
const { compiled, reason } = compileModel(model);
if (compiled) {
  const step = () => useBackend().then(() => compiled.trainOnBatch(batch.xs, batch.ys));
  engines.push({ name: `${usual}, compiled`, step });
}
console.log(reason ?? `${usual}, compiled: one graph, one call a step`);

// %% [markdown]
// They take turns, round by round. If the computer has a slow minute, it hits all of them, and not only the one that is
// measured just then. In each round each gets a warm-up, since the one before has left the processor's cache full of its
// own numbers. (Plain JavaScript is so far behind that it need not take part.)

// %%
/** Times each of `works` in every round: the median of the rounds, the fastest, the slowest. */
async function inTurns(works: (() => Promise<unknown>)[], { repeats = 3 } = {}) {
  const times = works.map((): number[] => []);
  for (let round = 0; round < byProfile({ quick: 3, full: 9 }); round++) {
    for (const [i, work] of works.entries())
      times[i].push((await measure(work, { warmup: 1, repeats })).medianMs);
  }
  return times.map((list) => {
    const { median, min, max, n } = spreadOf(list);
    return { medianMs: median, minMs: min, maxMs: max, n };
  });
}

// %%
const timings = [slow, ...(await inTurns(engines.map(({ step }) => step)))];
await useBackend();
const measured = ['cpu', ...engines.map(({ name }) => name)].map((name, i) => {
  const { medianMs, minMs, maxMs } = timings[i];
  const thousandSteps = name === 'cpu' ? 1000 : 64_000; // images
  const [median, min, max] = [medianMs, maxMs, minMs].map((ms) => thousandSteps / ms);
  return { name, imagesPerSecond: { median, min, max } };
});

// %%
showTable(
  measured.map(({ name, imagesPerSecond }, i) => ({
    engine: name,
    'images/s': imagesPerSecond.median,
    slowest: imagesPerSecond.min,
    fastest: imagesPerSecond.max,
    n: timings[i].n,
    'times cpu': Math.round(imagesPerSecond.median / measured[0].imagesPerSecond.median),
  })),
  { precision: 1 },
);

// %%
await show(throughputFigure(measured, { title: 'Training the baseline', scale: 'log' }));

// %% [markdown]
// Mind the axis: each line is ten times the last. All rows train the same network on the same images, with the same
// result up to rounding, and (a graphics card aside) on the same processor. What differs is how it is used:
//
// - Plain JavaScript multiplies one number at a time, on one core.
// - WebAssembly multiplies four at a time, on several cores.
// - TensorFlow multiplies as many at a time as the processor can, up to sixteen, on all cores, and in an order in which
//   each number is used many times while it is still in the processor's cache. On Intel and AMD it leaves that to a
//   library, **oneDNN**. So does PyTorch. For its compiled steps this course has convolutions of its own besides, which
//   multiply less; you will see how.
//
// ## One call instead of hundreds
//
// `native` and `native, compiled` share the same TensorFlow. Why is one faster? Let us count the calls that JavaScript
// makes in a step. A network of eight layers: forward, backward, and the update of ten arrays of weights.
//
// > **Predict:** how many operations?

// %%
const counted = build();
const { kernels } = await tf.profile(() => eagerStep(counted, batch));
const most = new Map<string, number>();
for (const { name } of kernels) most.set(name, (most.get(name) ?? 0) + 1);
const first = [...most].sort(([, a], [, b]) => b - a).slice(0, 5);
console.log(
  `${kernels.length} operations, most often:`,
  first.map((pair) => pair.join(' ')).join(', '),
);

// %% [markdown]
// Few of them are convolutions; most are the small arithmetic of Adam. What does it cost to call an operation that has
// next to nothing to do? Add two numbers, a thousand times.

// %%
const one = tf.scalar(1);
const thousand = await measure(() => {
  for (let i = 0; i < 1000; i++) tf.add(one, one).dispose();
});
const callMs = thousand.medianMs / 1000;
console.log(`${(1000 * callMs).toFixed(0)} µs a call`);
console.log(`${kernels.length} calls: ${(kernels.length * callMs).toFixed(1)} ms`);

// %% [markdown]
// Compare that with what a step takes:

// %%
for (const [i, { name }] of measured.entries()) {
  if (name !== 'cpu') console.log(`${name}: ${timings[i].medianMs.toFixed(1)} ms a step`);
}

// %% [markdown]
// The calls alone explain only a part of the difference. A graph saves more than calls, because TensorFlow sees the whole
// step before it begins:
//
// - *Fused operations*. A convolution, its bias and its ReLU become one operation, which writes its result to memory once
//   instead of three times. Adam becomes a single operation for each array of weights.
// - *Less memory*. A number that nobody will read again makes room for the next one at once; called one by one, each
//   operation asks for new memory.
// - *No waiting*. Operations that do not need each other's results run side by side, and JavaScript is free in the
//   meantime to make the next batch.
//
// This is what `tf.function` does in Python's TensorFlow and `torch.compile` in PyTorch. `lib/training/compile/` is how
// this course does it.
//
// ## Inside a step
//
// A graph can tell how long each of its operations took. Here are the five longest of one step:

// %%
const profile = () => compiled?.profileStep(batch.xs, batch.ys) ?? [];
profile(); // warm-up
const operations = profile();
const longest = [...operations].sort((a, b) => b.durationMs - a.durationMs).slice(0, 5);
console.log(reason ?? `${operations.length} operations in the graph`);
showTable(longest.map(({ name, op, durationMs }) => ({ name, operation: op, ms: durationMs })));

// %% [markdown]
// The names tell who computes: `Mkl` is an old name of oneDNN, `Winograd` and `Direct` are this course's. `Fused` is what
// the graph made possible, as is a convolution with `MaxPool` in its name. `Backprop` are gradients, by a convolution's
// input or by its filter.
//
// But this was a single step, *n* = 1. So take many, sort their operations into kinds, and report the median of each
// kind.
//
// > **Predict:** which share of the time goes into convolutions and their gradients?

// %%
const kinds: Record<string, RegExp> = {
  'convolutions and their gradients': /Conv|Winograd/,
  'dense layers': /MatMul/,
  pooling: /Pool/,
  ReLU: /Relu/,
  'Adam, which moves the weights': /Adam/,
  'the rest': /./,
};
const kindOf = (op: string) => Object.keys(kinds).find((kind) => kinds[kind].test(op)) ?? '';

// %%
const sums = Array.from({ length: compiled ? byProfile({ quick: 20, full: 100 }) : 0 }, () => {
  const ofStep = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
  for (const { op, durationMs } of profile()) ofStep[kindOf(op)] += durationMs;
  return ofStep;
});

// %%
if (compiled) {
  const medians = Object.keys(kinds).map((kind) => spreadOf(sums.map((sum) => sum[kind])).median);
  const sum = medians.reduce((total, ms) => total + ms, 0);
  const rows = Object.keys(kinds).map((kind, i) => ({
    kind,
    ms: medians[i],
    '%': (100 * medians[i]) / sum,
  }));
  showTable(
    rows.filter(({ ms }) => ms > 0),
    { precision: 1 },
  );
  console.log(`sum ${sum.toFixed(1)} ms; by the clock, ${timing.medianMs.toFixed(1)} ms a step`);
}

// %% [markdown]
// Convolutions and their gradients take most of it. What remains does next to no arithmetic: it reads and writes memory.
// The sum and the clock need not agree. Operations that run side by side are both counted,
// and looking so closely takes time, too.
//
// ## Counting the arithmetic
//
// Is a step fast? Compared with what? Arithmetic can be counted. The unit is the *multiply-add*: a value times a weight,
// added to a sum. Each number that a convolution puts out is such a sum, over all values that its window sees.
//
// **Exercise 6.3** (2 points). Count the multiply-adds of a convolution with a square kernel, stride 1 and no padding,
// for one image of `height` x `width` x `channels`. How many numbers does it put out (exercise 4.1), and how many
// products are added up for each? Leave the biases out.

// %% question="q6.3" points=2
/** Multiply-adds for one image; the kernel has `kernel` rows and columns. */
function convolutionWork(
  [height, width, channels]: [number, number, number],
  kernel: number,
  filters: number,
): number {
  // BEGIN SOLUTION
  const outputs = (height - kernel + 1) * (width - kernel + 1) * filters;
  return outputs * kernel * kernel * channels;
  // END SOLUTION
}

// %%
await check('q6.3');

// %% [markdown]
// > **Predict:** chapter 4's table said that more than half of all *weights* sit in the first dense layer. Which layer
// > has most of the *work*?

// %%
const work = layerWork(model);
const total = work.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
showTable(
  work.map(({ layer, output, multiplyAdds }) => ({
    layer,
    output,
    'multiply-adds': multiplyAdds,
    '%': (100 * multiplyAdds) / total,
  })),
  { precision: 1 },
);

// %% [markdown]
// A dense layer uses each weight once for an image; a convolution uses each of its weights at every place of its output.
// Weights cost memory, multiply-adds cost time.
//
// A multiply-add is two *floating-point operations* (FLOP), a product and a sum. Training needs about three times as many
// as predicting: forward, then back for the weights' gradients, then back for the gradients of what came in.

// %%
const flop = flopPerImage(model);
const million = (count: number) => `${(count / 1e6).toFixed(1)} million`;
console.log(`one image: ${million(flop.predict)} FLOP to predict, ${million(flop.train)} to train`);
for (const { name, imagesPerSecond } of measured) {
  const gflops = (imagesPerSecond.median * flop.train) / 1e9;
  console.log(`${name}: ${gflops.toPrecision(3)} GFLOP/s`);
}

// %% [markdown]
// GFLOP/s are billions of operations a second. How many could it be? Take the work that processors do best, the product
// of two square matrices, in four sizes; and our step, in turns with them.
//
// > **Predict:** do small matrices reach the speed of large ones? Does the step?

// %%
const matrixSizes = [16, 64, 256, 1024];
const products = matrixSizes.map((size) => {
  const matrix = tf.ones([size, size]);
  return async () => {
    const product = tf.matMul(matrix, matrix);
    await product.data();
    product.dispose();
  };
});
const all = await inTurns([...products, () => trainStep(model, batch)], { repeats: 9 });

// %%
const names = [...matrixSizes.map((size) => `${size} x ${size}`), 'training step'];
const mflop = [...matrixSizes.map((size) => 2 * size ** 3), 64 * flop.train].map((n) => n / 1e6);
showTable(
  all.map(({ medianMs }, i) => ({
    work: names[i],
    'million FLOP': mflop[i],
    ms: medianMs,
    'GFLOP/s': mflop[i] / medianMs,
  })),
  { precision: 2 },
);

// %% [markdown]
// The call costs the same for 16 rows as for 1024. Small work is lost in it, large work hardly notices. Layers are like
// that, too: the last dense layer of the baseline is a product of 64 x 64 by 64 x 10, smaller than the second row.
//
// A step has much to read and to write besides its convolutions; and where a convolution has few channels, each value that
// comes from memory is used a few times only, so that the arithmetic waits. Whoever multiplies as often as the definition
// says therefore stays below the best product. If your step stands above it, its convolutions get by with fewer
// multiplications than were counted here: more of that below.
//
// ## The size of a batch
//
// So let us make the work larger: more images a step. The *throughput* is how many images are done in a second, the
// *latency* how long it takes until a step is done.
//
// > **Predict:** how do the two change from 1 image to 512?

// %%
const sizes = byProfile({ quick: [1, 8, 64, 512], full: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });
const batches = sizes.map(firstBatch);
const swept = await inTurns(batches.map((some) => () => trainStep(model, some)));
const sweep = swept.map((timed, i) => ({ ...timed, batchSize: sizes[i] }));
await show(batchSweepFigure(sweep, { title: 'One training step of the baseline' }));

// %%
const rates = sweep.map(({ batchSize, medianMs }) => (1000 * batchSize) / medianMs);
const best = Math.max(...rates);
const bestSize = sizes[rates.indexOf(best)];
const factor = best / rates[0];
console.log(`one at a time: ${rates[0].toFixed(0)} images/s`);
console.log(`${bestSize} at a time: ${best.toFixed(0)} images/s`);
console.log(`${factor.toFixed(1)} times as many`);

// %% [markdown]
// At first the step hardly takes longer although it does more: what it costs to start is shared by more images. Then the
// processor has enough to do, and twice the images take twice the time. The throughput stays where it is, or falls again
// when the numbers of a step no longer fit into the cache.
//
// Larger is not simply better. With larger batches an epoch has fewer steps, and so the weights are moved less often: you
// may compute faster and learn more slowly.
//
// ## The slow part decides
//
// A batch must be made before it can be learned from: gather the images, flip and crop, normalize. How long does that
// take?
//
// > **Predict:** which share of the whole?

// %%
const augment = data.compose(
  data.horizontalFlip({ probability: 0.5 }),
  data.randomCrop({ padding: 4 }),
);
const epoch = data.imageBatches(images, { batchSize: 64, augment, random: createRandom(1) });

/** The next batch of the epoch. */
function makeBatch(): Batch {
  const { value } = epoch.next();
  if (!value) throw new RangeError('the epoch is over');
  return ready(value);
}

// %%
const [input, step] = await inTurns([async () => makeBatch(), () => trainStep(model, batch)], {
  repeats: 15,
});
const both = input.medianMs + step.medianMs;
console.log(`making a batch: ${input.medianMs.toFixed(2)} ms`);
console.log(`a step: ${step.medianMs.toFixed(2)} ms`);
console.log(`the step is ${((100 * step.medianMs) / both).toFixed(0)} % of the two`);

// %% [markdown]
// Suppose you buy a processor with which the step takes a tenth of the time, while the batches are made as before. Ten
// times as fast in all? No: what was not made faster remains. Gene Amdahl said so in 1967, and it is called **Amdahl's
// law**.
//
// **Exercise 6.4** (2 points). Of the whole time, the share `share` (0 to 1) becomes `factor` times as fast, the rest
// stays. How many times as fast is the whole? (Let the old time be 1. What is the new one?)

// %% question="q6.4" points=2
/** How many times as fast the whole becomes. */
function speedup(share: number, factor: number): number {
  // BEGIN SOLUTION
  return 1 / (1 - share + share / factor);
  // END SOLUTION
}

// %%
await check('q6.4');

// %% [markdown]
// Even an infinitely fast processor brings no more than 1 / (1 - share).
//
// There is a way out: *overlap*. While one batch is computed, the next is made. A step and a batch then take as long as
// the longer of the two, not as long as both. `train` does it like this:

// %%
/** Learns from 8 batches; with `overlap` the next is made while one is computed. */
async function learn({ overlap }: { overlap: boolean }) {
  let running: Promise<unknown> | undefined;
  for (let i = 0; i < 8; i++) {
    const next = makeBatch();
    await running;
    running = trainStep(model, next);
    if (!overlap) await running;
  }
  await running;
}

// %%
const ways = await inTurns([() => learn({ overlap: false }), () => learn({ overlap: true })], {
  repeats: 1,
});
const perBatch = ways.map(({ medianMs, minMs, maxMs }) => {
  return [medianMs, minMs, maxMs].map((ms) => (ms / 8).toFixed(1));
});
console.log('one after the other: median %s ms a batch (%s to %s)', ...perBatch[0]);
console.log('overlapped:          median %s ms a batch (%s to %s)', ...perBatch[1]);

// %% [markdown]
// Where the step computes on all cores, the gain is small or lost in the spread: whoever makes the next batch takes a
// core away from the step. With a GPU the processor has nothing else to do, and the batches cost no time at all, as long
// as making one takes less than a step. What would a faster processor for the steps bring here? By calculation:

// %%
showTable(
  [1, 2, 10, 100].map((factor) => {
    const faster = step.medianMs / factor;
    return {
      'step, times as fast': factor,
      'in turn, ms': input.medianMs + faster,
      'overlapped, ms': Math.max(input.medianMs, faster),
      'overlapped, images/s': Math.round(64_000 / Math.max(input.medianMs, faster)),
    };
  }),
  { precision: 2 },
);

// %% [markdown]
// From some factor on nothing changes any more: the processor waits for its images. Many a costly GPU is used like that.
// That is why this course flips and crops bytes, which are four times smaller than floats, and why chapter 3 measured
// what that costs.
//
// ## What a GPU is good for
//
// A processor has a few cores, made to do one thing after another quickly. A GPU has thousands of simple arithmetic
// units, and a memory about ten times as fast. Where thousands of multiply-adds do not have to wait for each other, it is
// far ahead. It has its price:
//
// - *Launches*. Each operation has to be sent to it. That takes microseconds, however little there is to do.
// - *Memory traffic*. Operations such as ReLU compute next to nothing, and are as slow as the memory. Fusing helps.
// - *Filling it*. A small batch or a small layer leaves most of its units without work.
// - *Transfer*. The images have to get there, and the way is slower than either memory.
//
// We have not measured a GPU yet, so what follows is a calculation, not a measurement. Assume one that does the
// arithmetic 50 times as fast as your best step above, and needs 10 µs for each launch. Operation by operation it has as
// many launches as we counted; let a graph get along with 50. The three numbers are made up, of a usual size.
//
// > **Predict:** how large must a batch be, so that it reaches half of its speed?

// %%
const assumed = { timesAsFast: 50, launchMs: 0.01, launchesOfGraph: 50 };
const forecast = [1, 8, 64, 512, 4096].map((batchSize) => {
  const computing = (1000 * batchSize) / (assumed.timesAsFast * best);
  const percent = (launches: number) =>
    (100 * computing) / Math.max(computing, launches * assumed.launchMs);
  return {
    'batch size': batchSize,
    'arithmetic, ms': computing,
    'operation by operation, % of its speed': percent(kernels.length),
    'graph, % of its speed': percent(assumed.launchesOfGraph),
  };
});
showTable(forecast, { precision: 2 });

// %% [markdown]
// With a small batch it is busy with being started. Large batches, large layers and graphs with few launches are what a
// GPU needs. For a network as small as the baseline a processor will do; for the large ones of chapter 5 a GPU makes
// minutes of hours.
//
// Do you have one? `npx course doctor` says whether the course computes on it, and the table above then has a row for it.
//
// ## Measured elsewhere
//
// `npx course bench train` measures this course against Keras and PyTorch. The course keeps some results in
// `data/benchmarks/`. From each, take the fastest of ours and the fastest of the others, which trained the same baseline
// with the same batch size:

// %%
const folder = '../data/benchmarks';
const files = existsSync(folder) ? readdirSync(folder) : [];
const results = files
  .filter((file) => file.endsWith('.json'))
  .map((file): Partial<BenchResult> => JSON.parse(readFileSync(`${folder}/${file}`, 'utf8')));
const recorded = results
  .filter((result) => result.task === 'train')
  .flatMap(({ machine, threads, comparisons = [] }) => {
    const where = `${machine?.cpu}, ${threads} threads`;
    return comparisons.map((comparison) => ({ ...comparison, where }));
  })
  .filter((comparison) => comparison.network === 'small');

// %%
const here = [...measured].sort((a, b) => b.imagesPerSecond.median - a.imagesPerSecond.median)[0];
const rows = [{ where: 'here, now', who: here.name, 'images/s': here.imagesPerSecond.median }];
for (const comparison of recorded) {
  const entrants = comparison.contenders.filter(isMeasured);
  for (const family of ['ours', 'peer']) {
    const fastest = entrants.find((entrant) => entrant.family === family);
    if (!fastest) continue;
    const { name, imagesPerSecond } = fastest;
    rows.push({ where: comparison.where, who: name, 'images/s': imagesPerSecond.median });
  }
}
showTable(rows, { precision: 0 });
if (recorded.length === 0) console.log('data/benchmarks/ has no other results yet');

// %% [markdown]
// Run it yourself (the first time it installs Keras and PyTorch, 2.7 GB), and read its table like this:
//
// - *The same work*: layers, number of weights, optimizer, images, batch size, float32, loss read back. Who trains
//   another number of weights is refused. Whoever computes with 16 bits stands in a table of its own.
// - *In turns*: all are started, warmed up and kept waiting; in each round every one runs once, alone.
// - `images/s` is the median of the rounds; then come the slowest and the fastest round, and their number.
// - *Every peer at its best*: Keras and PyTorch have several rows, with other memory layouts, compiled or not. Compare
//   with their best row. To beat somebody's worst setting proves nothing.
// - `of peak` compares the GFLOP/s with those of the fastest single convolution of oneDNN on the same computer. Who
//   multiplies as often as the definition says does not reach 100 % of it.
// - The last line sets our best against the best peer: the median of the ratios, round by round.
//
// On Intel and AMD, Keras and PyTorch leave their convolutions to oneDNN, so there is little to win or to lose inside of
// one. What differs is what lies around it: the layout of numbers in memory, what is fused, when memory is given back,
// how many calls it takes.
//
// ## Fewer multiplications
//
// Is the number of multiply-adds fixed? Take a filter of three weights that moves over four values: two results, three
// multiplications each, six in all. Four are enough, if one adds before and after:

// %%
const [d0, d1, d2, d3] = [3, 1, 4, 1];
const [g0, g1, g2] = [2, 7, 1];
const m0 = (d0 - d2) * g0;
const m1 = ((d1 + d2) * (g0 + g1 + g2)) / 2;
const m2 = ((d2 - d1) * (g0 - g1 + g2)) / 2;
const m3 = (d1 - d3) * g2;
console.log('six: ', d0 * g0 + d1 * g1 + d2 * g2, d1 * g0 + d2 * g1 + d3 * g2);
console.log('four:', m0 + m1 + m2, m1 - m2 - m3);

// %% [markdown]
// The sums of weights are made once for all images, those of values once for all filters, so only the multiplications
// count. Shmuel Winograd found in 1980 how few there must be, and Andrew Lavin and Scott Gray brought it to convolutions
// in [2015](https://arxiv.org/abs/1509.09308). Down and across, a square of 4 x 4 results of a 3 x 3 filter takes 36
// multiplications instead of 144. That is how compiled steps of this course compute such convolutions and their
// gradients on processors with AVX2 or AVX-512 (`lib/native/winograd.h`), and why its rows may stand above 100 % of the
// peak: the table counts multiply-adds as the definition has them. With `COURSE_CONVOLUTIONS=0` oneDNN computes them all.
//
// It costs something: adding takes time, so that small convolutions win little; and rounding errors grow, here to about a
// millionth of the largest result, or with 16 bits to three times what they were. For that reason nobody takes squares
// much larger than 4 x 4.
//
// ## Half the bits
//
// The rows with `mixed_bfloat16` compute with 16 bits instead of 32. A float32 has a sign, 8 bits of exponent and 23 of
// fraction; bfloat16 keeps the exponent, so it holds numbers as large and as small, but only 7 bits of fraction, two to
// three decimal digits. Processors that have instructions for it multiply twice as many of them at a time, and half the
// bytes come from memory. That is enough for a convolution, whose sums stay in float32. It is not enough for a weight:
// adding a thousandth of itself to it would change nothing. So the weights and their updates keep 32 bits, and only
// what is computed with them is rounded. That is why it is called *mixed* precision.
//
// `train(model, images, { precision: 'mixed_bfloat16', ... })` does it, or `npx course train --precision mixed_bfloat16`;
// `npx course doctor` says whether your processor has the instructions. Without them it is slower. On the two cores of an
// AMD EPYC the baseline's ten epochs took 46 s instead of 54, and its test accuracy was 75.8 % instead of 75.6 (medians
// of the seeds 1, 2 and 3).
//
// ## Summary
//
// - Warm up, repeat, wait for the result; report median, spread, *n*, computer and versions. Compare in turns.
// - The same arithmetic can take a thousand times as long. It depends on how the processor is used.
// - A compiled step is one call: fused operations, less memory, no waiting.
// - Weights cost memory, multiply-adds cost time. Small work does not reach the speed of large work.
// - Large batches bring throughput, small ones latency.
// - What a faster part can bring is limited by the rest: Amdahl's law. Overlapping hides the shorter part.
// - Mixed precision computes with 16 bits and keeps the weights in 32.
//
// ## Questionnaire
//
// 1. A step takes 20 ms, with a warm-up of 400 ms for the first. Somebody times ten steps, the first among them, and
//    reports the mean. Which number do they report, and which would the median have been?
// 2. A convolution gets twice the input channels and twice the filters. How do weights and multiply-adds change?
// 3. Images become twice as wide and twice as high. How do the weights and the multiply-adds of a convolution change?
// 4. Making batches is 20 % of the time, and nothing is overlapped. What is the most that a faster GPU can bring? Does
//    overlapping change that limit?
// 5. Why does fusing ReLU into the convolution before it help, although it saves no multiply-add?

// %% [markdown]
// **Question 6.5** (3 points). A colleague writes: "I trained one epoch on my laptop, it took 300 s. On the GPU,
// `model.trainOnBatch` took 2 ms, and an epoch has 700 steps, so the GPU is 200 times as fast." Name three things that
// are wrong or missing, and describe the measurement that you would ask for.

// %% [markdown] question="q6.5" points=3
// BEGIN SOLUTION
// One point for each of three flaws with its remedy, for instance: (1) the 2 ms may be the launch alone; wait for the
// loss and read it. (2) An epoch with loading, augmentation and validation is compared with a bare step; time the same
// work on both. (3) One run each, no warm-up, no spread; warm up, repeat, give the median, the range and n. (4) Neither
// computers, versions, engine (compiled or not, native or WebAssembly) nor batch size are named. (5) Not measured in
// turns or at different times: other programs may have been running. No more than 2 points where no measurement is
// described that could be repeated.
// END SOLUTION

// %% [markdown]
// **Question 6.6** (2 points). The same trained network has two jobs: to answer, each within 50 ms, visitors who send one
// photo at a time; and to sort ten million archived photos over the weekend. Which batch size would you choose for each,
// by which of your measurements, and what is the catch in waiting for more visitors in order to fill a batch?

// %% [markdown] question="q6.6" points=2
// BEGIN SOLUTION
// One point: visitors need latency, so the largest batch whose step stays well below 50 ms, often 1 to a few; the archive
// needs throughput, so the smallest batch at which images/s no longer grows. Both are read off the sweep, measured for
// prediction rather than training. One point: who waits for others adds the waiting to the latency. So wait a few
// milliseconds at most, and compute what is there by then (chapter 9 builds such a server).
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/training/compile/` makes the graph: `trace.ts` writes down what a step does, `kernels.ts` fuses.
// - `lib/timing.ts` is `measure` on one page; `lib/bench/` measures others fairly.
// - `npx course bench wasm` compares the engines of this chapter once more, each in a process of its own.
// - Next: chapter 7 spends the time that you saved on trying many settings.
