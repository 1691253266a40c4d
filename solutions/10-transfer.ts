// %% [markdown]
// # 10 · Transfer learning
//
// All networks so far had tens of thousands of images to learn from. Most people have a hundred. A network that begins
// with random weights learns little from a hundred images. But one that was trained on other images knows edges, curves
// and textures already, and those are everywhere. **Transfer learning** keeps what it knows and replaces only what it was
// asked. Sometimes that is worth twenty points, and sometimes nothing at all. This chapter has an example of each.
//
// **You will be able to**
// - draw a small training set in which every class has its share;
// - turn a trained network into a *base*, compute its features once, and keep them;
// - train a classifier on features, and choose how strongly to restrain it;
// - fine-tune a network without breaking it, and say what batch normalization has to do with that;
// - compare frozen, fine-tuned and from scratch fairly: same images, same seconds, several seeds.
//
// **You need** chapters 1 to 5, and about 60 minutes. Computing takes a minute or two.

// %% [markdown]
// ## Set-up
//
// Two bases. One is the course's own: the regularized network of chapter 5, trained on the photographs of CIFAR-10. The
// other is MobileNet, trained on a million photographs of ImageNet. The first comes with the course and does all the
// work here; the second has its turn at the end. The task is Fashion-MNIST: pieces of clothing, grey, 28 x 28.

// %%
import * as tf from '@tensorflow/tfjs';
import { useBackend } from 'course/backend';
import * as data from 'course/data';
import * as figures from 'course/figures';
import { check } from 'course/grading';
import { loadClassifier } from 'course/interchange';
import * as models from 'course/models';
import { byProfile } from 'course/profile';
import * as training from 'course/training';
import * as transfer from 'course/transfer';

// %%
const backend = await useBackend();
console.log(`${backend.name}: ${backend.reason}`);
const published = await data.loadDataset('fashion-mnist');
const counts = [2000, 58000];
const [validation, pool] = data.stratifiedSplit(published.train, { counts, seed: 10 });
const test = data.takeStratified(published.test, { count: byProfile({ quick: 2000, full: 10000 }) });
const numClasses = pool.classNames.length;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

// %% [markdown]
// ## A small training set
//
// Suppose that ten pieces of each kind is all you have. Which ten? Draw a hundred at random, and one class gets six and
// another fifteen. With so few, that matters.
//
// **Exercise 10.1** (2 points). Walk through `order`, a random order of all images, and take the first `perClass` of
// each class that come along. Give their indices in the order in which you took them. If a class runs out, throw an
// `Error`: a network that silently got fewer is a mistake that nobody finds.

// %% question="q10.1" points=2
/** Indices of the first `perClass` images of each class 0 to `classes - 1` along `order`. */
function takeOfEach(
  labels: ArrayLike<number>,
  order: ArrayLike<number>,
  { perClass, classes }: { perClass: number; classes: number },
): number[] {
  // BEGIN SOLUTION
  const taken = new Array<number>(classes).fill(0);
  const chosen = Array.from(order).filter((index) => taken[labels[index]]++ < perClass);
  if (chosen.length < perClass * classes) throw new Error('a class has too few images');
  return chosen;
  // END SOLUTION
}

// %%
await check('q10.1');

// %% [markdown]
// The library's `takePerClass` does the same with a seed. Another seed draws other images, and that alone moves the
// result; so everything that is to be believed is done with several seeds.

// %%
const perClass = byProfile({ quick: 10, full: 50 });
const few = transfer.takePerClass(pool, { perClass, seed: 1 });
console.log(data.classCounts(few).join(' '));
await figures.show(
  figures.sampleGridFigure(few, { title: `${few.count} images, ten of each class shown` }),
);

// %% [markdown]
// ## A base
//
// The last layer of a classifier says which of *its* classes an image is. The layers before it turn pixels into numbers
// from which that can be read off. Take the last layer away, and what is left is a **base**. Its numbers are called
// **features**: 256 of them, one for each filter of the last convolution.

// %%
const base = await transfer.loadBase('../data/pretrained/regularized-cifar10');
figures.showTable(models.layerRows(base.model));
console.log(`${transfer.numFeatures(base)} features`);

// %% [markdown]
// (The network had batch normalization after each convolution. Where did it go? Wait for it.)
//
// The base wants colour photographs of 32 x 32, normalized as in its own training: *its* mean, not that of the new
// images, since its filters were learned for that. So `buildOnBase` puts a layer in front which resizes, copies grey to
// red, green and blue, and normalizes.

// %%
const network = transfer.buildOnBase(base, pool);
for (const layer of network.model.layers.slice(0, 3)) {
  const [, ...shape] = layer.outputShape as number[];
  console.log(`${layer.getClassName().padEnd(12)} gives ${shape.join(' x ')}`);
}

// %% [markdown]
// That this layer is *inside* the network has a reason. Images of 28 x 28 stay small in memory; only the batch that is
// being computed is ever large. MobileNet wants 224 x 224, which is 600 KB an image as numbers: the 10,000 test images
// would take 6 GB.
//
// ## Features, once
//
// As long as the base does not change, an image has the same features in every epoch. So compute them once, keep them,
// and train on them instead of images.
//
// > **Predict:** what takes longer, the features of 2,000 images, or training a classifier on those of the few?

// %%
const features = await transfer.computeFeatures(network, few);
const held = await transfer.computeFeatures(network, validation);
console.log(`features of ${held.count}: ${held.seconds.toFixed(2)} s`);
const start = performance.now();
const firstHead = transfer.fitHead(features, few.labels, { numClasses });
const seconds = (performance.now() - start) / 1000;
console.log(`a classifier on the features of ${few.count}: ${seconds.toFixed(2)} s`);

// %% [markdown]
// `cachedFeatures` does the same and writes them to a file, so that tomorrow's notebook need not wait. A cache has one
// famous way to fail: it gives you an answer that is no longer true. You train the base a little more, change the
// normalization, correct a few images, and go on with yesterday's features. Nothing breaks. The accuracy is merely wrong.
//
// The remedy is a **key** made of everything that the features depend on. The file is named after it. Whoever changes
// anything gets another name, and thus no stale file.

// %% id="entry"
/** What features were computed from, and how. `weights` and `pixels` are SHA-256 digests, in hex. */
type Entry = {
  weights: string;
  mean: number[];
  pixels: string;
  labels: number[];
  batchSize: number;
};

// %% [markdown]
// **Exercise 10.2** (2 points). Write the key: the same for two entries exactly if their features are. Which of the five
// do the features of the images depend on?

// %% question="q10.2" points=2 needs=["entry"]
/** A text that differs wherever the features would. */
function cacheKey(entry: Entry): string {
  // BEGIN SOLUTION
  const { weights, mean, pixels } = entry;
  return JSON.stringify([weights, mean, pixels]);
  // END SOLUTION
}

// %%
await check('q10.2');

// %% [markdown]
// The library's key hashes the layers' settings, too. Changing one pixel of one image changes it:

// %%
const { pixels } = data.gather(few, Array.from(few.labels.keys()));
const copy = { ...few, pixels, rows: Uint32Array.from(few.labels.keys()) };
console.log(transfer.featuresKey(network, few).slice(0, 16));
console.log(transfer.featuresKey(network, copy).slice(0, 16), 'a copy');
pixels[0] ^= 1;
console.log(transfer.featuresKey(network, copy).slice(0, 16), 'one bit changed');

// %% [markdown]
// ## The head
//
// A dense layer on the features, the **head**, is all that has to be learned: 256 x 10 weights and 10 biases. With the
// cross-entropy loss that is *logistic regression*. It has one best answer, which no seed and no learning rate changes.
// All it takes is the gradient.
//
// Logits $z$ become probabilities $p$ by the softmax. For an image with features $x$ and label $y$ the gradient of the
// loss $-\log p_y$ by the logit $k$ is simply $p_k - [k = y]$: what the network said, minus what it should have said.
// The logit is $z_k = \sum_d x_d w_{dk} + b_k$, which gives the gradient by each weight:
//
// $$\frac{\partial \text{loss}}{\partial w_{dk}} = x_d \, (p_k - [k = y])$$
//
// **Exercise 10.3** (3 points). Compute it from features, logits and label. Logits may be large: $e^{1000}$ is infinite
// in a computer. Subtracting the largest logit from all of them first changes no probability, and avoids that.

// %% question="q10.3" points=3
/** The gradient of one image's cross-entropy by the head's weights: `gradient[d][k]`, [features, classes]. */
function kernelGradient(x: number[], logits: number[], label: number): number[][] {
  // BEGIN SOLUTION
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  const errors = powers.map((power, k) => power / sum - (k === label ? 1 : 0));
  return x.map((value) => errors.map((error) => value * error));
  // END SOLUTION
}

// %%
await check('q10.3');

// %% [markdown]
// A few hundred images and 2,570 weights: the head could learn each image by heart. So its weights are kept small by a
// penalty (L2, chapter 5). How strong? Try some, and let *validation* images decide.
//
// > **Predict:** where is the best training accuracy, where the best validation accuracy?

// %%
const accuracyOn = (head: transfer.Head, part: transfer.Features, labels: Uint8Array) =>
  100 * transfer.headAccuracy(head, part, labels);
const strengths = transfer.l2Grid.map((l2) => {
  const head = transfer.fitHead(features, few.labels, { numClasses, l2 });
  const learned = accuracyOn(head, features, few.labels);
  return { l2, training: learned, validation: accuracyOn(head, held, validation.labels) };
});
figures.showTable(strengths, { precision: 3, caption: 'accuracy in percent' });

// %% [markdown]
// Without much of a penalty, every training image is right. That says nothing: the validation column does the choosing.
// `chooseHead` is this loop; of strengths that do equally well it takes the strongest.

// %%
const chosen = transfer.chooseHead(
  { features, labels: few.labels },
  { features: held, labels: validation.labels },
  { numClasses },
);
const tested = await transfer.computeFeatures(network, test);
const frozen = transfer.headAccuracy(chosen.head, tested, test.labels);
console.log(`L2 ${chosen.l2}; test accuracy with the base frozen: ${percent(frozen)}`);

// %% [markdown]
// A network that has only ever seen planes, cars and animals tells shirts from trousers, after a look at a few of each.
//
// ## What batch normalization forgets
//
// Next, the base itself shall learn. Before that, a trap. Batch normalization keeps running statistics (chapter 5), and
// every batch in training mode moves them. Show the CIFAR-10 network some clothes in training mode. No gradient, no
// optimizer; no weight is trained.
//
// > **Predict:** how well does it know its photographs afterwards?

// %%
const cifar = await data.loadDataset('cifar10');
const photos = data.takeStratified(cifar.test, { count: byProfile({ quick: 500, full: 2000 }) });
const classifier = await loadClassifier('../data/pretrained/regularized-cifar10');
const folded = transfer.foldBatchNorm(classifier.model); // for later
const adapt = new transfer.AdaptImages({ ...classifier.normalization, size: [32, 32, 3] });
const clothes = data.normalize(
  data.gather(few, [...few.labels.keys()].slice(0, 64)),
  data.scaleOnly(1),
);

// %%
classifier.model.trainable = false;
for (const looks of [0, 10, 20]) {
  for (let i = 0; i < looks; i++) {
    let x = adapt.apply(clothes) as tf.Tensor;
    for (const layer of classifier.model.layers.slice(1)) {
      const isNorm = layer.getClassName() === 'BatchNormalization'; // dropout stays off
      x = layer.apply(x, { training: isNorm }) as tf.Tensor;
    }
  }
  const { accuracy } = await training.evaluate(classifier.model, photos, classifier);
  console.log(`${looks} more batches of clothes: ${percent(accuracy)} of the photographs are right`);
}

// %% [markdown]
// The statistics are now those of clothes, and the layers behind them get numbers that they never learned to read. (And
// `trainable = false` did not prevent it. In Keras it switches a batch normalization layer to inference mode; in
// TensorFlow.js it does not.)
//
// With small batches of few images the statistics are also noisy. So in fine-tuning, batch normalization stays in
// **inference mode**: it uses the statistics that it came with. Then it is nothing but a multiplication and an addition
// with fixed numbers, for each channel:
//
// $$y = \gamma \, \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta$$
//
// And the layer before it is a multiplication and an addition as well. Two of those in a row are one. So the safest way
// to keep batch normalization from doing harm is to multiply it into the layer before, once and for all: **folding**.

// %% id="norm"
/** Batch normalization of one channel, as prediction uses it. */
type Norm = { scale: number; shift: number; mean: number; variance: number; epsilon: number };

// %% [markdown]
// **Exercise 10.4** (3 points). A unit gives $x = \sum_i w_i a_i + b$, and batch normalization makes $y$ of it. Find
// weights and a bias that give $y$ at once. In the formula above, $\gamma$ is `scale` and $\beta$ is `shift`. Leave the
// given weights as they are.

// %% question="q10.4" points=3 needs=["norm"]
/** The unit that does what the given one and the normalization after it do. */
function foldNorm(weights: number[], bias: number, norm: Norm): { weights: number[]; bias: number } {
  // BEGIN SOLUTION
  const factor = norm.scale / Math.sqrt(norm.variance + norm.epsilon);
  return {
    weights: weights.map((weight) => weight * factor),
    bias: (bias - norm.mean) * factor + norm.shift,
  };
  // END SOLUTION
}

// %%
await check('q10.4');

// %% [markdown]
// `foldBatchNorm` does that to a whole network; `loadBase` has done it, that is where the layers went. Does the folded
// network still say the same? It was made before the clothes came along:

// %%
const original = await loadClassifier('../data/pretrained/regularized-cifar10');
const batch = data.gather(photos, [...photos.labels.keys()].slice(0, 64));
const xs = data.normalize(batch, original.normalization);
const answers = [original.model, folded].map((model) => model.predict(xs) as tf.Tensor);
const furthest = tf.max(tf.abs(tf.sub(answers[0], answers[1]))).dataSync()[0];
console.log(`layers: ${original.model.layers.length}, folded ${folded.layers.length}`);
console.log(`logits differ by at most ${furthest.toExponential(0)}`);

// %% [markdown]
// ## Fine-tuning
//
// Now train all of it, base and head, on the few images. The head begins as the one that was just fitted. With a random
// head, the first gradients would be large and senseless, and shake the base. And the learning rate is small: nearly all
// that the base knows is to be kept.
//
// > **Predict:** what does a hundred times the learning rate do?

// %%
const { augment, epochs } = transfer.settingsFor(base, few).fineTuning;
const tunings: transfer.Tuned[] = [];
for (const learningRate of [3e-4, 3e-2]) {
  const tuned = await transfer.fineTune(base, chosen.head, few, { augment, epochs, learningRate });
  const { accuracy } = await training.evaluate(tuned.model, validation, tuned);
  console.log(`learning rate ${learningRate}: validation accuracy ${percent(accuracy)}`);
  tunings.push(tuned);
}

// %% [markdown]
// Too large a step, and what took 45,000 photographs to learn is gone after a few hundred images.
//
// Need all layers be trained? The first ones see edges, of use everywhere; the last ones see what the old classes were
// made of. Layers that are frozen cost no gradient, and cannot learn by heart. `from` names the first layer that is
// trained:

// %%
const depths: figures.Row[] = [];
for (const from of ['head', 'conv4', 'conv3', 'conv1']) {
  const deep = await transfer.fineTune(base, chosen.head, few, { from, augment, epochs });
  const { accuracy } = await training.evaluate(deep.model, validation, deep);
  const trained = deep.model.trainableWeights.reduce((sum, weight) => sum + weight.read().size, 0);
  const seconds = deep.history.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0);
  depths.push({ from, 'trained weights': trained, validation: 100 * accuracy, seconds });
  transfer.disposeTrained(deep.model);
}
figures.showTable(depths, { precision: 1, caption: 'validation accuracy in percent' });

// %% [markdown]
// Three quarters of the weights are in the last convolution, and yet training only that brings little: what clothes need
// has to be seen earlier. How deep to go is one more thing to choose on validation images. The fewer images and the
// nearer the old task, the less should move. (In the quick profile the images are too few to tell.)
//
// ## What it forgot
//
// Give the tuned layers their old head back: the one for planes, cats and frogs. Do the networks of the two learning
// rates still know their photographs?
//
// > **Predict:** as well as before, a little worse, or not at all?

// %%
const before = await training.evaluate(folded, photos, original);
console.log(`before: ${percent(before.accuracy)} of the photographs are right`);
for (const tuned of tunings) {
  for (const name of ['conv1', 'conv2', 'conv3', 'conv4']) {
    folded.getLayer(name).setWeights(tuned.model.getLayer(name).getWeights());
  }
  const { accuracy } = await training.evaluate(folded, photos, original);
  console.log(`after: ${percent(accuracy)}`);
}

// %% [markdown]
// Nobody asked them for photographs, so nothing kept them from forgetting, except that the small steps did not lead far.
// Where an old task is lost altogether, that is called **catastrophic forgetting**. The remedies are the ones you know
// by now: small steps, few of them, few layers; or keep showing some of the old images. A network with a frozen base
// forgets nothing, since nothing of it changes.
//
// ## Against nothing
//
// Is all of that better than simply training on the few images? The comparison must be fair: the same images, and *at
// least as many seconds*. The network from scratch is the same kind; it gets the augmentation, dropout and learning rate
// that were best for it on validation images.
//
// > **Predict:** which of the three wins, and by how much?

// %%
const [tuned] = tunings;
const spent =
  features.seconds + tuned.history.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0);
const recipe = transfer.settingsFor(base, few).fromScratch;
const settings = { ...recipe, leastSteps: byProfile({ quick: 200, full: recipe.leastSteps }) };
const scratch = await transfer.trainFromScratch(few, { settings, seconds: spent, seed: 1 });
const exam = async (each: transfer.Network) =>
  (await training.evaluate(each.model, test, each)).accuracy;
console.log(`frozen        ${percent(frozen)}`);
console.log(`fine-tuned    ${percent(await exam(tuned))} in ${spent.toFixed(1)} s`);
console.log(`from scratch  ${percent(await exam(scratch))} in ${scratch.seconds.toFixed(1)} s`);

// %% [markdown]
// One seed, one size. Here is the whole experiment as it was recorded: 10, 50 and 100 images of each class, three seeds,
// each of the 27 trainings measured once on all 10,000 test images. (From scratch it never trained for fewer than 800
// steps, so with ten images of each class it had several times the seconds of the others.)

// %%
const own = await transfer.readTransfer(transfer.recordedTransfer('regularized-cifar10-fashion-mnist'));
console.log(`made by: ${own.command}`);
console.log(`${own.environment.cpu}, ${own.environment.backend.device}, ${own.date.slice(0, 10)}`);
figures.showTable(figures.transferRows(own), { precision: 1, caption: 'accuracy in percent' });
await figures.show(figures.transferFigure(own, { title: 'From photographs to clothes' }));

// %% [markdown]
// Read it as you read an ablation: the points are single seeds, and where they overlap, nothing has been shown.
//
// Did you predict that? Here the base is no help: from scratch is as good or better at every size. There is a reason on
// either side. The base has seen cars, frogs and horses in colour, in all positions, and not a single sleeve; its
// features say little of what tells a shirt from a coat. And pieces of clothing, grey, upright and centred, are easy
// enough to be learned from a few hundred images, given augmentation and patience. Whoever had not trained from scratch
// for comparison would have reported the base as a success.
//
// ## MobileNet
//
// Our base has seen 45,000 small photographs. MobileNet (Howard and others, 2017) has seen 1.2 million large ones of
// 1,000 classes. It was made for telephones: its convolutions are split into one that looks at each channel by itself
// and one that mixes the channels. With a quarter of the filters it has 470,072 parameters, 2 MB.
//
// Its weights do not come with the course. `loadBase` downloads them from where TensorFlow publishes them, checks each
// file, and keeps them; or it reads the folder that the environment variable `COURSE_MOBILENET` names.

// %%
const mobilenet = await transfer.loadBase('mobilenet').catch((error: Error) => error.message);
if (typeof mobilenet === 'string') console.log(mobilenet);
else figures.showTable(models.layerRows(mobilenet.model).slice(0, 8));

// %% [markdown]
// The task is CIFAR-10 now, with few images of each class, each blown up from 32 x 32 to 224 x 224: 49 times the pixels.
//
// > **Predict:** how many milliseconds does an image take, and how many of them are for the resizing?

// %%
const side = { size: [224, 224, 3], mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] } as const;
const enlarge = new transfer.AdaptImages(side);
const plain = data.normalize(batch, data.scaleOnly(3));
const began = performance.now();
const large = enlarge.apply(plain) as tf.Tensor;
await large.data();
console.log(`resizing: ${((performance.now() - began) / batch.count).toFixed(1)} ms an image`);
console.log(`${batch.count} of them: ${((4 * large.size) / 2 ** 20).toFixed(0)} MB`);

// %%
if (typeof mobilenet !== 'string') {
  const many = byProfile({ quick: 10, full: 50 });
  const some = transfer.takePerClass(cifar.train, { perClass: many, seed: 1 });
  const onPhotos = transfer.buildOnBase(mobilenet, some);
  const seen = await transfer.computeFeatures(onPhotos, some);
  const unseen = await transfer.computeFeatures(onPhotos, photos);
  const head = transfer.fitHead(seen, some.labels, { numClasses, l2: 0.1 });
  const { seconds, count } = unseen;
  console.log(
    `${count} images: ${seconds.toFixed(1)} s, ${((1000 * seconds) / count).toFixed(1)} ms each`,
  );
  console.log(`${many} of each class: ${percent(transfer.headAccuracy(head, unseen, photos.labels))}`);
}

// %% [markdown]
// That is what the cache is for. Suppose that the head were trained for 50 epochs, with each of the strengths of the
// penalty, and the base computed anew each time:

// %%
const big = await transfer.readTransfer(transfer.recordedTransfer('mobilenet-cifar10'));
const perImage = big.testFeatures.seconds / big.testFeatures.images;
const once = 1000 * perImage; // 100 images of each class
const without = once * 50 * big.settings.l2s.length;
console.log(`recorded: ${big.testFeatures.images} images, ${big.testFeatures.seconds.toFixed(0)} s`);
console.log(
  `1000 images: ${once.toFixed(1)} s with the cache, ${(without / 60).toFixed(0)} minutes without`,
);

// %%
console.log(`made by: ${big.command}`);
figures.showTable(figures.transferRows(big), { precision: 1, caption: 'accuracy in percent' });
await figures.show(figures.transferFigure(big, { title: 'From ImageNet to CIFAR-10' }));

// %% [markdown]
// This base has seen what the task needs, and far more of it than the task has: twenty points and more over training
// from scratch, at every size. With ten images of each class, fine-tuning is no better than leaving the base as it is;
// with fifty and a hundred it is, beyond the spread of the seeds.
//
// One warning about such numbers. A base brings its own training images along. If some of *your test images* were among
// them, the network has seen the answers, and no split of yours can undo that. ImageNet and CIFAR-10 were collected
// apart, but both from the internet; nobody can swear that no picture is in both.
//
// ## Your own pictures
//
// A folder with a folder of pictures for each class is enough. Three tenths are set apart for the test and a fifth for
// validation, before anything is trained:
//
// ```
// npx course transfer --dataset my-pictures --per-class 5,20
// npx course transfer --base data/pretrained/regularized-cifar10 --dataset fashion-mnist
// ```
//
// Each training is kept in a folder, so that an interrupted experiment goes on where it stopped.
//
// ## Summary
//
// - A trained network without its last layer is a base; its features suit tasks that it was never trained for.
// - A frozen base computes each image once. Cache by everything that the features depend on, and by nothing else.
// - Give the base what it was trained on: its size, its channels, its normalization.
// - Fit the head first; fine-tune with a small learning rate, batch normalization in inference mode.
// - Choose strength, depth and epochs on validation images; compare at equal images and seconds, with several seeds.
// - A base helps where it has seen what the task needs. Whether it has, only training from scratch tells.
//
// ## Questionnaire
//
// 1. Why is a new task's image normalized with the mean of the base's training images, not with its own?
// 2. You cache features of *augmented* images. What do you lose, and what could you do instead?
// 3. A unit has the weights 2 and -1 and no bias; batch normalization follows with mean 1, variance 4, scale 1, shift 3,
//    epsilon 0. Which weights and bias do the same?
// 4. Why does the head come before fine-tuning, and not with it?
// 5. With 100 training images, 2,000 validation images choose the penalty. Is that realistic? What would you do?

// %% [markdown]
// **Question 10.5** (3 points). Look at the two recorded figures. For which base and size does fine-tuning beat the
// frozen base beyond the spread of the seeds, and where does it not? Why is one base so much more of a help than the
// other? What do you expect with 5,000 images of each class, and how would you find out?

// %% [markdown] question="q10.5" points=3
// BEGIN SOLUTION
// One point: read from ranges, not means. With ten images of each class the ranges of frozen and fine-tuned overlap for
// both bases: nothing shown. With 50 and 100 they do not, and fine-tuned is better, for both. One point: MobileNet was
// trained on a million photographs of 1,000 classes and is asked about photographs of animals and vehicles; the course's
// base was trained on 45,000 small ones of ten classes and is asked about clothes, which it never saw. Clothes in the
// middle of an empty image are also easier to learn from nothing, so there is less to gain. One point: the more images,
// the less a base has to add; chapter 5's network reaches 86 % with 4,500 of each class, more than any row here. Whether
// the fine-tuned base is still ahead then one finds out by the same experiment with that size: equal seconds, several
// seeds, settings chosen on validation images, among them how deep to fine-tune.
// END SOLUTION

// %% [markdown]
// **Question 10.6** (3 points). A colleague sorts photographs of mushrooms, 40 of each kind, several of each single
// mushroom. They are split at random into training and test. Penalty, depth and epochs are chosen by test accuracy,
// which is 97 %. Then the fine-tuned network replaces the old one, which sorted flowers, "since it can do both now". What
// is wrong with each step, and what would you do?

// %% [markdown] question="q10.6" points=3
// BEGIN SOLUTION
// One point: photographs of the same mushroom are on both sides, so the test asks for what was learned by heart; split by
// mushroom, before anything else (and make sure that the base has not seen the test images). One point: what was chosen
// by test accuracy was not tested; choose on validation images, split the same way, and look at the test images once. One
// point: fine-tuning changes the base, and the old head no longer fits it: catastrophic forgetting. Measure it on
// flowers; keep the base frozen and give it two heads, or train on both kinds of images together, or keep both networks.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/transfer/head.ts` and `lbfgs.ts` are logistic regression in 250 lines, equal to scikit-learn's;
//   `fold-batch-norm.ts` is Exercise 10.4 for whole networks.
// - `npx course transfer --base data/pretrained/airbench-cifar10 --dataset fashion-mnist` tries a better base. Is it?
// - Next: [11 · The same network elsewhere](11-frameworks.ipynb).
