// %% [markdown]
// # 11 · The same network elsewhere
//
// A network is a list of layers and a heap of numbers. Nothing in it belongs to the program that trained it. In this
// chapter it leaves home: for Keras and TensorFlow, for PyTorch, for ONNX Runtime, and back. On the way you open the
// files and find out why a network so often gives other answers after a move.
//
// **You will be able to**
// - say what must travel with the weights, and what happens if it does not;
// - read a weights file from its bytes;
// - convert a kernel from one memory layout to another, and pad as TensorFlow does;
// - fold batch normalization into a convolution, as every fast runtime does;
// - check that a moved network is still the same, with a number instead of a feeling.
//
// **You need** chapters 4, 5 and 8, and about 45 minutes. Nothing else has to be installed: what the other frameworks
// answered was recorded. If you have them, the README says how to measure it again.

// %% [markdown]
// ## Set-up

// %%
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from 'course/backend';
import * as data from 'course/data';
import * as evaluation from 'course/evaluation';
import * as figures from 'course/figures';
import { check } from 'course/grading';
import * as interchange from 'course/interchange';
import { decodeSafetensors } from 'course/safetensors';

// %%
const backend = await useBackend();
console.log(`${backend.name}: ${backend.reason}`);
const classifier = await interchange.loadClassifier('../data/pretrained/regularized-cifar10');
const { test } = await data.loadSplits('cifar10');
const images = data.takeStratified(test, { count: 200 });
const place = mkdtempSync(join(tmpdir(), 'chapter-11-'));

// %% [markdown]
// ## What is in it
//
// `describeNetwork` turns a model into plain data: its layers in order, where each takes its input from, what it was
// made with, and its weights.

// %%
const network = await interchange.describeNetwork(classifier.model);
figures.showTable(
  network.layers.slice(0, 6).map(({ name, className, inputs, weights }) => ({
    layer: name,
    kind: className,
    reads: inputs.join(', '),
    weights: Object.entries(weights)
      .map(([weight, { shape }]) => `${weight} [${shape}]`)
      .join(', '),
  })),
);

// %% [markdown]
// That is the network. It is not yet what turns a photograph into an answer. Three things more are needed, and they are
// what is lost most often:
//
// - the **preprocessing**: which mean and standard deviation, in which order of channels, from bytes or from 0 to 1;
// - the **class names**, in the order of the outputs;
// - whether the outputs are **logits or probabilities**.
//
// > **Predict:** the network gets its images divided by 255, but without the mean taken off. How much accuracy is left?

// %%
const share = async (normalization: data.Normalization) => {
  const { predicted } = await evaluation.predict(classifier.model, images, { normalization });
  return evaluation.accuracy(images.labels, predicted);
};
console.log(`as in training: ${(100 * (await share(classifier.normalization))).toFixed(1)} %`);
console.log(`only divided by 255: ${(100 * (await share(data.scaleOnly(3)))).toFixed(1)} %`);

// %% [markdown]
// No error, no warning, only worse answers. Therefore the course writes the preprocessing *into* the exported network, as
// its first layer, wherever the format allows it: Keras, SavedModel and ONNX files take bytes and give probabilities. In
// the other two it stands beside the network.

// %%
const made: { format: string; kB: number; 'how to load it': string }[] = [];
for (const format of interchange.exportFormats) {
  const name = `network${interchange.extensionOf(format) || `-${format}`}`;
  const path = join(place, name);
  await interchange.exportClassifier(classifier, path, { to: format });
  const main = { tfjs: '/weights.bin', savedmodel: '/saved_model.pb' }[format as string] ?? '';
  const { size } = await stat(path + main);
  const line = interchange.loadingLine(format, name);
  made.push({ format, kB: Math.round(size / 1000), 'how to load it': line });
}
figures.showTable(made);

// %% [markdown]
// In a terminal that is `npx course export MODEL --to onnx`. All of them have about the same size: the weights are nearly
// everything, four bytes each.
//
// ## A file of weights, byte by byte
//
// The simplest of the six is [safetensors](https://huggingface.co/docs/safetensors), which exists because its forerunner,
// Python's pickle, could run any program hidden in a file of weights. It has three parts:
//
// 1. eight bytes: the length $n$ of the header, a whole number, the lowest byte first (*little-endian*);
// 2. $n$ bytes: the header, JSON in UTF-8: for each tensor `dtype`, `shape` and `data_offsets`, from where to where its
//    numbers go, counted from the end of the header;
// 3. the numbers, one tensor after the other.

// %%
const bytes = readFileSync(join(place, 'network.safetensors'));
console.log(bytes.subarray(0, 8).toString('hex').match(/../g)?.join(' '));
console.log(bytes.subarray(8, 100).toString('utf8'));

// %% [markdown]
// **Exercise 11.1** (2 points). Read the header. A `DataView` has `getBigUint64(position, littleEndian)`; a header is
// never so long that `Number(...)` of it would be inexact. If the file is shorter than it says, throw a `RangeError`.

// %% question="q11.1" points=2
/** The header of a safetensors file; `file` may be a part of a larger memory, as Node's buffers are. */
function readHeader(file: Uint8Array): Record<string, unknown> {
  // BEGIN SOLUTION
  if (file.length < 8) throw new RangeError(`expected 8 bytes, got ${file.length}`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > file.length)
    throw new RangeError(`expected ${8 + length} bytes, got ${file.length}`);
  return JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  // END SOLUTION
}

// %%
await check('q11.1');

// %%
const { tensors, metadata } = decodeSafetensors(bytes); // the library's, with more checks
console.log(Object.keys(metadata ?? {}).join(', '));
for (const [name, { shape }] of Object.entries(tensors).slice(0, 6)) console.log(name, shape);

// %% [markdown]
// ## The same numbers in another order
//
// Compare the kernel of `conv1` above with `conv1.weight` here: [3, 3, 3, 32] and [32, 3, 3, 3]. TensorFlow keeps a kernel
// as *height, width, input, output*, PyTorch as *output, input, height, width*. Images differ as well: TensorFlow keeps
// the channels of a pixel together (NHWC), PyTorch keeps whole planes (NCHW). Read in the wrong order, a kernel is still a
// kernel, and nothing complains.
//
// **Exercise 11.2** (2 points). From TensorFlow's order to PyTorch's. In a row-major list the last index runs fastest: the
// number at `[h, w, i, o]` of `[height, width, inputs, outputs]` stands at
// `((h * width + w) * inputs + i) * outputs + o`.

// %% question="q11.2" points=2
/** A kernel [height, width, inputs, outputs], row-major, as [outputs, inputs, height, width]. */
function toPyTorch(kernel: ArrayLike<number>, shape: readonly number[]): number[] {
  // BEGIN SOLUTION
  const [height, width, inputs, outputs] = shape;
  const result = new Array<number>(kernel.length);
  let at = 0;
  for (let o = 0; o < outputs; o++)
    for (let i = 0; i < inputs; i++)
      for (let h = 0; h < height; h++)
        for (let w = 0; w < width; w++)
          result[at++] = kernel[((h * width + w) * inputs + i) * outputs + o];
  return result;
  // END SOLUTION
}

// %%
await check('q11.2');

// %% [markdown]
// A dense layer behind a `flatten` is the hidden part of this: its rows are in the order in which the image was flattened.
// The course's export puts them in PyTorch's order too.
//
// ## Where to begin: padding
//
// With `same` padding and a stride of 1, a kernel of 3 gets one row of zeros on each side, everywhere. With a stride of 2
// the frameworks part. TensorFlow asks: how many outputs, $\lceil \text{size} / \text{stride} \rceil$; how many rows do
// these need, $(\text{outputs} - 1) \cdot \text{stride} + \text{kernel}$; and puts what is missing half before and half
// after, the odd one *after*. PyTorch's `padding=1` puts one row before and one after, and the whole grid is off by a
// pixel.
//
// **Exercise 11.3** (2 points). Compute it. Nothing is ever taken away: what is missing is at least 0.

// %% question="q11.3" points=2
/** Rows of zeros that TensorFlow's `same` padding adds. */
function samePadding(
  size: number,
  { kernel, stride }: { kernel: number; stride: number },
): { before: number; after: number } {
  // BEGIN SOLUTION
  const outputs = Math.ceil(size / stride);
  const missing = Math.max(0, (outputs - 1) * stride + kernel - size);
  const before = Math.floor(missing / 2);
  return { before, after: missing - before };
  // END SOLUTION
}

// %%
await check('q11.3');

// %% [markdown]
// ## Fewer layers, the same answers
//
// In prediction batch normalization is a multiplication and an addition for each channel, with numbers that no longer
// change. A convolution is linear, so it can do that itself:
//
// $$\gamma \, \frac{(w * x) - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta
// = \Big(\underbrace{\tfrac{\gamma}{\sqrt{\sigma^2 + \varepsilon}}}_{s} w\Big) * x + (\beta - s \mu)$$
//
// Every runtime that is made for prediction **folds** it like that. It can be done only once training is over.
//
// **Exercise 11.4** (3 points). The new kernel and bias. The kernel's last index is the output channel, so the number at
// `n` belongs to channel `n % channels`. The convolution had no bias before.

// %% id="norm"
/** What batch normalization keeps, one number for each channel. */
type Norm = {
  gamma: ArrayLike<number>;
  beta: ArrayLike<number>;
  mean: ArrayLike<number>;
  variance: ArrayLike<number>;
  epsilon: number;
};

// %% question="q11.4" points=3 needs=["norm"]
/** A convolution that does what `kernel`, [..., channels], and then `norm` did. */
function fold(kernel: ArrayLike<number>, norm: Norm): { kernel: number[]; bias: number[] } {
  // BEGIN SOLUTION
  const { gamma, beta, mean, variance, epsilon } = norm;
  const channels = gamma.length;
  const scales = Array.from(gamma, (g, c) => g / Math.sqrt(variance[c] + epsilon));
  return {
    kernel: Array.from(kernel, (w, n) => w * scales[n % channels]),
    bias: scales.map((scale, c) => beta[c] - scale * mean[c]),
  };
  // END SOLUTION
}

// %%
await check('q11.4');

// %% [markdown]
// ## There and back
//
// A file that can be written can be read. What comes back from Keras' format?
//
// > **Predict:** will the probabilities be equal, or nearly equal?

// %%
const back = await interchange.importClassifier(join(place, 'network.keras'));
console.log(back.classNames.join(', '));
console.log(back.normalization);
const before = await evaluation.predict(classifier.model, images, classifier);
const after = await evaluation.predict(back.model, images, back);
const differences = before.probabilities.map((p, i) => Math.abs(p - after.probabilities[i]));
console.log(`largest difference of a probability: ${Math.max(...differences)}`);

// %% [markdown]
// `npx course import FILE` does that for networks from elsewhere, also for those that Keras or PyTorch have saved
// themselves. A file from elsewhere is a stranger: the reader believes no size that it states, runs nothing that it
// contains, and refuses a layer that it does not know by name.
//
// ## What the others say
//
// The three pretrained networks were exported and asked for the probabilities of the same test images, once in each
// framework:

// %% id="recorded"
/** What was recorded; see `made by`. */
type Recorded = {
  date: string;
  command: string;
  versions: Record<string, string>;
  images: number;
  answers: { network: string; file: string; program: string; largestDifference: number }[];
  trainings: { name: string; losses: Record<string, number[]> }[];
};

// %% needs=["recorded"]
const recorded: Recorded = JSON.parse(readFileSync('../data/benchmarks/frameworks.json', 'utf8'));
console.log(`made by: ${recorded.command}, ${recorded.date.slice(0, 10)}`);
console.log(
  Object.entries(recorded.versions)
    .map((pair) => pair.join(' '))
    .join(', '),
);
figures.showTable(
  recorded.answers.map(({ largestDifference, ...row }) => {
    return { ...row, 'largest difference': largestDifference.toExponential(1) };
  }),
  { caption: `of any probability, on ${recorded.images} test images` },
);

// %% [markdown]
// Nearly equal, and exactly equal only where both programs happen to use the same routines. A sum of floating-point numbers
// depends on the order in which they are added, and each program has its own. A 32-bit float carries about seven digits;
// differences around $10^{-7}$ are that, and nothing else. A wrong layout or a forgotten mean shows as a difference of 0.1 or more. Between the two there is a gulf, and that
// is what makes such a check useful: look at the *largest* difference of any probability, not at the accuracy, which may
// hide a small mistake.
//
// ## Does it learn the same?
//
// The harder question. Give TensorFlow.js, Keras and PyTorch the same initial weights, the same batches and the same
// optimizer, and look at the loss of each of the first twenty steps. As referee there is PyTorch again, with 64-bit
// floats, which carry sixteen digits.
//
// > **Predict:** will the losses drift apart? Slowly or fast?

// %%
const [chosen] = recorded.trainings;
const referee = chosen.losses['PyTorch, 64 bits'];
const drift = Object.entries(chosen.losses)
  .filter(([program]) => program !== 'PyTorch, 64 bits')
  .map(([name, losses]) => ({
    name,
    x: losses.map((_, step) => step + 1),
    y: losses.map((loss, step) => Math.max(1e-9, Math.abs(loss - referee[step]) / referee[step])),
  }));
console.log(chosen.name);

// %%
await figures.show({
  data: drift.map((curve) => ({ ...curve, type: 'scatter', mode: 'lines+markers' })),
  layout: {
    ...figures.baseLayout({ title: "Each loss against the referee's" }),
    showlegend: true,
    xaxis: { title: { text: 'step' }, gridcolor: figures.gridColor },
    yaxis: {
      ...{ type: 'log', exponentformat: 'power', gridcolor: figures.gridColor },
      title: { text: 'relative difference' },
    },
  },
});

// %% [markdown]
// All of them begin within rounding of the referee, and move away from it step by step: each step starts from weights that
// differ a little more. TensorFlow.js drifts no faster than the others do. So it is *the same training*, and two numbers
// of two frameworks may be compared. After some hundred steps the weights are different ones, just as after a change of
// the seed, and only averages over seeds can be compared then.
//
// It took some care to get there. The same word does not mean the same thing everywhere:
//
// | | TensorFlow.js, Keras | PyTorch |
// |---|---|---|
// | momentum of batch normalization | share of the *old* statistics, 0.99 | share of the *new* ones, 0.1 |
// | variance kept by it | divided by $n$ | divided by $n - 1$ |
// | its $\varepsilon$ | 0.001 | 0.00001 |
// | Adam's $\varepsilon$ | $10^{-7}$ | $10^{-8}$ |
// | a dense kernel | input, output | output, input |
//
// ## Tidy up

// %%
await rm(place, { recursive: true });
tf.disposeVariables();

// %% [markdown]
// ## Summary
//
// - Weights alone are not a classifier: preprocessing, class names and the meaning of the output travel with it, or are
//   lost.
// - Layout, padding and conventions differ between frameworks, and none of them complains.
// - Compare probabilities on the same bytes, by the largest difference: $10^{-6}$ is rounding, $10^{-2}$ is a mistake.
// - A file of weights is data. A format that can run code is a program; do not open one from a stranger.
//
// ## Questionnaire
//
// 1. Why does a `.onnx` file of the course take bytes, though the network was trained on standardized numbers?
// 2. After a move the accuracy falls from 86 % to 85 %. May that be rounding? How would you find out?
// 3. A convolution with stride 2 and kernel 3 on 32 rows: how many rows of zeros, and where, in TensorFlow?
// 4. Why can batch normalization not be folded before training is over?
// 5. A colleague sends you `model.pkl`. What do you ask for instead, and why?

// %% [markdown]
// **Question 11.5** (3 points). Somebody has moved a network from PyTorch to TensorFlow by hand. It runs, and is right in
// 12 % of the cases instead of 86 %. Name three things that you would check, and for each how a single image shows whether
// that is it.

// %% [markdown] question="q11.5" points=3
// BEGIN SOLUTION
// One point for each cause with a check that tells it from the others, for instance. Preprocessing: print mean and range of
// the tensor that reaches the first layer in both programs for the same file (and the order of channels: exchange red and
// blue, and look whether the answers agree then). Kernel layout: compare the output of the first convolution alone, for
// the same input tensor; if that differs but its input does not, it is the layout or the padding. Padding: the same with a
// layer of stride 2, looking at the border; or only the border differs. Flatten before a dense layer: all outputs agree up
// to it, and differ after it. Batch normalization: epsilon or statistics not copied, or the network still in training mode:
// the answer for one image changes with the other images of the batch. Output: logits against probabilities do not change
// which class is largest, so that cannot be the cause of 12 %.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/interchange/` has a file for each of these formats; `test/interchange/torch_networks.py` has the course's networks
//   as PyTorch modules.
// - `npm run test:frameworks` installs the frameworks and makes all of these comparisons for every network of the course.
