import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import {
  denormalize,
  fitStandardization,
  type ImageDataset,
  type Normalization,
  normalize,
  normalizeBytes,
  normalizePixels,
  parseNormalization,
  scaleOnly,
  subset,
} from '../../lib/data';
import { labelled, pattern } from './images';

/** Two images of 1 x 2 pixels and 2 channels. */
const two: ImageDataset = {
  ...labelled([0, 1]),
  width: 2,
  channels: 2,
  pixels: Uint8Array.of(0, 51, 255, 51, 0, 51, 255, 255),
};
const halves: Normalization = { kind: 'standardize', mean: [0.5, 0.2], std: [0.5, 0.1] };
const batch = { pixels: Uint8Array.of(0, 51, 255, 102), count: 1, height: 1, width: 2, channels: 2 };

function assertClose(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-6): void {
  assert.equal(actual.length, expected.length);
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(actual[i] - value) <= tolerance, `${i}: expected ${value}, got ${actual[i]}`);
  }
}

describe('fitStandardization', () => {
  it('gives mean and population standard deviation of each channel', () => {
    const { kind, mean, std } = fitStandardization(two);
    assert.equal(kind, 'standardize');
    // numpy: np.mean([0, 255, 0, 255]) / 255, np.mean([51, 51, 51, 255]) / 255; np.std of the same
    assertClose(mean, [0.5, 0.4], 1e-12);
    assertClose(std, [0.5, Math.sqrt(0.12)], 1e-12);
  });

  it('looks only at the images of a subset', () => {
    const { mean, std } = fitStandardization(subset(two, [0]));
    assertClose(mean, [0.5, 0.2], 1e-12);
    assertClose(std, [0.5, 1], 1e-12); // the second channel does not vary
  });

  it('refuses a dataset without images', () => {
    assert.throws(() => fitStandardization(subset(two, [])), /expected images/);
  });

  it('makes the training images have mean 0 and standard deviation 1', () => {
    const images = pattern({ count: 20, channels: 1 });
    const dataset = { ...labelled(new Array(20).fill(0)), ...images };
    const values = normalizePixels(images, fitStandardization(dataset));
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    assertClose([mean, variance], [0, 1], 1e-5);
  });
});

describe('normalizePixels', () => {
  it('subtracts the mean and divides by the standard deviation, channel by channel', () => {
    assertClose(normalizePixels(batch, halves), [-1, 0, 1, 2]);
    assertClose(normalizePixels(batch, scaleOnly(2)), [0, 0.2, 1, 0.4]);
  });

  it('refuses images of other channels', () => {
    assert.throws(() => normalizePixels(batch, scaleOnly(3)), /expected images of 3 channels, .*, got 2/);
  });
});

describe('normalize', () => {
  it('gives one float32 tensor with the same numbers', async () => {
    const before = tf.memory().numTensors;
    const xs = normalize(batch, halves);
    assert.equal(tf.memory().numTensors, before + 1);
    assert.equal(xs.dtype, 'float32');
    assert.deepEqual(xs.shape, [1, 1, 2, 2]);
    assertClose(await xs.data(), [-1, 0, 1, 2]);
    xs.dispose();
  });
});

describe('normalizeBytes', () => {
  it('gives the same numbers from a tensor of bytes, and leaves no other tensor', async () => {
    const bytes = tf.tensor4d(Float32Array.from(batch.pixels), [1, 1, 2, 2]);
    const before = tf.memory().numTensors;
    const xs = normalizeBytes(bytes, halves);
    assert.equal(tf.memory().numTensors, before + 1);
    assertClose(await xs.data(), [-1, 0, 1, 2]);
    tf.dispose([bytes, xs]);
  });
});

describe('denormalize', () => {
  it('brings every byte back', () => {
    const images = pattern({ count: 2, height: 16, width: 16 });
    const normalization = { kind: 'standardize', mean: [0.49, 0.48, 0.45], std: [0.25, 0.24, 0.26] } as const;
    const xs = normalize(images, normalization);
    const before = tf.memory().numTensors;
    assert.deepEqual(denormalize(xs, normalization), images);
    assert.equal(tf.memory().numTensors, before);
    xs.dispose();
  });

  it('clips what lies outside 0 to 255', () => {
    const xs = tf.tensor4d([-0.5, 0.5, 1.5], [1, 1, 3, 1]);
    assert.deepEqual([...denormalize(xs, scaleOnly(1)).pixels], [0, 128, 255]);
    xs.dispose();
  });
});

describe('parseNormalization', () => {
  it('takes what JSON made of a normalization', () => {
    assert.deepEqual(parseNormalization(JSON.parse(JSON.stringify(halves))), halves);
  });

  for (const [value, message] of [
    [null, /kind: expected scale or standardize, got undefined/],
    [{ ...halves, kind: 'minmax' }, /kind: expected scale or standardize, got "minmax"/],
    [{ ...halves, mean: '0.5' }, /mean: expected a list of numbers, got "0.5"/],
    [{ ...halves, mean: [0.5, null] }, /mean: expected a list of numbers/],
    [{ ...halves, std: [1] }, /std: expected one number above 0 for each/],
    [{ ...halves, std: [1, 0] }, /std: expected one number above 0 for each/],
    [{ kind: 'scale', mean: [], std: [] }, /std: expected one number above 0 for each/],
  ] as const) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => parseNormalization(value), { name: 'TypeError', message });
    });
  }
});
