// %% [markdown]
// # 3 · Augmentation
//
// A cat that looks to the left is a cat. So is the same cat looking to the right, a little higher in the frame, or on a
// darker day. A network does not know that, unless it has seen it. *Augmentation* shows it: each time an image is used, it
// is changed a little, in ways that do not change what it is a picture of.
//
// **You will be able to**
// - flip, shift, rotate, crop, cut out and brighten images, each in a few lines;
// - compose such changes, random yet repeatable;
// - choose the ones that keep the label true, for the data at hand;
// - measure whether they slow training down.
//
// **You need** chapters 1 and 2, and about 45 minutes.

// %% [markdown]
// ## Set-up

// %%
import * as data from 'course/data';
import { augmentationGridFigure, show, showTable, table } from 'course/figures';
import { check } from 'course/grading';
import { createRandom, type Random } from 'course/random';
import { measure } from 'course/timing';

// %%
const { train: images } = await data.loadSplits('cifar10');
const six = data.gather(images, [10, 20, 35, 40, 52, 61]);
console.log(
  `${six.count} images of ${six.height} x ${six.width} x ${six.channels}, ${six.pixels.length} bytes`,
);

// %% [markdown]
// The exercises below speak of these two:

// %% id="types"
/** One image: interleaved bytes, [height, width, channels]. */
type Image = { pixels: Uint8Array; height: number; width: number; channels: number };

/** The corner and the side of a square, in pixels. */
type Square = { top: number; left: number; size: number };

// %% [markdown]
// ## A flip
//
// An image is interleaved bytes: the value of row `y`, column `x`, channel `c` stands at `(y * width + x) * channels + c`.
// To flip it from left to right, each row keeps its place and each column goes to the other side.
//
// > **Predict:** what do you get if you forget the channels and simply reverse each row's bytes?

// %%
const reversed = { ...six, pixels: new Uint8Array(six.pixels.length) };
const rowBytes = six.width * six.channels;
for (let row = 0; row < six.pixels.length; row += rowBytes) {
  reversed.pixels.set(six.pixels.slice(row, row + rowBytes).reverse(), row);
}
await show(augmentationGridFigure(six, [{ name: 'reversed', images: reversed }]));

// %% [markdown]
// They are flipped, and the sky has a colour that no sky has: red and blue changed places too.
//
// **Exercise 3.1** (3 points). Flip properly. The image you are given must stay as it is.

// %% question="q3.1" points=3
/** The image mirrored from left to right; `pixels` is [height, width, channels], interleaved. */
function flipHorizontal(pixels: Uint8Array, width: number, channels: number): Uint8Array {
  // BEGIN SOLUTION
  const flipped = new Uint8Array(pixels.length);
  for (let pixel = 0; pixel < pixels.length / channels; pixel++) {
    const x = pixel % width;
    const source = pixel - x + (width - 1 - x);
    for (let c = 0; c < channels; c++) flipped[pixel * channels + c] = pixels[source * channels + c];
  }
  return flipped;
  // END SOLUTION
}

// %%
await check('q3.1');

// %% [markdown]
// ## The collection
//
// The library has the usual ones. Each is made with its settings and gives a function of a batch and a source of random
// numbers, so that every image of the batch is changed differently:

// %%
const collection: Record<string, data.Augmentation> = {
  flip: data.horizontalFlip({ probability: 1 }),
  rotate: data.rotate({ maxDegrees: 20 }),
  shift: data.shift({ maxPixels: 5 }),
  zoom: data.zoom({ range: 0.25 }),
  crop: data.randomCrop({ padding: 4 }),
  cutout: data.cutout({ size: 10 }),
  brightness: data.brightness({ max: 60 }),
  contrast: data.contrast({ range: 0.5 }),
};

// %%
const random = createRandom(3);
const variants = Object.entries(collection).map(([name, augment]) => ({
  name,
  images: augment(six, random),
}));
await show(augmentationGridFigure(six, variants));

// %% [markdown]
// The first column is the original. Would you still name each picture correctly? That is the test for an augmentation:
// if a person hesitates, the label has become a lie.
//
// **Exercise 3.2** (3 points). Write the shift: move the picture `dx` columns to the right (to the left if negative) and
// `dy` rows down. What comes in from outside is black (0).

// %% question="q3.2" points=3 needs=["types"]
/** The image moved by dx columns and dy rows, zeros coming in. */
function shiftImage({ pixels, height, width, channels }: Image, dx: number, dy: number): Uint8Array {
  // BEGIN SOLUTION
  const shifted = new Uint8Array(pixels.length);
  for (let y = Math.max(0, dy); y < Math.min(height, height + dy); y++) {
    for (let x = Math.max(0, dx); x < Math.min(width, width + dx); x++) {
      const from = ((y - dy) * width + (x - dx)) * channels;
      shifted.set(pixels.subarray(from, from + channels), (y * width + x) * channels);
    }
  }
  return shifted;
  // END SOLUTION
}

// %%
await check('q3.2');

// %% [markdown]
// ## Random, and repeatable
//
// Each epoch should see *other* changes, or there would be nothing gained. And yet the whole training should give the same
// result when run again, or no two experiments could be compared. Both are had with a seed: the same seed gives the same
// stream of random numbers, and each epoch gets a stream of its own, named after it.

// %%
const augment = data.compose(
  data.horizontalFlip({ probability: 0.5 }),
  data.randomCrop({ padding: 4 }),
);
const run = (seed: number, epoch: number) => augment(six, createRandom(seed).fork(`epoch ${epoch}`));
const same = (a: data.ImageBatch, b: data.ImageBatch) =>
  a.pixels.every((value, i) => value === b.pixels[i]);
console.log('seed 1, epoch 1, twice:  ', same(run(1, 1), run(1, 1)) ? 'equal' : 'different');
console.log('seed 1, epochs 1 and 2:  ', same(run(1, 1), run(1, 2)) ? 'equal' : 'different');

// %%
const epochs = [1, 2, 3, 4].map((epoch) => ({ name: `epoch ${epoch}`, images: run(1, epoch) }));
await show(augmentationGridFigure(six, epochs));

// %% [markdown]
// `compose` applied one after the other: a flip for about half of the images, then a crop. This pair, random flips and
// crops from an image padded by 4 pixels, is the classic for CIFAR-10.
//
// **Exercise 3.3** (2 points). Write a `compose` of your own, for any number of augmentations. With none, the batch comes
// back as it was.

// %% question="q3.3" points=2
/** One augmentation that applies the given ones in order, all drawing from the same stream. */
function composeAll(augmentations: data.Augmentation[]): data.Augmentation {
  // BEGIN SOLUTION
  return (batch: data.ImageBatch, stream: Random) =>
    augmentations.reduce((result, next) => next(result, stream), batch);
  // END SOLUTION
}

// %%
await check('q3.3');

// %% [markdown]
// ## Cutout
//
// *Cutout* (DeVries and Taylor, 2017) covers a random square. The network can then not rely on a single clue, say the
// wheel, and must learn the rest of the car too. The centre of the square may lie anywhere, so at the borders a part of
// the square falls outside.
//
// **Exercise 3.4** (2 points). Cover a square of `size` by `size` pixels whose top left corner is at row `top`, column
// `left`; both may be negative or stick out. Everything outside the square stays as it is, and so does the image given.

// %% question="q3.4" points=2 needs=["types"]
/** The image with a black square; [height, width, channels], interleaved. */
function cutSquare({ pixels, height, width, channels }: Image, square: Square): Uint8Array {
  // BEGIN SOLUTION
  const { top, left, size } = square;
  const cut = pixels.slice();
  const right = Math.min(width, left + size);
  for (let y = Math.max(0, top); y < Math.min(height, top + size); y++) {
    if (right > 0)
      cut.fill(0, (y * width + Math.max(0, left)) * channels, (y * width + right) * channels);
  }
  return cut;
  // END SOLUTION
}

// %%
await check('q3.4');

// %% [markdown]
// ## What it costs
//
// Images are augmented while training runs, so it must be quick: a step on 64 images takes some 10 milliseconds on two
// fast cores, and the next batch is made meanwhile.
//
// > **Predict:** which of the eight takes longest?

// %%
const batch = data.gather(
  images,
  Array.from({ length: 64 }, (_, i) => i),
);
const rows = [];
for (const [name, change] of Object.entries({ ...collection, 'flip + crop': augment })) {
  const { medianMs } = await measure(() => change(batch, random), { repeats: 15 });
  rows.push({ augmentation: name, 'ms per 64 images': medianMs });
}
showTable(table(rows), { precision: 2 });

// %% [markdown]
// Those that move whole rows of bytes are nearly free. Rotating and zooming compute each pixel anew from its four
// neighbours, and that is where the time goes.
//
// ## What to leave alone
//
// - **Validation and test images.** Augmentation is a way to learn; an exam is not changed at random.
// - **What changes the label.** A 6 turned upside down is a 9. A shifted tumour may be outside the organ.
// - **What never happens.** Cars on their roof are rare enough that learning them costs more than it brings.
//
// ## Summary
//
// - Augmentation multiplies what each image teaches; the label must stay true.
// - Random for the network, seeded for you; fresh in each epoch; on training images only.
// - On bytes it is so cheap that one does it while training.
//
// ## Questionnaire
//
// 1. Training accuracy drops when augmentation is switched on. Why is that no reason to switch it off?
// 2. Which two of the eight are harmful for photographs of handwritten digits?
// 3. Why does each epoch have a stream of its own, instead of one stream for the whole training?
// 4. You augment first and split afterwards. What goes wrong?

// %% [markdown]
// **Question 3.5** (2 points). You train on Fashion-MNIST: grey, centred, always upright. Which of the eight would you try, which
// not, and how would you find out whether you were right?

// %% [markdown] question="q3.5" points=2
// BEGIN SOLUTION
// Flips (clothes are symmetric, shoes all point to the left but a right one is still a shoe), small shifts and crops, small
// zooms, cutout. Large rotations do not occur; brightness means little where every picture was normalized. Find out on
// validation images: same network, same seed, with and without, several seeds, and only then believe a difference.
// END SOLUTION

// %% [markdown]
// ## Where to go next
//
// - `lib/data/augment/` has one short file for each kind of change.
// - Next: [4 · A baseline CNN](04-baseline-cnn.ipynb), where all this is finally learned from.
