// %% [markdown]
// # 2 · Normalization
//
// Bytes go from 0 to 255. Networks learn best from small numbers around zero. The step between the two takes one line, is
// easy to get subtly wrong, and decides whether training works at all.
//
// **You will be able to**
// - scale bytes to [0, 1] and standardize them, channel by channel;
// - fit the statistics on the training images alone, and say why;
// - show what normalization does to the data, and to training.
//
// **You need** chapter 1, and about 40 minutes, less than a minute of it computing in the quick profile, two in the full one.

// %% [markdown]
// ## Set-up

// %%
import { useBackend } from 'course/backend';
import {
  denormalize,
  fitStandardization,
  gather,
  loadSplits,
  normalize,
  scaleOnly,
  takeStratified,
} from 'course/data';
import { histogramFigure, show, showTable, table, trainingCurvesFigure } from 'course/figures';
import { check } from 'course/grading';
import { buildBaseline } from 'course/models';
import { byProfile } from 'course/profile';
import { compileClassifier, type History, train } from 'course/training';

// %% [markdown]
// From here on there is something to compute, so a *backend* is needed: the engine that does the arithmetic. The course
// takes the fastest that this computer has, and says which and why.

// %%
const backend = await useBackend();
console.log(`${backend.name}: ${backend.reason}`);
const { train: images, validation } = await loadSplits('cifar10');

// %% [markdown]
// ## Scale
//
// The simplest normalization divides by 255. Every value then lies in [0, 1].
//
// **Exercise 2.1** (1 point). Do that. Mind the type: what becomes of 0.5 in a `Uint8Array`?

// %% question="q2.1" points=1
/** The bytes 0 to 255 as floats 0 to 1. */
function scale(pixels: Uint8Array): Float32Array {
  // BEGIN SOLUTION
  return Float32Array.from(pixels, (value) => value / 255);
  // END SOLUTION
}

// %%
await check('q2.1');

// %% [markdown]
// ## Standardize
//
// Scaled values are still all positive, and around 0.47 on average. *Standardizing* goes one step further: subtract the
// mean, so that the values spread around zero, and divide by the standard deviation, so that they spread by about one:
//
// $$z = \frac{x / 255 - \mu_c}{\sigma_c}$$
//
// with one mean $\mu_c$ and one standard deviation $\sigma_c$ for each channel $c$: photographs of the outdoors have a blue of
// their own.
//
// > **Predict:** which channel has the lowest mean on CIFAR-10, and which spreads most?

// %%
const normalization = fitStandardization(images);
showTable(
  table(
    ['red', 'green', 'blue'].map((channel, c) => ({
      channel,
      mean: normalization.mean[c],
      std: normalization.std[c],
    })),
  ),
  { precision: 4 },
);

// %% [markdown]
// Blue is darkest on average and varies most (sky or no sky). These numbers are *part of the model*: whoever uses the
// network later must apply the very same ones, so the library stores them in the model's file.
//
// **Exercise 2.2** (3 points). Compute them yourself, from interleaved bytes. The standard deviation here is the one of the
// whole population: the square root of the mean squared distance from the mean.

// %% question="q2.2" points=3
/** Mean and standard deviation of each channel of interleaved pixels, both of the values / 255. */
function channelStatistics(pixels: Uint8Array, channels: number): { mean: number[]; std: number[] } {
  // BEGIN SOLUTION
  const count = pixels.length / channels;
  const mean = new Array<number>(channels).fill(0);
  const variance = new Array<number>(channels).fill(0);
  for (let i = 0; i < pixels.length; i++) mean[i % channels] += pixels[i] / 255 / count;
  for (let i = 0; i < pixels.length; i++) {
    variance[i % channels] += (pixels[i] / 255 - mean[i % channels]) ** 2 / count;
  }
  return { mean, std: variance.map(Math.sqrt) };
  // END SOLUTION
}

// %%
await check('q2.2');

// %% [markdown]
// **Exercise 2.3** (2 points). Now apply such statistics to bytes. A channel that never varies has a standard deviation of
// zero; its values should become zero, not `NaN`.

// %% question="q2.3" points=2
/** (x / 255 - mean) / std for each value of interleaved pixels; zero where std is zero. */
function standardize(pixels: Uint8Array, mean: number[], std: number[]): Float32Array {
  // BEGIN SOLUTION
  return Float32Array.from(pixels, (value, i) => {
    const c = i % mean.length;
    return std[c] === 0 ? 0 : (value / 255 - mean[c]) / std[c];
  });
  // END SOLUTION
}

// %%
await check('q2.3');

// %% [markdown]
// ## See it
//
// Here are the values of 500 images before and after. Look at the axes, not only at the shapes.

// %%
const some = gather(
  images,
  Array.from({ length: 500 }, (_, i) => i),
);
const normalized = normalize(some, normalization); // a tensor, [500, 32, 32, 3]
await show(histogramFigure({ before: some.pixels, after: await normalized.data() }, { channels: 3 }));

// %% [markdown]
// The shapes are the same; the axis is not. Standardizing moves and stretches, it does not make data "normal" in the
// sense of a bell curve. And nothing is lost, as the way back shows:

// %%
const back = denormalize(normalized, normalization);
const differences = back.pixels.filter((value, i) => value !== some.pixels[i]).length;
console.log(`${differences} of ${back.pixels.length} bytes differ after normalizing and back`);
normalized.dispose(); // tensors live outside JavaScript's memory: whoever makes one frees it

// %% [markdown]
// ## Why it matters
//
// A network adjusts its weights in steps that are proportional to its inputs. Inputs a hundred times too large make steps
// a hundred times too large, and it overshoots. So let us train the same small network three times, on raw bytes, scaled
// and standardized. (How it is built and trained is chapter 4; here we only watch.)
//
// > **Predict:** the order of the three after three epochs.

// %%
const inputs = {
  // (x / 255 - 0) / (1 / 255) = x
  'raw bytes': { kind: 'scale' as const, mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
  scaled: scaleOnly(3),
  standardized: normalization,
};
const fewer = takeStratified(images, { count: byProfile({ quick: 2000, full: 20000 }), seed: 1 });
const held = takeStratified(validation, { count: byProfile({ quick: 500, full: 5000 }), seed: 1 });

// %%
const runs: { name: string; history: History }[] = [];
for (const [name, input] of Object.entries(inputs)) {
  const model = buildBaseline({ inputShape: [32, 32, 3], numClasses: 10, seed: 1 });
  compileClassifier(model, { learningRate: 0.001 });
  const history = await train(model, fewer, {
    normalization: input,
    validation: held,
    epochs: 3,
    seed: 1,
  });
  runs.push({ name, history });
  model.dispose();
}
await show(trainingCurvesFigure({ runs }, { title: 'One network, three inputs' }));

// %%
showTable(
  table(
    runs.map(({ name, history }) => ({
      input: name,
      'first loss': history[0].loss,
      'last loss': history[2].loss,
      'validation accuracy': history[2].validationAccuracy ?? 0,
    })),
  ),
  { precision: 3 },
);

// %% [markdown]
// Same network, same images, same order, same first weights. On raw bytes the first epoch's mean loss is above the 2.30 of
// pure guessing: the network jumps about before it learns anything. Standardized input is ahead from the first epoch on. In
// our run on 20,000 images it ended at 61 % of the validation images right, scaled at 55 %, raw bytes at 48 %.
//
// ## The leak
//
// Which images may the mean and the standard deviation be computed from? Tempting: all of them, there are more. But the
// test images play the part of pictures that do not exist yet. A statistic that has seen them carries a little of the
// exam into the classroom. With 60,000 photographs the difference is tiny; with 60, or with a feature that gives the
// answer away, it is not, and the habit costs nothing:
//
// > **Fit on train. Apply to train, validation and test.**
//
// **Exercise 2.4** (2 points). Spot the leak, then do it right: standardize both lists of numbers so that nothing about the
// test numbers influences the result of the training numbers, or the scale of their own.

// %% question="q2.4" points=2
/** Both lists as (x - mean) / std, with the one mean and std (population) that may be used. */
function standardizeBoth(train: number[], test: number[]): { train: number[]; test: number[] } {
  // BEGIN SOLUTION
  const mean = train.reduce((sum, x) => sum + x, 0) / train.length;
  const std = Math.sqrt(train.reduce((sum, x) => sum + (x - mean) ** 2, 0) / train.length);
  const apply = (values: number[]) => values.map((x) => (x - mean) / std);
  return { train: apply(train), test: apply(test) };
  // END SOLUTION
}

// %%
await check('q2.4');

// %% [markdown]
// ## Summary
//
// - Networks want inputs around zero, spread by about one: standardize, channel by channel.
// - The statistics come from the training images only, and travel with the model.
// - Bytes in memory, floats by batch: `normalize` is called on one batch at a time.
//
// ## Questionnaire
//
// 1. A model was trained on standardized images and is served with images scaled to [0, 1]. What will users notice?
// 2. Why one mean for each channel, and not one for each pixel?
// 3. Does standardizing change what a network *can* learn, or how fast it learns?
// 4. Validation images were used to fit the statistics. Which number does that spoil?

// %% [markdown]
// **Question 2.5** (2 points). You get 300 X-ray images, grey, half of them from an old machine that makes darker pictures. All
// pictures of the old machine show healthy patients. What would you check before you standardize, and why?

// %% [markdown] question="q2.5" points=2
// BEGIN SOLUTION
// Brightness gives the label away: a network can tell healthy from ill by the machine. Compare the histograms by class and
// by machine first. One mean for all images keeps the difference; standardizing each image by itself, or each machine by
// its own statistics, removes it, but only pictures of ill patients from the old machine would prove that it is gone.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/data/normalize.ts` does the same with a table of 256 floats a channel, which is why it costs next to nothing.
// - Batch normalization (chapter 5) does to the layers inside a network what this chapter did to its input.
// - Next: [3 · Augmentation](03-augmentation.ipynb), more images than you have.
