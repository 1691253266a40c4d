// %% [markdown]
// # 4 · A baseline CNN
//
// Three chapters of preparation, and now a network learns. It is small, of a kind that fits on a page, and gets about seven
// of ten pictures right. Every later chapter is measured against it: that is what a *baseline* is for.
//
// **You will be able to**
// - say what a convolution, a pooling and a dense layer do, and count their weights;
// - turn logits into probabilities, and probabilities into a loss;
// - train a network, read its curves, and notice when it starts learning by heart;
// - report a test accuracy honestly.
//
// **You need** chapters 1 to 3, and about an hour. Training takes seconds in the quick profile and two minutes in the full one
// (`COURSE_PROFILE=full npm start`), on two cores.

// %% [markdown]
// ## Set-up

// %%
import * as tf from '@tensorflow/tfjs';
import { useBackend } from 'course/backend';
import { fitStandardization, loadSplits, takeStratified } from 'course/data';
import { mostProbable, predict } from 'course/evaluation';
import { liveTraining, predictionGridFigure, show, showTable } from 'course/figures';
import { check } from 'course/grading';
import { saveClassifier } from 'course/interchange';
import { buildBaseline, layerRows } from 'course/models';
import { byProfile } from 'course/profile';
import { compileClassifier, evaluate, train } from 'course/training';

// %%
const backend = await useBackend();
console.log(`${backend.name}: ${backend.reason}`);
const splits = await loadSplits('cifar10');
const images = takeStratified(splits.train, { count: byProfile({ quick: 6000, full: 45000 }) });
const validation = takeStratified(splits.validation, { count: byProfile({ quick: 1000, full: 5000 }) });
const test = takeStratified(splits.test, { count: byProfile({ quick: 1000, full: 10000 }) });
// On training images only, as chapter 2 taught.
const normalization = fitStandardization(images);

// %% [markdown]
// ## The pieces
//
// A **convolution** slides a small window over the image. At each place it multiplies the 3 x 3 x 3 values it sees by 27
// weights of its own, adds them up, and writes one number. One set of weights is a *filter*; it might answer to edges, or to
// blue above green. With 32 filters, each place of the image gets 32 answers.
//
// What makes this so fitting for images: the *same* weights are used everywhere. A cat is a cat in every corner, and the
// network needs to learn it only once.
//
// **Max pooling** keeps the largest of each 2 x 2 answers: half the height, half the width. *That* something was found stays;
// exactly where, matters less.
//
// A **dense** layer at the end weighs all answers together, and gives one number for each class.

// %%
const model = buildBaseline({ inputShape: [32, 32, 3], numClasses: 10, seed: 1 });
showTable(layerRows(model));
console.log(`${model.countParams().toLocaleString('en')} weights in all`);

// %% [markdown]
// Follow the second column. Without padding, a 3 x 3 window fits 30 times into 32 columns, so each convolution loses two;
// each pooling halves. The image shrinks, the number of answers for each place grows.
//
// **Exercise 4.1** (2 points). How wide is the output of a convolution? `valid` means no padding: the window stays within the
// image. `same` pads the image so that, with stride 1, the output is as wide as the input. The *stride* is how far the
// window moves each time. (TensorFlow's rule for `same` is the input divided by the stride, rounded up.)

// %% question="q4.1" points=2
/** How often a window of `kernel` columns fits into `input` columns, moving by `stride`. */
function outputSize(input: number, kernel: number, stride: number, padding: 'valid' | 'same'): number {
  // BEGIN SOLUTION
  return padding === 'same' ? Math.ceil(input / stride) : Math.floor((input - kernel) / stride) + 1;
  // END SOLUTION
}

// %%
await check('q4.1');

// %% [markdown]
// **Exercise 4.2** (2 points). Count the weights of a convolution. Each filter also has one number that is added to its sums,
// its *bias*. Compare with the table above.

// %% question="q4.2" points=2
/** The number of weights of a convolution with a square kernel, biases included. */
function convolutionWeights(kernel: number, inputChannels: number, filters: number): number {
  // BEGIN SOLUTION
  return (kernel * kernel * inputChannels + 1) * filters;
  // END SOLUTION
}

// %%
await check('q4.2');

// %% [markdown]
// More than half of all weights sit in the first dense layer, since it has one for every pair of answer and unit. Later
// networks get rid of it.
//
// ## From scores to a loss
//
// The last layer gives ten numbers, the *logits*: higher means "more likely", and that is all. **Softmax** turns them into
// probabilities, positive and summing to 1:
//
// $$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$
//
// The **loss** says how bad an answer is: the *cross-entropy*, minus the logarithm of the probability that the network gave to
// the right class. Sure and right costs next to nothing, sure and wrong costs a lot.
//
// > **Predict:** an untrained network guesses, 10 % for each class. What is its loss? ($\ln 10$ is about 2.303.)

// %%
compileClassifier(model, { learningRate: 0.001 });
const untrained = await evaluate(model, validation, { normalization });
console.log(`loss ${untrained.loss.toFixed(3)}, accuracy ${(100 * untrained.accuracy).toFixed(1)} %`);

// %% [markdown]
// Close to it, as it should be. If the first loss of a network of yours is far from $\ln(\text{classes})$, look for a mistake
// before you train.
//
// **Exercise 4.3** (3 points). Compute the cross-entropy of one image from its logits. Mind large ones: $e^{1000}$ is infinite
// in floating point, and infinity divided by infinity is not a number. Subtracting the largest logit from all of them first
// changes nothing in the result, and cures that.

// %% question="q4.3" points=3
/** -ln of the softmax probability of class `label`, finite for logits of any size. */
function crossEntropy(logits: number[], label: number): number {
  // BEGIN SOLUTION
  const largest = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return Math.log(sum) - (logits[label] - largest);
  // END SOLUTION
}

// %%
await check('q4.3');

// %% [markdown]
// ## Training
//
// One *step*: take a batch of 64 images, compute the loss, compute for every weight in which direction it would make the loss
// smaller (the *gradient*), and move each weight a little that way. How far is the *learning rate*; *Adam* (Kingma and Ba,
// 2014) adapts it to every weight. One *epoch*: as many steps as it takes to see every image once.
//
// The curve below moves while the network learns. The stop button in the toolbar above stops it.

// %%
const epochs = byProfile({ quick: 3, full: 10 });
const live = liveTraining({ epochs, title: 'Baseline on CIFAR-10' });
const history = await train(model, images, {
  normalization,
  validation,
  epochs,
  batchSize: 64,
  seed: 1,
  ...live,
});
await live.done();

// %% [markdown]
// Read it from left to right. Both losses fall: it learns something that holds for images it has never seen. Then the
// training loss goes on falling and the validation loss does not follow. From there on the network learns *its* images,
// not the world: **overfitting**.

// %%
showTable(
  history.map(
    ({ epoch, loss, accuracy, validationLoss = 0, validationAccuracy = 0, imagesPerSecond }) => ({
      epoch,
      loss,
      accuracy,
      'validation loss': validationLoss,
      'validation accuracy': validationAccuracy,
      'images/s': Math.round(imagesPerSecond),
    }),
  ),
  { precision: 3 },
);

// %% [markdown]
// **Exercise 4.4** (2 points). Find the epoch at which one should have stopped: the one with the lowest validation loss, the
// first of them if several are equal. Epochs without a validation loss do not count; if there is none, throw a `RangeError`.

// %% question="q4.4" points=2
/** The epoch (counted from 1) with the lowest validation loss. */
function bestEpoch(records: { epoch: number; validationLoss?: number }[]): number {
  // BEGIN SOLUTION
  let best: { epoch: number; loss: number } | undefined;
  for (const { epoch, validationLoss } of records) {
    if (validationLoss === undefined) continue;
    if (best === undefined || validationLoss < best.loss) best = { epoch, loss: validationLoss };
  }
  if (best === undefined) throw new RangeError('no epoch has a validation loss');
  return best.epoch;
  // END SOLUTION
}

// %%
await check('q4.4');

// %% [markdown]
// ## The number to report
//
// Everything so far was decided by looking at training and validation images. Now, once, the test images:

// %%
const tested = await evaluate(model, test, { normalization });
console.log(`${tested.count} test images: accuracy ${(100 * tested.accuracy).toFixed(2)} %`);

// %% [markdown]
// A single number hides as much as it tells. So look at answers, too: the true class first, then the network's, with its
// probability.

// %%
const some = takeStratified(test, { count: 30, seed: 4 });
const predictions = await predict(model, some, { normalization });
await show(predictionGridFigure(some, mostProbable(predictions)));

// %% [markdown]
// Many wrong answers are near misses, a dog for a cat, a car for a truck; some are absurd, and some of those are sure of
// themselves. Chapter 8 asks which mistakes are made how often.
//
// ## Keep it
//
// A model is more than its weights. Saved with them are the class names and the normalization, without which nobody could
// use it.

// %%
await saveClassifier(
  {
    model,
    normalization,
    classNames: images.classNames,
    training: { seed: 1, epochs, history, test: tested },
  },
  '../data/runs/chapter-4',
);
console.log('now try: npx course predict photo.jpg --model data/runs/chapter-4');

// %% [markdown]
// ## Another dataset, the same code
//
// Fashion-MNIST has smaller, grey pictures. Only the input shape changes. This time the network ends in softmax and so gives
// probabilities itself; `compileClassifier` notices, and picks the loss to match.

// %%
const fashion = await loadSplits('fashion-mnist');
const clothes = takeStratified(fashion.train, { count: byProfile({ quick: 3000, full: 30000 }) });
const grey = fitStandardization(clothes);
const second = buildBaseline({ inputShape: [28, 28, 1], numClasses: 10, output: 'softmax' });
compileClassifier(second);
const secondLive = liveTraining({ epochs: byProfile({ quick: 2, full: 4 }), title: 'Fashion-MNIST' });
await train(second, clothes, {
  normalization: grey,
  validation: takeStratified(fashion.validation, { count: 1000 }),
  epochs: byProfile({ quick: 2, full: 4 }),
  ...secondLive,
});
await secondLive.done();

// %% [markdown]
// Clothes are easier than photographs: after an epoch or two it is past what the same network ever reaches on CIFAR-10.
//
// **Exercise 4.5** (3 points). Build a network of your own for 32 x 32 x 3 images and ten classes, with `tf.sequential` and
// `tf.layers`. It must end in ten logits, use at least two convolutions, and have fewer than 50,000 weights.

// %% question="q4.5" points=3
/** A small network: input [batch, 32, 32, 3], output [batch, 10] logits, fewer than 50,000 weights. */
function buildSmall(): tf.LayersModel {
  // BEGIN SOLUTION
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [32, 32, 3], filters: 16, kernelSize: 3, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 10 }),
    ],
  });
  // END SOLUTION
}

// %%
await check('q4.5');

// %% [markdown]
// ## Hand it in
//
// **Exercise 4.6** (4 points). This time it is not code that is graded but what it made: a trained network. It must take 32 x
// 32 x 3 images, give ten numbers, one for each class in the order of the labels, and have at most 300,000 weights in at
// most 2 MB. Points are for the share of 10,000 images, kept for grading, that it is right on: 50 % earns 1 point, 60 % two,
// 65 % three, and 70 % all four.
//
// Write the function that hands a network in: it saves in `folder` what is needed to use the network on a picture.
// The check calls it with the `model` of this chapter, the `images` that it was trained on, and the folder
// `models/q4.6` beside this notebook. Then it tells the accuracy on validation images, as often as you like. The quick profile
// does not train enough for all points; the full one does, and so may a better network of your own called `model`. Hand in the
// folder `models` together with the notebook.

// %% question="q4.6" points=4
/** Saves a trained network in `folder` with its class names and the normalization of `trainedOn`. */
async function handIn(
  network: tf.LayersModel,
  trainedOn: typeof images,
  folder: string,
): Promise<void> {
  // BEGIN SOLUTION
  const { classNames } = trainedOn;
  const pixelsAs = fitStandardization(trainedOn);
  await saveClassifier({ model: network, normalization: pixelsAs, classNames, training: {} }, folder);
  // END SOLUTION
}

// %%
await check('q4.6');

// %% [markdown]
// ## Summary
//
// - Convolutions look for the same thing everywhere, pooling forgets where exactly, dense layers decide.
// - Logits, softmax, cross-entropy: start near $\ln(\text{classes})$, then fall.
// - Two curves tell more than one: when they part, the network has begun to learn by heart.
// - The test images are used once.
//
// ## Questionnaire
//
// 1. A network with softmax output gives 0.999 for a wrong class. What is the loss if the right class got 0.0001?
// 2. Why does the training loss of an epoch often lie *above* the validation loss in the first epochs? (When is each measured?)
// 3. You halve the batch size. How many steps does an epoch have then, and what happens to memory?
// 4. Which of these may be chosen by test accuracy: number of epochs, learning rate, number of filters?

// %% [markdown]
// **Question 4.7** (3 points). Look at the curves of your training. At which epoch would you stop, and what are the first two
// things you would change in order to get a better *validation* accuracy? Say what you expect of each.

// %% [markdown] question="q4.7" points=3
// BEGIN SOLUTION
// Stop where the validation loss is lowest (exercise 4.4). The gap between the curves says overfitting, so change what fights
// it: augmentation (chapter 3) makes the training loss fall slower and the gap smaller; dropout or batch normalization and
// weight decay (chapter 5) likewise. A larger network alone would widen the gap.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/training/train.ts` is the loop you have just watched, on one page.
// - `npx course train --model baseline --epochs 10` does the same from the command line, on all images.
// - Next: chapter 5 adds, one at a time, what takes this network from 70 % to over 90 %.
