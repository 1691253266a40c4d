// %% [markdown]
// # 5 · A regularized network
//
// The baseline of chapter 4 gets better and better on the images it learns from, and soon no better on others: it
// learns by heart. This chapter builds a network that cannot get away with that. It has more layers, a handful of
// parts against learning by heart, and a recipe for training it. Then you look at what each part was worth, measured
// one at a time.
//
// **You will be able to**
// - see overfitting in two curves, and put a number to it;
// - say what augmentation, dropout, weight decay, label smoothing and batch normalization do, in training and
//   afterwards;
// - choose a schedule for the learning rate, and stop a training in time;
// - read an ablation, and tell an effect from chance;
// - keep a training as a run that can be repeated, compared, and continued after a power failure.
//
// **You need** chapters 1 to 4, and about 45 minutes. Training takes seconds in the quick profile and minutes in the
// full one.

// %% [markdown]
// ## Set-up

// %%
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from 'course/backend';
import * as data from 'course/data';
import * as figures from 'course/figures';
import { check } from 'course/grading';
import * as models from 'course/models';
import { byProfile } from 'course/profile';
import { createRandom } from 'course/random';
import * as runs from 'course/runs';
import * as training from 'course/training';

// %%
const backend = await useBackend();
console.log(`${backend.name}: ${backend.reason}`);
const splits = await data.loadSplits('cifar10');
const images = data.takeStratified(splits.train, { count: byProfile({ quick: 600, full: 10000 }) });
const validation = data.takeStratified(splits.validation, {
  count: byProfile({ quick: 500, full: 5000 }),
});
const normalization = data.fitStandardization(images);
const cifar = { inputShape: [32, 32, 3], numClasses: 10 } as const;

// %% [markdown]
// ## Learning by heart
//
// Give the baseline a few images, and much time.
//
// > **Predict:** how many of the images that it learns from will it get right in the end? And how many of the others?

// %%
const few = data.takeStratified(images, { count: byProfile({ quick: 400, full: 2000 }) });
const memorizer = models.buildModel('baseline', { ...cifar, seed: 1 });
training.compileClassifier(memorizer);
const memorized = await training.train(memorizer, few, {
  normalization,
  validation,
  epochs: 20,
  batchSize: 32,
});

// %%
const title = `The baseline on ${few.count} images`;
await figures.show(figures.trainingCurvesFigure(memorized, { title }));
const { accuracy, validationAccuracy = 0 } = memorized[memorized.length - 1];
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
console.log(`training ${percent(accuracy)}, validation ${percent(validationAccuracy)}`);
console.log(`the gap: ${(100 * (accuracy - validationAccuracy)).toFixed(1)} points`);

// %% [markdown]
// The dashed curves show a triumph, the solid ones a failure; both are the same network. The difference of the two
// accuracies is the **generalization gap**. What a network knows of an image that it has seen twenty times, it need
// not know of cats.
//
// Look at the validation *loss*, too: it rises while the validation accuracy stays about where it is. The network
// makes the same mistakes, and is more and more sure of them.
//
// There are three ways out:
//
// 1. *Stop in time.*
// 2. *More images*, or more to see in the same ones: augmentation.
// 3. *Regularization*: make learning by heart harder than learning what cats look like.
//
// ## Stop in time
//
// **Early stopping** watches the validation loss after every epoch. It remembers the weights of the best epoch so far.
// When a number of epochs, the *patience*, have passed without a new best, training ends, and the network gets the
// remembered weights back.
//
// **Exercise 5.1** (2 points). Which epoch's weights are kept, and which is the last epoch that is trained? Epochs
// count from 1, `losses[0]` belongs to epoch 1. A new best is lower than every loss before it. If the patience never
// runs out, the last epoch is the last of the list. Mind that nobody knows the losses of epochs that were not trained.

// %% question="q5.1" points=2
/** The epoch whose weights are kept, and the last one trained; training ends `patience` epochs after the best. */
function stopEarly(losses: number[], patience: number): { best: number; last: number } {
  // BEGIN SOLUTION
  let best = 1;
  for (let epoch = 1; epoch <= losses.length; epoch++) {
    if (losses[epoch - 1] < losses[best - 1]) best = epoch;
    if (epoch - best >= patience) return { best, last: epoch };
  }
  return { best, last: losses.length };
  // END SOLUTION
}

// %%
await check('q5.1');

// %% [markdown]
// The library's `EarlyStopping` is a *callback*: an object that `train` calls after every epoch. What would it have
// done above? Its context wants a model, whose weights it keeps.

// %%
const stopping = new training.EarlyStopping({ patience: 4 });
const stoppedAfter = memorized.find((record) => {
  const context = { model: memorizer, step: record.epoch, totalSteps: memorized.length };
  return stopping.onEpochEnd(record, context) === 'stop';
});
console.log(`stopped after epoch ${stoppedAfter?.epoch ?? 'the last'}`);
console.log(`weights of epoch ${stopping.bestEpoch}`);

// %% [markdown]
// That saves time, and some of the damage. But the network has learned no more than it had in that epoch. For more, it
// needs to be kept from learning by heart in the first place.
//
// ## Augmentation
//
// Chapter 3 made the images; now they are used. Each epoch shows each image flipped or not, and cropped at another
// place, so that the network hardly ever sees the same pixels twice. This is the recipe that the whole chapter uses:

// %%
const augment = data.compose(data.horizontalFlip(), data.randomCrop({ padding: 4 }));
const six = data.gather(images, [0, 1, 2, 3, 4, 5]);
const shown = [1, 2, 3, 4].map((epoch) => {
  return { name: `epoch ${epoch}`, images: augment(six, createRandom(1).fork(`epoch ${epoch}`)) };
});
await figures.show(figures.augmentationGridFigure(six, shown));

// %% [markdown]
// ## Dropout
//
// In each training step **dropout** sets a share of the values to 0, the *rate*, drawn anew for every image and every
// place. No answer of a layer can rely on another single one; it has to make sense with whatever is left. (Srivastava
// and others, 2014.)
//
// The next layer adds its inputs up. At a rate of 0.2 a fifth of them is missing, and its sums would be a fifth
// smaller. So what is kept is divided by 1 - rate: on average, the sum stays the same. When the network predicts,
// nothing is dropped, and nothing scaled.

// %%
const dropoutLayer = tf.layers.dropout({ rate: 0.5, seed: 1 });
const ones = tf.ones([1, 12]);
for (const phase of [true, false]) {
  const values = dropoutLayer.apply(ones, { training: phase }) as tf.Tensor;
  console.log(phase ? 'training:  ' : 'prediction:', (await values.data()).join(' '));
}

// %% [markdown]
// **Exercise 5.2** (2 points). Do the same by hand. The mask has been drawn already: `kept[i]` says whether value `i`
// is kept. The list that you get must stay as it is.

// %% question="q5.2" points=2
/** `values` after dropout with this mask in training; in prediction `values` as they are. */
function dropOut(
  values: number[],
  kept: boolean[],
  { rate, training }: { rate: number; training: boolean },
): number[] {
  // BEGIN SOLUTION
  if (!training) return [...values];
  return values.map((value, i) => (kept[i] ? value / (1 - rate) : 0));
  // END SOLUTION
}

// %%
await check('q5.2');

// %% [markdown]
// ## Small weights, and modest answers
//
// To learn a single image by heart, a network must answer to tiny differences, and that takes large weights. **L2
// regularization** adds their squares to the loss:
//
// $$\text{loss} = \text{cross-entropy} + \lambda \sum_w w^2$$
//
// The gradient of $\lambda w^2$ is $2 \lambda w$, so each step pulls each weight towards 0 by a share of itself. One
// can also do that in the optimizer, without touching the loss: **weight decay**. With plain gradient descent or
// momentum the two are the same, `weightDecay` being $2 \lambda$ (the network's `l2` leaves out biases, scales and
// shifts, which `weightDecay` includes). With Adam they are not, since Adam rescales gradients and the penalty's with
// them; *AdamW* decays beside it ([Loshchilov and Hutter, 2017](https://arxiv.org/abs/1711.05101)). Mind when you read
// curves: with L2 the training loss contains the penalty and the validation loss does not. Compare accuracies then.
//
// **Label smoothing** ([Szegedy and others, 2015](https://arxiv.org/abs/1512.00567)) asks for less than certainty. A
// share of the label is spread over all classes:

// %%
const smoothing = 0.2;
const label = Array.from({ length: 10 }, (_, i) => (i === 3 ? 1 : 0));
const smoothed = label.map((share) => (1 - smoothing) * share + smoothing / 10);
const least = smoothed.reduce((sum, share) => sum - share * Math.log(share), 0);
console.log(smoothed.map((share) => share.toFixed(2)).join(' '));
console.log(`the least possible loss: ${least.toFixed(3)}`);

// %% [markdown]
// The best answer is now one that is sure, but not more than that, and its loss is no longer 0. So a loss with
// smoothing cannot be compared with one without; again, compare accuracies. The course measures *validation* losses
// without smoothing.
//
// ## A schedule
//
// A large learning rate finds the way quickly, and then jumps around the goal. A small one would settle there, but
// takes forever on the way. So begin large and end small: a **schedule** says by what the learning rate is multiplied
// when a share of all steps is done. In the very first steps a large rate does harm, since the weights are random and
// the gradients wild. Hence the **warm-up**: begin near 0, and rise.

// %%
const schedules = {
  constant: training.constant(),
  'steps, at a half and three quarters': training.steps(),
  'cosine, a tenth of warm-up': training.cosine({ warmup: 0.1 }),
  triangular: training.triangular(),
};
const progress = Array.from({ length: 201 }, (_, i) => i / 200);

// %%
const curves = Object.entries(schedules).map(([name, factorAt]) => {
  return { name, x: progress, y: progress.map((share) => factorAt(share)) };
});
await figures.show({
  data: curves.map((curve) => ({ ...curve, type: 'scatter', mode: 'lines' })),
  layout: {
    ...figures.baseLayout({ title: 'What the learning rate is multiplied by' }),
    showlegend: true,
    xaxis: { title: { text: 'share of the training that is done' }, gridcolor: figures.gridColor },
    yaxis: { gridcolor: figures.gridColor },
  },
});

// %% [markdown]
// **Exercise 5.3** (2 points). Write the cosine with warm-up. While `progress` is below `warmup`, it rises in a
// straight line from 0 to 1. From there it falls to 0 along *half* a cosine: $(1 + \cos \pi t) / 2$, where $t$ goes
// from 0, when the warm-up ends, to 1, when the training ends. There may be no warm-up at all (0); it is always
// shorter than the training.

// %% question="q5.3" points=2
/** What the learning rate is multiplied by; both are shares of the training, 0 to 1, `warmup` below 1. */
function learningRateFactor(progress: number, warmup: number): number {
  // BEGIN SOLUTION
  if (progress < warmup) return progress / warmup;
  const fallen = (progress - warmup) / (1 - warmup);
  return (1 + Math.cos(Math.PI * fallen)) / 2;
  // END SOLUTION
}

// %%
await check('q5.3');

// %% [markdown]
// A schedule and early stopping get in each other's way: the last epochs, with the smallest rates, bring the best
// results, and who stops before them never sees them. With a cosine, be patient, or choose the number of epochs and
// let it run.
//
// Two more, for trainings that jump: **gradient clipping** takes the gradients of all weights as one long vector, and
// where that is longer than `clipNorm`, shortens it to that length. The direction stays. And averages of the weights
// over many steps (`movingAverage`, `lookahead`) lie calmer than the weights of any single step.
//
// ## Batch normalization
//
// While a layer learns, the layer before it learns too, so that its inputs change their size and their middle all the
// time. **Batch normalization** ([Ioffe and Szegedy, 2015](https://arxiv.org/abs/1502.03167)) does for every channel
// between layers what chapter 2 did for the pixels: subtract the mean, divide by the standard deviation. In training
// both are taken over all images of the batch and all places. Then each channel gets a scale $\gamma$ and a shift
// $\beta$, which are learned, so that nothing the layer could say is lost:
//
// $$y = \gamma \, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$$
//
// $\varepsilon$ keeps a channel that never varies from dividing by 0. The convolution before it needs no bias: the
// mean would take it away again.
//
// But what is the batch when there is a single photo to predict? Therefore each layer keeps **running statistics**,
// and uses them in prediction. Each training step moves them a little, the *momentum* being the share of the old value
// that stays:
//
// $$\text{running} \leftarrow \text{momentum} \cdot \text{running} + (1 - \text{momentum}) \cdot \text{of this batch}$$
//
// > **Predict:** a fresh layer has running mean 0 and running variance 1. It is shown the same four numbers, 100 to
// > 103, first in training, then in prediction. What does it give?

// %%
const norm = tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 });
const numbers = tf.tensor2d([100, 101, 102, 103], [4, 1]);
for (const steps of [1, 10, 100]) {
  let inTraining: tf.Tensor = numbers;
  for (let i = 0; i < steps; i++) inTraining = norm.apply(numbers, { training: true }) as tf.Tensor;
  const inPrediction = norm.apply(numbers, { training: false }) as tf.Tensor;
  const [, , mean, variance] = norm.getWeights().map((weight) => weight.dataSync()[0].toFixed(2));
  const list = (tensor: tf.Tensor) => [...tensor.dataSync()].map((x) => x.toFixed(2)).join(' ');
  console.log(`+${steps} steps: running mean ${mean}, variance ${variance}`);
  console.log(`  training ${list(inTraining)}; prediction ${list(inPrediction)}`);
}

// %% [markdown]
// In training the answer is right from the first step; in prediction only when the running statistics have caught up.
// The larger the momentum, the longer that takes. A network that does well in training and answers nonsense in
// prediction after its first steps often has no other fault than that.
//
// Mind two conventions when you read other people's code. PyTorch's `momentum` is the share of the *new* value, so
// that its 0.1 is 0.9 here. And its running variance is divided by $n - 1$, as for a sample; here it is the variance
// of the batch itself, divided by $n$, both for the output and for the running statistics.

// %% id="types"
/** What a layer keeps for prediction. */
type Running = { mean: number; variance: number };

/** Learned are scale and shift; momentum is the share of the old running statistics that stays. */
type Settings = { scale: number; shift: number; momentum: number; epsilon: number };

// %% [markdown]
// **Exercise 5.4** (2 points). One channel, one training step: normalize the values of a batch, and say what the
// running statistics are afterwards. Leave the object `running` as it is; give back a new one.

// %% question="q5.4" points=2 needs=["types"]
/** Batch normalization of one channel in training: its output, and the running statistics after it. */
function normalizeBatch(values: number[], running: Running, settings: Settings) {
  // BEGIN SOLUTION
  const { scale, shift, momentum, epsilon } = settings;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  const output = values.map((x) => (scale * (x - mean)) / Math.sqrt(variance + epsilon) + shift);
  const move = (old: number, now: number) => momentum * old + (1 - momentum) * now;
  const moved = { mean: move(running.mean, mean), variance: move(running.variance, variance) };
  return { output, running: moved };
  // END SOLUTION
}

// %%
await check('q5.4');

// %% [markdown]
// Is that regularization at all? It makes larger learning rates possible, that is its main use. And since an image is
// normalized together with other images each time, its values are never quite the same: a little noise, a little like
// dropout.
//
// ## The network
//
// Four convolutions with all of these, and no wide dense layer: *global average pooling* gives one number for each
// filter.

// %%
const network = models.buildModel('regularized', cifar);
figures.showTable(models.layerRows(network));

// %%
const baseline = models.buildModel('baseline', cifar);
const trained = ({ trainableWeights }: tf.LayersModel) =>
  trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0);
figures.showTable(
  [baseline, network].map((built) => ({
    network: built.name,
    'trained weights': trained(built),
    'million FLOP to train one image': models.flopPerImage(built).train / 1e6,
  })),
  { precision: 0 },
);

// %% [markdown]
// The parameters of a `BatchNormalization` layer are four for each channel: scale, shift, and the two running
// statistics, which are not trained. For each part there is an option of `buildModel`: `batchNormalization: false` and
// `dropout: 0` switch these two off, `l2: 0.00025` switches that one on.
//
// ## One thing at a time
//
// What is each of them worth? Put all in at once, and you will never know. An **ablation** changes one thing at a time
// and measures again. Training takes long, so the course keeps a recorded one: six variants, each with one part more
// than the one before, everything else the same, and each trained with several seeds.

// %%
const ablation = await runs.readAblation();
const { environment, variants } = ablation;
console.log(`${ablation.images} images, ${ablation.epochs} epochs, ${variants[0].runs.length} seeds`);
console.log(`${environment.cpu}, ${environment.backend.name}, ${ablation.date.slice(0, 10)}`);
console.log(`made by: ${ablation.command}`);
figures.showTable(variants.map(({ name, added }) => ({ variant: name, 'what it adds': added })));

// %% [markdown]
// > **Predict:** which part raises the validation accuracy most? And which closes the gap?

// %%
await figures.show(figures.ablationFigure(ablation, { title: 'Regularized, one part more at a time' }));

// %%
const rows = figures.ablationRows(ablation);
figures.showTable(rows, { precision: 1, caption: 'accuracy in percent, gain and gap in points' });

// %%
const parts = rows.slice(1);
const most = parts.reduce((a, b) => (b.gain > a.gain ? b : a));
const unclear = parts.filter(
  (row, i) => row.lowest <= rows[i].highest && rows[i].lowest <= row.highest,
);
console.log(`the largest gain: ${most.gain.toFixed(1)} points, ${most.variant}`);
console.log(
  `the gap: ${rows[0].gap.toFixed(1)} points at first, ${parts[parts.length - 1].gap.toFixed(1)} at last`,
);
console.log(`overlap with the row before: ${unclear.map((row) => row.variant).join(', ') || 'none'}`);

// %% [markdown]
// Read such a table with care:
//
// - *The seed alone moves the result.* `lowest` and `highest` are the same training with other random numbers. Where
//   the ranges of two rows overlap, a few seeds have not shown a difference. They have not shown that there is none,
//   either.
// - *The order counts.* A part may bring little only because the one before has done its work already.
// - *So does the length.* Whoever learns more slowly looks worse after few epochs and may win after many.
//   Regularization slows down; its gain may grow with the number of epochs.
// - *The two curves sit different exams.* Training accuracy is measured on augmented images, with dropout on, while
//   the weights still move; validation accuracy on images as they are, with all of the network. So the gap may even be
//   below 0.
// - *Nothing was tuned for any row.* The learning rate that suits the last row need not suit the first.
//
// And it was done on validation images. The test images had no say in any of it.
//
// ## Training it
//
// The library keeps for each network how it is trained, its *recipe*: plain data, which can be stored and changed.

// %%
const recipe = runs.recipeFor('regularized', 'cifar10');
console.log(JSON.stringify(recipe, null, 2));

// %%
const epochs = byProfile({ quick: 6, full: 12 });
const model = models.buildModel('regularized', { ...cifar, seed: 1 });
training.compileClassifier(model, { optimizer: runs.buildOptimizer(recipe.optimizer) });
await mkdir('../data/runs', { recursive: true });
const checkpoint = `../data/runs/chapter-5-${epochs}-epochs.safetensors`;

// %% [markdown]
// `train` writes all that it needs to go on to the *checkpoint* after every epoch. Press stop in the middle, and run
// the cell once more: with `resume` it goes on after the last whole epoch.

// %%
const live = figures.liveTraining({ epochs, title: 'The regularized network on CIFAR-10' });
const history = await training.train(model, images, {
  normalization,
  validation,
  epochs,
  batchSize: byProfile({ quick: 32, full: 128 }),
  augment,
  schedule: training.cosine({ warmup: 0.1 }),
  callbacks: [new training.EarlyStopping({ patience: 6 })],
  checkpoint,
  resume: true,
  ...live,
});
await live.done();
await rm(checkpoint); // it has ended: the next one begins anew

// %% [markdown]
// (In the quick profile there are too few images and steps to learn much. Curves worth reading come from the full
// one.)
//
// Now the fair comparison: the same exam for both, images as they are, dropout off, weights at rest. Compare the gap
// with the one at the beginning of this chapter.

// %%
const seen = await training.evaluate(model, images, { normalization });
const unseen = await training.evaluate(model, validation, { normalization });
const whileTraining = Math.max(...history.map((record) => record.accuracy));
console.log(`training images, augmented, while training: ${percent(whileTraining)} at best`);
console.log(`training images, as they are: ${percent(seen.accuracy)}`);
console.log(`validation images: ${percent(unseen.accuracy)}`);
console.log(`the gap: ${(100 * (seen.accuracy - unseen.accuracy)).toFixed(1)} points`);

// %% [markdown]
// ## After a power failure
//
// Does a training that was interrupted end where it would have ended otherwise? That takes more than the weights: the
// optimizer's momentum, the place in the schedule, the order of the images, what is dropped, how images are flipped,
// and what early stopping remembers. Try it: once in one go, once with a power failure in the third epoch.
//
// > **Predict:** will the losses be equal, nearly equal, or different?

// %%
const place = mkdtempSync(join(tmpdir(), 'chapter-5-'));
/** A training of four short epochs, always the same but for `more`. */
function rehearse(more: Partial<training.TrainOptions> = {}) {
  const small = models.buildModel('regularized', { ...cifar, seed: 2, filters: [8, 16, 32, 64] });
  const optimizer = training.sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true });
  training.compileClassifier(small, { optimizer });
  const schedule = training.cosine({ warmup: 0.1 });
  return training.train(small, few, { normalization, epochs: 4, augment, schedule, ...more });
}

// %%
const atOnce = await rehearse();
const power = new AbortController();
const onStep = ({ epoch, step }: training.StepRecord) => {
  if (epoch === 3 && step === 2) power.abort(new Error('the power failed'));
};
const saved = { checkpoint: join(place, 'checkpoint.safetensors') };
await rehearse({ ...saved, onStep, signal: power.signal }).catch((error) => console.log(error.message));
const resumed = await rehearse({ ...saved, resume: true });

// %%
figures.showTable(
  atOnce.map(({ epoch, loss }, i) => ({
    epoch,
    'loss, in one go': loss,
    'loss, interrupted and resumed': resumed[i].loss,
    equal: loss === resumed[i].loss ? 'yes' : 'no',
  })),
  { precision: 6 },
);

// %% [markdown]
// Equal to the last digit: all that is random is drawn from streams named after the epoch and the step, not from one
// stream that would have to be wound forward. The half of the third epoch that was lost is simply done again.
//
// ## Runs
//
// After ten trainings nobody remembers which of them had the dropout. So the library keeps each as a **run**, a folder
// that says what was done, where, and what came of it. Here are two very small ones, which differ in one setting:

// %%
const tiny: runs.TrainingConfig = {
  ...recipe,
  modelOptions: { filters: [8, 16, 32, 64] },
  images: 500,
  validationCount: 500,
  epochs: 2,
};
await runs.runTraining(tiny, join(place, 'runs', 'cosine'));
await runs.runTraining({ ...tiny, schedule: { name: 'constant' } }, join(place, 'runs', 'constant'));
console.log(readdirSync(join(place, 'runs', 'cosine')).join('\n'));

// %% [markdown]
// `config.json` holds the settings, all of them; `environment.json` the computer and the versions; `history.json` a
// record for every epoch; `result.json` what was measured in the end; `model` the network, for `npx course predict`;
// `logs` the curves for TensorBoard.

// %%
const [record] = JSON.parse(readFileSync(join(place, 'runs', 'cosine', 'history.json'), 'utf8'));
console.log('the first epoch:', record);
const kept = await runs.listRuns(join(place, 'runs'));
figures.showTable(
  runs.compareConfigs(kept).map(({ setting, values }) => ({
    setting,
    ...Object.fromEntries(kept.map(({ name }, i) => [name, values[i]])),
  })),
  { caption: 'what differs' },
);
await rm(place, { recursive: true }); // they were for show

// %% [markdown]
// You will rarely do that in a notebook. In a terminal:
//
// ```
// npx course train --model regularized
// npx course train --model regularized --set modelOptions.dropout=0.1 --seed 2
// npx course train --resume data/runs/regularized-cifar10-1
// npx course runs
// npx course runs regularized-cifar10-1 regularized-cifar10-2
// ```
//
// The first trains on all images but those for validation, by the recipe, and keeps the run in `data/runs/`. The
// second changes two settings. The third goes on with the first, if that was interrupted. `runs` lists them all, and
// puts those that you name side by side, with only the settings in which they differ.
//
// ## To 94 %
//
// How far can one go, on this computer? People have been racing for years to train a network to 94 % test accuracy on
// CIFAR-10 as fast as possible, and a good deal of what they found is of use to anybody. The course has one of the
// winners: *airbench94* by Keller Jordan ([paper](https://arxiv.org/abs/2404.00498),
// [code](https://github.com/KellerJordan/cifar10-airbench)).
//
// | ingredient | what it is for | where |
// |---|---|---|
// | whitening first layer | takes out of neighbouring pixels what they have in common | section 3.2, `whitening.ts` |
// | dirac initialization | each 3 x 3 convolution begins by handing its input on | section 3.3, `dirac.ts` |
// | GELU | a ReLU without the kink | [paper](https://arxiv.org/abs/1606.08415) |
// | label smoothing | no reward for being certain | `classifier.ts` |
// | Nesterov momentum | momentum that looks one step ahead | `sgd.ts` |
// | decoupled hyperparameters | change one, and the others stay good | `recipes.ts` |
// | triangular schedule | up fast, down slowly, all in straight lines | `schedules.ts` |
// | 64 times the rate for biases | those of batch normalization may move far | section 3.4, `sgd.ts` |
// | lookahead | a slow average of the weights, from which the fast ones start again | section 3.4, `averaging.ts` |
// | alternating flip | no image is seen the same way round twice in a row | section 3.6, `flip.ts` |
// | multi-view evaluation | looks at each test image more than once | section 3.5, `views.ts` |
//
// Sections are the paper's, files the library's, in `lib/models/`, `lib/training/`, `lib/runs/` and
// `lib/data/augment/`.

// %%
const airbench = models.buildModel('airbench', cifar);
figures.showTable(models.layerRows(airbench));
const factor = models.flopPerImage(airbench).train / models.flopPerImage(network).train;
console.log(`${trained(airbench).toLocaleString('en')} trained weights`);
console.log(`${factor.toFixed(1)} times the FLOP of the regularized network`);

// %% [markdown]
// One ingredient can be looked at. The filters of the first layer are not learned, they are computed from the training
// images. Take all patches of 2 x 2 pixels, and find the directions in which they differ most (their *principal
// components*). There are twelve, since a patch is 12 numbers. Each filter answers to one of them, and divides by how
// much patches differ in it: afterwards all directions are equally large. A network need not find that out by itself,
// and learns at once from what is rare.
//
// > **Predict:** in which direction do patches of photographs differ most?

// %%
const { kernel, shape, eigenvalues } = models.fitWhiteningOn(images, normalization, { count: 500 });
const [height, width, channels, filters] = shape;
const patches = eigenvalues.map((eigenvalue, filter) => {
  const size = height * width * channels;
  const values = Array.from({ length: size }, (_, i) => kernel[i * filters + filter]);
  const largest = Math.max(...values.map(Math.abs));
  const pixels = Uint8Array.from(values, (value) => 127.5 * (1 + value / largest));
  return { pixels, height, width, channels, title: eigenvalue.toPrecision(2) };
});
const whitened = 'The twelve filters, above each the variance in its direction';
await figures.show(figures.imageGridFigure(patches, { columns: 12, scale: 20, title: whitened }));

// %% [markdown]
// In brightness, by far: all four pixels lighter or darker together. Then come colours and edges, each smaller than
// the one before, and at the end checkerboards of colour that a person would call noise. (Grey stands for 0. The layer
// has each filter a second time, negated.)
//
// Another works with every network, and after training: show it each image *mirrored* as well, and *shifted* by a
// pixel, and take the mean of its answers.

// %%
for (const views of training.viewNames) {
  const looked = await training.evaluate(model, validation, { normalization, views });
  console.log(`${views}: ${percent(looked.accuracy)}, loss ${looked.loss.toFixed(4)}`);
}

// %% [markdown]
// That costs no training, and up to six times the time of prediction. Say so when you report an accuracy: with and
// without are two different numbers.
//
// The rest is in the recipe:

// %%
const { optimizer, schedule, augment: changes, averaging } = runs.recipeFor('airbench', 'cifar10');
console.log(JSON.stringify({ optimizer, schedule, augment: changes, averaging }, null, 2));

// %% [markdown]
// `npx course train --model airbench` trains it, and on two cores that takes its time. The README says what came of it
// here, with how many seeds, and in what time; `npx course runs` says what came of it on your computer. For a last run
// on all training images, once every decision is made, there is `--set validationCount=0`.
//
// ## Summary
//
// - The gap between training and validation says how much was learned by heart; early stopping limits it,
//   regularization narrows it.
// - Dropout, augmentation and the statistics of the batch act in training only. In prediction the network is whole,
//   and the same image gets the same answer.
// - Large learning rate first, small last; warm up where the beginning is wild.
// - One change at a time, several seeds, validation images; and a range beside every mean.
// - A training worth doing is worth keeping: settings, environment, history, result, checkpoint.
//
// ## Questionnaire
//
// 1. A layer has the dropout rate 0.25. Its values are 3, 6 and 9, and the second is dropped. What comes out in
//    training, what in prediction?
// 2. Your network reaches 90 % on the batches that it trains on, and 12 % on the same images in prediction. Which
//    layer do you suspect, and why?
// 3. Why does a convolution need no bias if batch normalization follows?
// 4. With patience 1, what can go wrong in the first epochs of a training with warm-up?
// 5. Two variants, three seeds each: 80.1, 80.9, 81.4 and 80.8, 81.2, 82.0. May you say that the second is better?

// %% [markdown]
// **Question 5.5** (3 points). Look at the ablation. Which part bought most, and how sure can you be? Is the gap
// closed? What would you try next, and how would you find out whether it helped?

// %% [markdown] question="q5.5" points=3
// BEGIN SOLUTION
// One point: the row with the largest `gain`, named with its number, and a word about certainty: its range does not
// overlap that of the row before (or does), n is small, and the order of the parts matters. One point: the gap in the
// last row, compared with the first, and that training accuracy is measured on augmented images with dropout on, so
// that the gap with both measured as they are is usually another one. One point: a next step that fits. With a large
// gap: more images, stronger augmentation (cutout), more dropout. With a small gap and a low training accuracy: more
// epochs or a larger network, since regularization is no longer what is missing. Each with a way to test it: that
// change alone, the same seeds, validation images.
// END SOLUTION

// %% [markdown]
// **Question 5.6** (2 points). A colleague reports the best of forty settings, each judged by its accuracy on the test
// images, with augmentation and dropout left on "so that everything is measured alike". What is wrong with each of the
// two?

// %% [markdown] question="q5.6" points=2
// BEGIN SOLUTION
// One point: augmentation and dropout are ways to learn. In use, the network sees images as they are and has all of
// its values; with them on, another network on other images is measured, and the result is random and too low.
// (Averaging over chosen views is something else, if it is done in use too.) One point: the best of forty is partly
// the luckiest of forty. Chosen by the test images, its luck is part of the report, and nothing is left to show it:
// the accuracy on new images will be lower. Choose on validation images, and measure the one chosen on the test images
// once.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/models/regularized.ts` is the network, `lib/training/early-stopping.ts` and `schedules.ts` are as short as
//   your answers.
// - `npx course ablation --seeds 1 --images 1000 --epochs 5 --folder data/runs/my-ablation` makes an ablation of your
//   own; `readAblation('../data/runs/my-ablation/ablation.json')` reads it.
// - `vgg` and `resnet` are larger networks; `npx course train --model resnet` trains one.
// - Next: [6 · Where the time goes](06-timing.ipynb), so that the next idea takes minutes.
