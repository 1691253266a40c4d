import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import {
  type Augmentation,
  batches,
  compose,
  horizontalFlip,
  imageBatches,
  numBatches,
  scaleOnly,
  shift,
} from '../../lib/data';
import { createRandom } from '../../lib/random';
import { labelled } from './images';

const seven = labelled([0, 1, 2, 0, 1, 2, 0]);
const normalization = scaleOnly(1);

describe('numBatches', () => {
  it('counts the last, smaller batch unless it is dropped', () => {
    assert.equal(numBatches(seven, 3), 3);
    assert.equal(numBatches(seven, 7), 1);
    assert.equal(numBatches(seven, 3, { dropRemainder: true }), 2);
    assert.equal(numBatches(seven, 8, { dropRemainder: true }), 0);
  });

  it('refuses a batch size that makes no sense', () => {
    for (const size of [0, -1, 2.5, Number.NaN]) assert.throws(() => numBatches(seven, size), RangeError);
  });
});

describe('imageBatches', () => {
  it('goes through the images in order', () => {
    const made = [...imageBatches(seven, { batchSize: 3 })];
    assert.deepEqual(
      made.map(({ images }) => [...images.pixels]),
      [[0, 1, 2], [3, 4, 5], [6]],
    );
    assert.deepEqual(
      made.map(({ labels }) => [...labels]),
      [[0, 1, 2], [0, 1, 2], [0]],
    );
    assert.deepEqual(
      made.map(({ count }) => count),
      [3, 3, 1],
    );
  });

  it('drops the smaller last batch where asked', () => {
    assert.equal([...imageBatches(seven, { batchSize: 3, dropRemainder: true })].length, 2);
  });

  it('shuffles by the stream, labels with their images, each image once', () => {
    const order = (seed: number) =>
      [...imageBatches(seven, { batchSize: 3, random: createRandom(seed) })].flatMap(
        ({ images, labels, indices }) => {
          assert.deepEqual([...images.pixels], [...indices]);
          assert.deepEqual(
            [...labels],
            [...indices].map((i) => seven.labels[i]),
          );
          return [...indices];
        },
      );
    assert.notDeepEqual(order(1), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual([...order(1)].sort(), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual(order(1), order(1));
    assert.notDeepEqual(order(1), order(2));
  });

  it('augments each batch from its own stream', () => {
    const addNoise: Augmentation = (batch, random) => ({
      ...batch,
      pixels: batch.pixels.map(() => random.integer(256)),
    });
    const pixels = (augment: Augmentation) =>
      [...imageBatches(seven, { batchSize: 3, random: createRandom(1), augment })].map(({ images }) => [
        ...images.pixels,
      ]);
    const noisy = pixels(addNoise);
    assert.notDeepEqual(noisy[0], noisy[1]);
    let call = 0;
    const second = pixels((batch, random) => (call++ === 1 ? addNoise(batch, random) : batch));
    assert.deepEqual(second[1], noisy[1]); // the same, though the first drew nothing
  });

  it('gives the same batches in memory that it reuses', () => {
    const options = {
      batchSize: 3,
      random: createRandom(1),
      augment: compose(horizontalFlip(), shift({ maxPixels: 1 })),
    };
    const own = [...imageBatches(seven, options)].map(({ images }) => images.pixels);
    const seen: Uint8Array[] = [];
    const memory = new Set<ArrayBufferLike>();
    for (const { images } of imageBatches(seven, { ...options, reuseMemory: true })) {
      seen.push(images.pixels.slice());
      memory.add(images.pixels.buffer);
    }
    assert.deepEqual(seen, own);
    assert.equal(memory.size, 1);
  });

  it('refuses to augment without a stream', () => {
    assert.throws(
      () => [...imageBatches(seven, { batchSize: 3, augment: (batch) => batch })],
      /expected `random`/,
    );
  });
});

describe('batches', () => {
  it('gives float32 images and int32 labels', async () => {
    const seen: number[][] = [];
    for await (const { xs, labels, count } of batches(seven, { batchSize: 3, normalization })) {
      assert.deepEqual([xs.dtype, labels.dtype], ['float32', 'int32']);
      assert.deepEqual([xs.shape, labels.shape], [[count, 1, 1, 1], [count]]);
      seen.push(
        [...(await xs.data())].map((value) => Math.round(value * 255)),
        [...(await labels.data())],
      );
      tf.dispose([xs, labels]);
    }
    assert.deepEqual(seen, [[0, 1, 2], [0, 1, 2], [3, 4, 5], [0, 1, 2], [6], [0]]);
  });

  it('makes tensors only for the batch in hand', async () => {
    const before = tf.memory().numTensors;
    for await (const { xs, labels } of batches(seven, { batchSize: 2, normalization })) {
      assert.equal(tf.memory().numTensors, before + 2);
      tf.dispose([xs, labels]);
    }
    for await (const { xs, labels } of batches(seven, { batchSize: 2, normalization })) {
      tf.dispose([xs, labels]);
      break; // leaving early leaves nothing either
    }
    assert.equal(tf.memory().numTensors, before);
  });
});
