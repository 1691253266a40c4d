// %% [markdown]
// # 8 · Evaluation
//
// "The network has 86 % accuracy." Is that good? Which images does it get wrong? Does it know when it does not know? Is
// it better than the one with 76 %, or was that one merely unlucky? This chapter takes trained networks and asks.
//
// **You will be able to**
// - count a confusion matrix, and read from it which classes fail, and for whom they are mistaken;
// - tell precision, recall and F1 apart, and say which average of them answers your question;
// - put an interval around an accuracy, and test whether two networks really differ;
// - see from probabilities whether a network is as sure as it may be;
// - find out how much worse it gets when the pictures do.
//
// **You need** chapters 1 to 5, and about 60 minutes. Computing takes less than a minute.

// %% [markdown]
// ## Set-up
//
// Three trained networks come with the course: the baseline of chapter 4, the regularized network of chapter 5, and the
// airbench network from the end of chapter 5. `data/pretrained/README.md` says how each was made.

// %%
import { useBackend } from 'course/backend';
import * as data from 'course/data';
import * as evaluation from 'course/evaluation';
import * as figures from 'course/figures';
import { check } from 'course/grading';
import { type Classifier, loadClassifier } from 'course/interchange';
import { byProfile } from 'course/profile';
import { createRandom } from 'course/random';

// %%
const backend = await useBackend();
console.log(`${backend.name}: ${backend.reason}`);
const splits = await data.loadSplits('cifar10');
const test = data.takeStratified(splits.test, { count: byProfile({ quick: 2000, full: 10000 }) });
const { classNames } = test;
const numClasses = classNames.length;
const baseline = await loadClassifier('../data/pretrained/baseline-cifar10');
const regularized = await loadClassifier('../data/pretrained/regularized-cifar10');
console.log(`${test.count} test images of ${numClasses} classes`);

// %% [markdown]
// Both networks were chosen and finished before a test image was looked at. That is why the test images may be used
// here: to *measure*. Whoever changes a network because of what this chapter shows has used them up, and needs new ones.
//
// Let each of them say what it thinks of every test image:

// %%
const labels = Array.from(test.labels);
const first = await evaluation.predict(baseline.model, test, baseline);
const second = await evaluation.predict(regularized.model, test, regularized);
const [row] = [0, 1, 2].map((i) => second.probabilities.slice(i * numClasses, (i + 1) * numClasses));
console.log(`the first image is a ${classNames[labels[0]]}; the regularized network says:`);
console.log([...row].map((p, c) => `${classNames[c]} ${(100 * p).toFixed(1)} %`).join(', '));

// %% [markdown]
// ## Which for which: the confusion matrix
//
// The **confusion matrix** counts. `matrix[label][prediction]` is the number of images of class `label` that were taken
// for `prediction`. Right answers lie on the diagonal.
//
// **Exercise 8.1** (2 points). Count it.

// %% question="q8.1" points=2
/** How often each class was taken for each: `matrix[label][prediction]`, [numClasses, numClasses]. */
function countConfusions(
  trueLabels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  classes: number,
): number[][] {
  // BEGIN SOLUTION
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < trueLabels.length; i++) matrix[trueLabels[i]][predictions[i]]++;
  return matrix;
  // END SOLUTION
}

// %%
await check('q8.1');

// %% [markdown]
// > **Predict:** which two classes of CIFAR-10 are mistaken for each other most? And will a cat be taken for a dog more
// > often than a dog for a cat?

// %%
const matrix = evaluation.confusionMatrix(labels, second.predicted, { numClasses });
await figures.show(
  figures.confusionFigure(matrix, { classNames, title: 'Regularized network, test images' }),
);

// %% [markdown]
// A *row* is what happened to the images of a class; it adds up to all of them. A *column* is what hides behind an
// answer. Animals are taken for animals, vehicles for vehicles. Now look at the images, for each of the most frequent
// mistakes those of which the network was surest:

// %%
const metrics = new evaluation.StreamingMetrics({ numClasses, pairs: 4 });
for await (const batch of evaluation.predictBatches(regularized.model, test, regularized)) {
  metrics.add(batch.labels, batch.probabilities);
}
const measured = metrics.result;
await figures.show(figures.confusedPairsFigure(test, measured.confusedPairs));

// %% [markdown]
// `StreamingMetrics` measured everything in this chapter in one pass, batch by batch. It keeps counts and a few examples
// and forgets the rest, so that a hundred million images take no more memory than a hundred. We shall need it again.
//
// The mistakes that a network is surest of are worth a long look. Some are the network's, some the label's:

// %%
const sure = measured.mistakes.slice(0, 12);
console.log('above each image the label, then the answer and its probability');
await figures.show(figures.predictionGridFigure(test, sure));

// %% [markdown]
// ## Precision and recall
//
// Two questions about one class, and they are not the same:
//
// - **Recall**: of all the cats, how many does it find? The diagonal over its *row*.
// - **Precision**: when it says cat, how often is it one? The diagonal over its *column*.
//
// Whoever calls everything a cat has a recall of 1 and a precision of one tenth. **F1** is their harmonic mean, which is
// small if either is:
//
// $$F_1 = \frac{2 \cdot \text{precision} \cdot \text{recall}}{\text{precision} + \text{recall}}$$
//
// A class that was never predicted has the precision 0 / 0. One has to decide what that means; as in scikit-learn it is 0
// here, and so is F1 where precision and recall are both 0.
//
// **Exercise 8.2** (3 points). Precision, recall and F1 of class `c`, each 0 where it would be 0 / 0.

// %% question="q8.2" points=3
/** Of class `c`, from a confusion matrix `m[label][prediction]`. */
function classMetrics(m: number[][], c: number): { precision: number; recall: number; f1: number } {
  // BEGIN SOLUTION
  const divide = (a: number, b: number) => (b === 0 ? 0 : a / b);
  const precision = divide(
    m[c][c],
    m.reduce((sum, counts) => sum + counts[c], 0),
  );
  const recall = divide(
    m[c][c],
    m[c].reduce((sum, count) => sum + count, 0),
  );
  return { precision, recall, f1: divide(2 * precision * recall, precision + recall) };
  // END SOLUTION
}

// %%
await check('q8.2');

// %% [markdown]
// The library writes them down the way scikit-learn does:

// %%
console.log(evaluation.classificationReport(matrix, { classNames }));
const title = 'Regularized network, class by class';
await figures.show(figures.classMetricsFigure(matrix, { classNames, title }));

// %% [markdown]
// The last lines are averages. *Macro* takes each class alike. *Weighted* takes each by its number of images. (*Micro*
// adds up the counts first; with one label an image that is just the accuracy.) CIFAR-10 has as many images of each
// class, so the three hardly differ. Real collections are not so polite. Suppose that what is photographed is nearly
// always a cat:

// %%
const random = createRandom(8);
const mostlyCats = labels.flatMap((label, i) => (label === 3 || random.uniform() < 0.02 ? [i] : []));
const lazy = mostlyCats.map(() => 3); // says "cat" whatever it is shown
const lazyLabels = mostlyCats.map((i) => labels[i]);
const lazyMatrix = evaluation.confusionMatrix(lazyLabels, lazy, { numClasses });
const averages = evaluation.precisionRecallF1(lazyMatrix);
console.log(`accuracy ${evaluation.accuracy(lazyLabels, lazy).toFixed(3)}`);
console.log(`F1: weighted ${averages.weighted.f1.toFixed(3)}, macro ${averages.macro.f1.toFixed(3)}`);

// %% [markdown]
// A program without a single weight has a fine accuracy there. The macro average sees through it.
//
// ## One class, every threshold
//
// So far the most probable class won. If missing a cat is worse than a false alarm, one may say "cat" from a probability
// of 0.2 on. Each threshold gives another precision and another recall. The **ROC curve** draws, for every threshold, the
// share of cats found against the share of others wrongly called cats; the area under it is the chance that a cat scores
// higher than something else. The **precision-recall curve** is the stricter one where positives are rare.
//
// > **Predict:** at a threshold of 0.2 instead of 0.5, which of precision and recall goes up?

// %%
const cat = 3;
const isCat = labels.map((label) => label === cat);
const scores = labels.map((_, i) => second.probabilities[i * numClasses + cat]);
for (const threshold of [0.2, 0.5, 0.8]) {
  const found = scores.filter((score, i) => score >= threshold && isCat[i]).length;
  const called = scores.filter((score) => score >= threshold).length;
  const precision = (found / called).toFixed(3);
  const recall = (found / isCat.filter(Boolean).length).toFixed(3);
  console.log(`from ${threshold}: precision ${precision}, recall ${recall}`);
}

// %%
const { probabilities } = second;
await figures.show(figures.rocFigure(labels, probabilities, { classNames }));
await figures.show(figures.precisionRecallFigure(labels, probabilities, { classNames }));

// %% [markdown]
// ## May it be that sure?
//
// A network that says 0.9 should be right nine times out of ten. If it is, it is **calibrated**, and its probabilities can
// be used: to ask a person below 0.6, for instance. The *reliability diagram* sorts the images into bins by the
// probability of the answer, and compares with the share of right ones in each. The **expected calibration error** is the
// gap, averaged over the images:
//
// $$\text{ECE} = \sum_b \frac{n_b}{n} \left| \text{accuracy}_b - \text{confidence}_b \right|$$
//
// **Exercise 8.3** (2 points). Compute it from the bins. An empty bin has no accuracy (`NaN`) and counts nothing.

// %% id="bins"
/** The images whose probability lies in one range; accuracy and confidence are means over them. */
type Bin = { count: number; accuracy: number; confidence: number };

// %% question="q8.3" points=2 needs=["bins"]
/** The expected calibration error, 0 to 1; there is at least one image. */
function calibrationError(bins: readonly Bin[]): number {
  // BEGIN SOLUTION
  const filled = bins.filter(({ count }) => count > 0);
  const total = filled.reduce((sum, { count }) => sum + count, 0);
  return filled.reduce((sum, b) => sum + (b.count / total) * Math.abs(b.accuracy - b.confidence), 0);
  // END SOLUTION
}

// %%
await check('q8.3');

// %%
const bins = evaluation.reliabilityBins(labels, probabilities, { numClasses });
await figures.show(figures.reliabilityFigure(bins, { title: 'Regularized network' }));
console.log(`ECE ${evaluation.expectedCalibrationError(bins).toFixed(4)}`);

// %% [markdown]
// Now the airbench network. It was trained with label smoothing, which asks it never to be certain (chapter 5).
//
// > **Predict:** will its bars lie above or below the diagonal?

// %%
const airbench = await loadClassifier('../data/pretrained/airbench-cifar10');
const fewer = data.takeStratified(test, { count: byProfile({ quick: 1000, full: 10000 }) });
const fewerLabels = Array.from(fewer.labels);
const third = await evaluation.predict(airbench.model, fewer, airbench);
const modest = evaluation.reliabilityBins(fewerLabels, third.probabilities, { numClasses });
await figures.show(figures.reliabilityFigure(modest, { title: 'Airbench network' }));
console.log(`accuracy ${evaluation.accuracy(fewerLabels, third.predicted).toFixed(4)}, one view`);
console.log(`ECE ${evaluation.expectedCalibrationError(modest).toFixed(4)}`);

// %% [markdown]
// It is right far more often than it dares to say. That can be mended without training: **temperature scaling** divides
// all logits by one number before the softmax. No answer changes, only how sure it is. The number is *fitted*, so it is
// fitted on validation images. (For airbench there are none: it was trained on all 50,000. So take the baseline, which
// errs the other way.)

// %%
const aside = data.takeStratified(splits.validation, { count: byProfile({ quick: 1000, full: 5000 }) });
const asideLabels = Array.from(aside.labels);
const held = await evaluation.predict(baseline.model, aside, baseline);
const logits = (p: Float32Array) => Float64Array.from(p, (x) => Math.log(Math.max(x, 1e-12)));
const temperature = evaluation.fitTemperature(asideLabels, logits(held.probabilities), { numClasses });
const scaled = evaluation.softmax(logits(first.probabilities), { numClasses, temperature });
for (const [name, values] of Object.entries({ before: first.probabilities, after: scaled })) {
  const error = evaluation.expectedCalibrationError(
    evaluation.reliabilityBins(labels, values, { numClasses }),
  );
  console.log(`${name}: ECE ${error.toFixed(4)}, temperature ${temperature.toFixed(2)}`);
}

// %% [markdown]
// ## How sure may *you* be?
//
// An accuracy on some images is a sample. Other images of the same kind would have given another number. The **Wilson
// interval** says how far off it may be: of a hundred such intervals, about 95 hold the accuracy on all images that there
// could be.
//
// > **Predict:** you measure 86 % on 100 images. How wide is the interval? And on 10,000?

// %%
for (const count of [100, 1000, 10000]) {
  const { low, high } = evaluation.wilsonInterval(0.86 * count, count);
  const width = (100 * (high - low)).toFixed(1);
  console.log(
    `86 % of ${count}: ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)} %, ${width} wide`,
  );
}

// %% [markdown]
// The width shrinks with the square root: a hundred times the images, a tenth of the width. A tenth of a percent between
// two networks means nothing on 10,000 images.
//
// For numbers without a formula there is the **bootstrap**: draw as many images again, with replacement, a thousand times,
// and look how the number varies.

// %%
const macroF1 = (m: evaluation.ConfusionMatrix) => evaluation.precisionRecallF1(m).macro.f1;
const range = evaluation.confusionInterval(matrix, { metric: macroF1 });
console.log(
  `macro F1 ${range.estimate.toFixed(4)}, 95 %: ${range.low.toFixed(4)} to ${range.high.toFixed(4)}`,
);

// %% [markdown]
// ## Is it overfitting?
//
// The same exam for both networks, images as they are, on three sets: those learned from, those that the settings were
// chosen by, and those never looked at.
//
// > **Predict:** for which network do the three differ more?

// %%
const count = byProfile({ quick: 1000, full: 5000 });
/** The accuracy on images of one part, and its interval, in percent. */
async function examine(classifier: Classifier, part: keyof data.Splits) {
  const some = data.takeStratified(splits[part], { count });
  const { predicted } = await evaluation.predict(classifier.model, some, classifier);
  const accuracy = evaluation.accuracy(some.labels, predicted);
  const { low, high } = evaluation.wilsonInterval(Math.round(accuracy * count), count);
  return { images: part, accuracy: 100 * accuracy, from: 100 * low, to: 100 * high };
}

// %%
const rows: ({ network: string } & Awaited<ReturnType<typeof examine>>)[] = [];
for (const [network, classifier] of Object.entries({ baseline, regularized })) {
  for (const part of ['train', 'validation', 'test'] as const) {
    rows.push({ network, ...(await examine(classifier, part)) });
  }
}
figures.showTable(rows, { precision: 1, caption: `percent, on ${count} images of each` });

// %% [markdown]
// The baseline knows its training images better than any others; between validation and test the intervals overlap.
// The regularized network's three intervals lie closer together, and higher. What is left between its training and test
// accuracy is what more images could still bring.
//
// ## Are the two really different?
//
// Intervals that do not overlap say yes. But both networks sat the *same* exam, and there is a sharper way: leave out the
// images that both got right or both got wrong, they tell nothing. Of the rest, some only the first got right, some only
// the second. If the two were equally good, each of these would be a coin toss. **McNemar's test** says how surprising
// the counts are then.
//
// **Exercise 8.4** (2 points). Count them.

// %% question="q8.4" points=2
/** On how many images was only the first right, and on how many only the second? */
function onlyOneRight(
  trueLabels: ArrayLike<number>,
  answers: { first: ArrayLike<number>; second: ArrayLike<number> },
): { firstOnly: number; secondOnly: number } {
  // BEGIN SOLUTION
  let [firstOnly, secondOnly] = [0, 0];
  for (let i = 0; i < trueLabels.length; i++) {
    const a = answers.first[i] === trueLabels[i];
    const b = answers.second[i] === trueLabels[i];
    if (a && !b) firstOnly++;
    if (b && !a) secondOnly++;
  }
  return { firstOnly, secondOnly };
  // END SOLUTION
}

// %%
await check('q8.4');

// %%
const compared = { first: first.predicted, second: second.predicted };
const outcome = evaluation.mcnemarTest(labels, compared);
console.log(
  `only the baseline right: ${outcome.firstOnly}, only the regularized: ${outcome.secondOnly}`,
);
console.log(`chance of that, or more, by coin tosses: ${outcome.pValue.toExponential(1)}`);
const difference = (chosen: Uint32Array) => {
  const own = evaluation.pick(labels, chosen);
  const right = (p: Uint8Array) => evaluation.accuracy(own, evaluation.pick(p, chosen));
  return right(second.predicted) - right(first.predicted);
};
const gain = evaluation.bootstrapInterval(labels.length, { metric: difference, resamples: 300 });
const points = [gain.estimate, gain.low, gain.high].map((x) => (100 * x).toFixed(1));
console.log(`${points[0]} points better, 95 %: ${points[1]} to ${points[2]}`);

// %% [markdown]
// So *these two networks* differ, beyond doubt. That one **recipe** is better than the other is another claim: each was
// trained once here, and another seed gives another network. For that, look at several seeds, as chapter 5 did, and as
// the README's table does. And a small p-value says nothing about how *large* a difference is; the interval does.
//
// ## When the pictures get worse
//
// Test images come from the same collection as the training images. The world is not so kind: cameras shake, light
// fails, sensors are noisy. Five corruptions, each in five severities, with names and amounts in
// `lib/evaluation/corruptions.ts`:

// %%
const sample = data.gather(test, [0, 1, 2, 3, 4, 5]);
const worse = evaluation.corruptionNames.map((name) => {
  return { name, images: evaluation.corrupt(name, 5)(sample, createRandom(1)) };
});
await figures.show(figures.augmentationGridFigure(sample, worse));

// %% [markdown]
// > **Predict:** a person hardly minds any of them. What costs the network most?

// %%
const hard = data.takeStratified(test, { count: byProfile({ quick: 300, full: 2000 }) });
const robustness = await evaluation.measureRobustness(regularized.model, hard, regularized);
await figures.show(figures.robustnessFigure(robustness));

// %% [markdown]
// Shifts it was trained for, and hardly notices. Noise it has never seen: the mildest costs it more than ten points, the
// strongest most of what it can do. Augmentation (chapter 3) is how one prepares a network for what it will meet; a test
// set from one's own cameras is how one finds out.
//
// ## On paper
//
// All of this for any model, as one file that opens anywhere, also without a network:
//
// ```
// npx course evaluate data/pretrained/regularized-cifar10 --report report.html
// npx course evaluate data/pretrained/regularized-cifar10 --compare data/pretrained/baseline-cifar10
// ```
//
// ## Summary
//
// - One number hides which class fails. The confusion matrix shows it; rows are recall, columns precision.
// - Say which average you mean. Where classes are of different size, accuracy flatters.
// - A probability is a promise; the reliability diagram says whether it is kept, a temperature mends it.
// - No accuracy without an interval, no "better" without a test on the same images, no recipe judged by one seed.
// - What was fitted on test images was not tested.
//
// ## Questionnaire
//
// 1. A network finds all 50 sick animals of 1,000 and wrongly raises the alarm for 150 healthy ones. Precision and recall?
// 2. Two classes: accuracy 0.99, macro F1 0.5. How can that be?
// 3. Your network is always too sure of itself. Is its best temperature above or below 1? What happens to its accuracy?
// 4. Network A is right on 9,000 of 10,000 images, B on 9,020. May B be better by chance? What else do you need to know?
// 5. You try 20 networks on the test images and report the best one's accuracy with its Wilson interval. What is wrong?

// %% [markdown]
// **Question 8.5** (3 points). Which class does the regularized network do worst on? Is it precision or recall that is
// low, what is it mistaken for, and what would you try?

// %% [markdown] question="q8.5" points=3
// BEGIN SOLUTION
// One point: the class with the lowest F1, cat in the recorded run, with its precision and recall read from the report
// and which of the two is lower. One point: the largest entries of its row (what cats are taken for) and of its column
// (what is taken for cats), mostly dog. One point: something that addresses just that and can be checked on validation
// images: more or clearer images of the two classes, a larger network or input (32 x 32 hides what tells them apart),
// looking for wrong labels among the surest mistakes. Moving a threshold trades precision for recall; it does not make
// the class easier.
// END SOLUTION

// %% [markdown]
// **Question 8.6** (3 points). Somebody wants to use the airbench network to sort photographs, and to hand all those to a
// person of which it is not sure. What do you have to do before "sure" means anything, on which images, and what would
// you tell them about photographs taken at night?

// %% [markdown] question="q8.6" points=3
// BEGIN SOLUTION
// One point: its probabilities are too low (the reliability diagram), so calibrate: fit a temperature, then choose the
// probability below which a person is asked by what a mistake and a person's time cost. One point: on images it was not
// trained on and that will not be used to report the result; the published network saw all 50,000 training images, so
// that needs new labelled ones, best of the photographs to be sorted, or a training with validation images set apart.
// One point: dark and noisy images are not in its training set; accuracy falls there (the curves of the corruptions) and
// calibration with it, for it stays sure of itself; measure on photographs taken at night, train with such augmentation.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/evaluation/metrics.ts` and `confusion.ts` are as short as your answers, and equal scikit-learn's numbers in the
//   first twelve digits (`test/evaluation/sklearn.test.ts`).
// - `npx course evaluate data/runs/chapter-4 --report report.html` puts your own network of chapter 4 on paper.
// - Next: chapter 9 lets others use the network.
