// %% [markdown]
// # 1 · Loading images
//
// A network never sees a picture. It sees numbers, and somebody has to put them there. In this chapter that somebody is
// you: you open a file of raw bytes, find the images in it, and hand them on in the order the rest of the course expects.
//
// **You will be able to**
// - read an image dataset from its bytes, without a library that hides them;
// - tell planar pixels from interleaved ones, and turn one into the other;
// - look at a dataset before you trust it: how many, how big, how balanced;
// - split it into training, validation and test images, and say what each part is for.
//
// **You need** TypeScript, and about 45 minutes. Deep learning starts in chapter 4.

// %% [markdown]
// ## Set-up
//
// Each chapter starts by importing what it uses. `course/...` is this course's own library: its sources are in the
// folder `lib/`, and they are meant to be read.

// %%
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  classCounts,
  datasetFolder,
  fetchDataset,
  gather,
  imageAt,
  loadDataset,
  loadSplits,
} from 'course/data';
import { classCountsFigure, pixelFigure, sampleGridFigure, show } from 'course/figures';
import { check } from 'course/grading';

// %% [markdown]
// The next cell brings CIFAR-10 to this computer, or finds it there already. It then checks every file against its known
// SHA-256, because a dataset with a damaged file still trains: it only trains worse, and nobody notices.

// %%
const { train, test } = await loadDataset('cifar10');
console.log(`${train.count} training images, ${test.count} test images`);

// %% [markdown]
// ## What is in the file
//
// CIFAR-10 is 60,000 photographs of 32 by 32 pixels, each of one of ten things. It comes in six files, and none of them
// is an image format: no header, no compression. A file is 10,000 *records*, one after the other. A record is
//
// | bytes | meaning |
// |---|---|
// | 1 | the label, 0 to 9 |
// | 1024 | how red each of the 32 x 32 pixels is, row by row |
// | 1024 | how green |
// | 1024 | how blue |
//
// > **Predict, before you run the next cell:** how many bytes does the file have? Write your number down.

// %% id="file"
const file = await readFile(join(datasetFolder('cifar10'), 'data_batch_1.bin'));
const recordBytes = 1 + 3 * 32 * 32;
console.log(`${file.length} bytes, ${file.length / recordBytes} records of ${recordBytes}`);

// %% [markdown]
// A whole number of records, so our reading of the format survives its first test. Here is the first record: its label,
// and the first ten values of each colour plane.

// %%
const firstRecord = new Uint8Array(file.subarray(0, recordBytes));
console.log('label', firstRecord[0], train.classNames[firstRecord[0]]);
for (const [i, plane] of ['red  ', 'green', 'blue '].entries()) {
  console.log(plane, firstRecord.subarray(1 + i * 1024, 11 + i * 1024).join(' '));
}

// %% [markdown]
// A byte is a brightness from 0 (none) to 255 (full). Each plane alone is a grey picture; the three together are the
// colours your screen shows. Can you see the frog?

// %%
await show(pixelFigure(gather(train, [0])));

// %% [markdown]
// ## Planar and interleaved
//
// The file keeps the planes apart: all red, then all green, then all blue. That is called *planar*. TensorFlow.js wants
// the three values of a pixel side by side, *interleaved*: R G B, R G B, ... The same numbers, in another order:
//
// - planar: the value of channel `c` at row `y`, column `x` stands at `c * 1024 + y * 32 + x`;
// - interleaved: it stands at `(y * 32 + x) * 3 + c`.
//
// The channel index moved from the slowest place to the fastest. Get this wrong and nothing crashes; you train on noise.
//
// **Exercise 1.1** (3 points). Decode one record. Refuse whatever does not have 3073 bytes with a `RangeError`.

// %% question="q1.1" points=3
/** The label (0 to 9) and the interleaved pixels, [32, 32, 3], of one planar record of 3073 bytes. */
function decodeRecord(record: Uint8Array): { label: number; pixels: Uint8Array } {
  // BEGIN SOLUTION
  if (record.length !== 3073) throw new RangeError(`expected 3073 bytes, got ${record.length}`);
  const pixels = new Uint8Array(3072);
  for (let i = 0; i < 1024; i++) {
    for (let c = 0; c < 3; c++) pixels[i * 3 + c] = record[1 + c * 1024 + i];
  }
  return { label: record[0], pixels };
  // END SOLUTION
}

// %%
await check('q1.1');

// %% [markdown]
// ## Look before you trust
//
// `loadDataset` did the same for all 60,000 records. It keeps the pixels as bytes: one byte a value, 184 MB for
// everything. As the 32-bit floats that a network computes with it would be four times as much, so the library makes
// floats only for the few images of a training step.

// %%
const megabytes = (train.count + test.count) * 32 * 32 * 3 * 1e-6;
console.log(`${megabytes.toFixed(0)} MB as bytes, ${(4 * megabytes).toFixed(0)} MB as floats`);
console.log('the first image starts with', imageAt(train, 0).subarray(0, 6).join(' '));

// %% [markdown]
// Compare those six numbers with the planes above: first red, first green, first blue, second red, ... Interleaved.
//
// Now the pictures. Labels can be wrong, shifted by one, or sorted, and only your eyes will tell.

// %%
await show(sampleGridFigure(train, { seed: 1 }));

// %% [markdown]
// Small, but a person gets about 94 in 100 right. Cats and dogs are the hard ones, for you and for every network that
// follows.
//
// > **Predict:** are there as many trucks as frogs among the training images?

// %% question="q1.2" points=1
/** How many times each label 0 to numClasses - 1 occurs. */
function countLabels(labels: Uint8Array, numClasses: number): number[] {
  // BEGIN SOLUTION
  const counts = new Array<number>(numClasses).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
  // END SOLUTION
}

// %% [markdown]
// **Exercise 1.2** (1 point) is the cell above: count the images of each class, also of a class that has none.

// %%
await check('q1.2');

// %% [markdown]
// The library's `classCounts` gives the answer for CIFAR-10:

// %%
console.log(classCounts(train).join(' '));
await show(
  classCountsFigure([
    { name: 'train', dataset: train },
    { name: 'test', dataset: test },
  ]),
);

// %% [markdown]
// Perfectly balanced: 5,000 of each for training, 1,000 of each for testing. A network that always says "frog" is right
// one time in ten, so 10 % is the score to beat. Real datasets are seldom so kind, which is why one looks.
//
// ## Three parts, three jobs
//
// A network can learn its training images by heart. What we want to know is how it does on images it has never seen, so
// we keep some apart:
//
// - **training** images: the network learns from them;
// - **validation** images: *we* learn from them, which settings work best;
// - **test** images: nobody learns from them. They are used once, at the end, for the number one reports.
//
// Choosing among twenty settings by their test score is also learning from the test images. The score then flatters.
//
// The split must be random, yet the same in each run (so it takes a *seed*), and each class should have its fair share in
// each part. A split that sees to that is called *stratified*.

// %%
const splits = await loadSplits('cifar10', { validationCount: 5000, seed: 1 });
for (const [name, part] of Object.entries(splits)) {
  console.log(name.padEnd(10), part.count, 'images;', classCounts(part).join(' '));
}

// %% [markdown]
// 45,000 / 5,000 / 10,000, each class with exactly a tenth. No pixel was copied: a part is a list of row numbers into the
// same bytes.
//
// **Exercise 1.3** (2 points). Write the heart of a stratified split: put the first `perClass` images of each class into
// the validation part and all others into the training part. (Shuffle first and it is random.)

// %% question="q1.3" points=2
/** Indices into `labels` of both parts, ascending; every index is in exactly one of them. */
function splitIndices(labels: Uint8Array, perClass: number): { train: number[]; validation: number[] } {
  // BEGIN SOLUTION
  const taken = new Map<number, number>();
  const parts = { train: [] as number[], validation: [] as number[] };
  labels.forEach((label, index) => {
    const count = taken.get(label) ?? 0;
    taken.set(label, count + 1);
    (count < perClass ? parts.validation : parts.train).push(index);
  });
  return parts;
  // END SOLUTION
}

// %%
await check('q1.3');

// %% [markdown]
// ## A second format: IDX
//
// Fashion-MNIST, our other dataset, has 70,000 grey pictures of clothes, 28 by 28. Its files do have a header: two zero
// bytes, one byte for the kind of number (8 means unsigned byte), one for how many dimensions follow, and then each
// dimension as a 32-bit integer with the *most* significant byte first (big-endian).

// %%
const { folder } = await fetchDataset('fashion-mnist');
const idx = await readFile(join(folder, 't10k-images-idx3-ubyte'));
console.log(idx.subarray(0, 16).join(' '));

// %% [markdown]
// Three dimensions: 0 0 39 16 is 39 x 256 + 16 = 10,000 images, of 28 rows and 28 columns.
//
// **Exercise 1.4** (2 points). Read the dimensions from such a header. A file whose first two bytes are not zero, or whose
// third is not 8, deserves a `RangeError`. (A `DataView` has `getUint32`, which is big-endian unless told otherwise.)

// %% question="q1.4" points=2
/** The dimensions in the header of an IDX file of unsigned bytes, slowest first. */
function idxDimensions(bytes: Uint8Array): number[] {
  // BEGIN SOLUTION
  if (bytes[0] !== 0 || bytes[1] !== 0 || bytes[2] !== 8)
    throw new RangeError('not an IDX file of bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes[3] }, (_, i) => view.getUint32(4 + 4 * i));
  // END SOLUTION
}

// %%
await check('q1.4');

// %% [markdown]
// The library reads both formats into the same shape, so every later chapter works with either.

// %%
const fashion = await loadDataset('fashion-mnist');
const { height, width, channels } = fashion.train;
console.log(`${fashion.train.count} images of ${height} x ${width} x ${channels}`);
await show(sampleGridFigure(fashion.train, { count: 20, seed: 1 }));

// %% [markdown]
// ## Summary
//
// - A dataset is bytes and an agreement on what they mean. Check the agreement: sizes, hashes, pictures, counts.
// - Planar or interleaved, big-endian or little-endian: wrong order raises no error.
// - Pixels stay bytes in memory, and become floats batch by batch.
// - Train, validate, test: split once, with a seed, stratified, before anything else is done.
//
// ## Questionnaire
//
// 1. How many bytes would a CIFAR-like record of 64 x 64 colour pixels have?
// 2. Where in an interleaved 32 x 32 x 3 image stands the green value of row 2, column 5?
// 3. Somebody tries ten learning rates and reports the best *test* accuracy. What is wrong with the number?
// 4. Why does a stratified split matter more for 200 images than for 50,000?

// %% [markdown]
// **Question 1.5** (2 points). A friend's network reaches 99 % on the training images and 10 % on CIFAR-10's test images.
// Name two mistakes in *loading* that would explain it, and how you would find out which one it is.

// %% [markdown] question="q1.5" points=2
// BEGIN SOLUTION
// The labels of the test part may be shifted or shuffled against its images, or its pixels may be in another order
// (planar instead of interleaved) than those of the training part: 10 % is what guessing gives. Show some test images
// with their labels: wrong pictures mean the pixels, right pictures under wrong names mean the labels.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/data/cifar10.ts` and `lib/data/idx.ts`: the loaders you have just rebuilt.
// - Any folder of class-named image folders loads too: `readImageFolder('my-photos', { height: 32, width: 32 })`.
// - Next: [2 · Normalization](02-normalization.ipynb), from bytes to numbers that a network likes.
