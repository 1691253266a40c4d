import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { fitStandardization, normalize, scaleOnly } from '../../lib/data';
import { buildAirbench, buildBaseline, fitWhitening, fitWhiteningOn, setWhitening } from '../../lib/models';
import { createRandom } from '../../lib/random';
import { toyDataset } from '../helpers/toy-dataset';
import { assertClose, kernels } from './checks';

/** Images in which neighbours and channels are alike. */
function correlated({ count = 40, side = 12, channels = 3 } = {}) {
  const random = createRandom('correlated');
  const data = new Float32Array(count * side * side * channels);
  for (let i = 0; i < data.length; i++) {
    const left = i % (side * channels) < channels ? 0 : data[i - channels];
    const other = i % channels === 0 ? 0 : data[i - 1];
    data[i] = 0.6 * left + 0.5 * other + 0.4 * random.normal() + 0.1;
  }
  return { data, shape: [count, side, side, channels] as const };
}

describe('fitWhitening', () => {
  before(() => useBackend());

  it('gives what one computes by hand', () => {
    // All patches are single pixels of two channels, [2, 0] and [0, 1]: the covariance is diagonal, 2 and 0.5.
    const images = { data: Float32Array.of(2, 0, 0, 1), shape: [1, 1, 2, 2] as const };
    const { kernel, shape, eigenvalues } = fitWhitening(images, { kernelSize: 1, epsilon: 0 });
    assert.deepEqual(shape, [1, 1, 2, 4]);
    assertClose(eigenvalues, [2, 0.5], 1e-12);
    const [a, b] = [Math.SQRT1_2, Math.SQRT2]; // 1 / sqrt(2), 1 / sqrt(0.5)
    assertClose(kernel, [a, 0, -a, 0, 0, b, 0, -b], 1e-6);
  });

  it('makes the responses to patches independent, each of variance 1', () => {
    const images = correlated();
    const epsilon = 5e-4;
    const { kernel, shape, eigenvalues } = fitWhitening(images, { epsilon });
    assert.deepEqual(shape, [2, 2, 3, 24]);
    assert.ok(eigenvalues[0] / eigenvalues[11] > 20, 'patches that are white already would test nothing');
    tf.tidy(() => {
      const filters = tf.tensor<tf.Rank.R4>(kernel, [2, 2, 3, 24]);
      const responses = tf.conv2d(tf.tensor4d(images.data, [...images.shape]), filters, 1, 'valid');
      const [positive, negative] = tf.split(responses.reshape([-1, 24]), 2, 1);
      const covariance = tf.matMul(positive, positive, true).div(positive.shape[0]).dataSync();
      const expected = Array.from({ length: 144 }, (_, i) =>
        i % 13 === 0 ? eigenvalues[i / 13] / (eigenvalues[i / 13] + epsilon) : 0,
      );
      assertClose(covariance, expected, 1e-4);
      assertClose(
        expected.filter((_, i) => i % 13 === 0),
        new Array(12).fill(1),
        0.05,
      );
      assertClose(negative.dataSync(), tf.neg(positive).dataSync(), 1e-5);
    });
  });

  it('lists the largest eigenvalue first, and turns each filter so that its largest number is positive', () => {
    const { kernel, eigenvalues } = fitWhitening(correlated());
    assert.deepEqual(
      eigenvalues,
      [...eigenvalues].sort((a, b) => b - a),
    );
    for (let filter = 0; filter < 12; filter++) {
      const values = Array.from({ length: 12 }, (_, i) => kernel[i * 24 + filter]);
      assert.ok(Math.max(...values) >= -Math.min(...values) * (1 - 1e-5), `filter ${filter}: ${values}`);
    }
  });

  it('takes a tensor as well, and leaves none behind', () => {
    const { data, shape } = correlated();
    const xs = tf.tensor4d(data, [...shape]);
    const before = tf.memory().numTensors;
    assert.deepEqual(fitWhitening(xs), fitWhitening({ data, shape }));
    assert.equal(tf.memory().numTensors, before);
    xs.dispose();
  });

  it('does not blow up directions in which nothing varies', () => {
    const { data } = correlated({ channels: 1 });
    const gray = Float32Array.from({ length: data.length * 3 }, (_, i) => data[Math.floor(i / 3)]);
    const { kernel, eigenvalues } = fitWhitening({ data: gray, shape: [40, 12, 12, 3] }, { epsilon: 0.01 });
    assertClose(eigenvalues.slice(4), new Array(8).fill(0), 1e-9); // 4 pixels vary, their channels do not
    assert.ok(kernel.every((value) => Math.abs(value) <= 10)); // 1 / sqrt(0.01)
  });

  it('refuses images that have no patch', () => {
    const images = { data: new Float32Array(3), shape: [1, 1, 1, 3] as const };
    assert.throws(() => fitWhitening(images), /one image of 2 x 2 pixels or more, got 1 x 1 x 1 x 3/);
  });
});

describe('fitWhiteningOn', () => {
  const dataset = toyDataset({ count: 20 });

  it('takes the first images of a dataset, normalized', () => {
    const normalization = fitStandardization(dataset);
    const { height, width, channels } = dataset;
    const pixels = dataset.pixels.slice(0, 5 * height * width * channels);
    const first = normalize({ pixels, count: 5, height, width, channels }, normalization);
    assert.deepEqual(fitWhiteningOn(dataset, normalization, { count: 5 }), fitWhitening(first));
    first.dispose();
  });

  it('takes all where there are fewer, and hands on the options', () => {
    const options = { kernelSize: 3, epsilon: 0.1 };
    const all = fitWhiteningOn(dataset, scaleOnly(3), options);
    assert.deepEqual(all.shape, [3, 3, 3, 54]);
    assert.deepEqual(fitWhiteningOn(dataset, scaleOnly(3), { ...options, count: 20 }), all);
  });
});

describe('setWhitening', () => {
  const options = { inputShape: [12, 12, 3], numClasses: 4, widths: [4, 4] } as const;
  const fitted = fitWhiteningOn(toyDataset({ count: 8 }), scaleOnly(3));

  it('sets kernel and bias of the layer whiten, and leaves no tensor behind', () => {
    const model = buildAirbench(options);
    const bias = model.weights.find(({ originalName }) => originalName === 'whiten/bias');
    tf.tidy(() => {
      bias?.write(tf.ones([24]));
    });
    const before = tf.memory().numTensors;
    setWhitening(model, fitted);
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(kernels(model).get('whiten/kernel'), [...fitted.kernel]);
    assert.deepEqual([...(bias?.read().dataSync() ?? [])], new Array(24).fill(0));
    assert.ok(model.nonTrainableWeights.some(({ originalName }) => originalName === 'whiten/kernel'));
    model.dispose();
  });

  it('says what does not fit', () => {
    const baseline = buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 });
    assert.throws(() => setWhitening(baseline, fitted), /the model baseline has no layer called whiten/);
    const gray = buildAirbench({ ...options, inputShape: [12, 12, 1] });
    assert.throws(() => setWhitening(gray, fitted), /expected a kernel of 2 x 2 x 1 x 8, got 2 x 2 x 3 x 24/);
    baseline.dispose();
    gray.dispose();
  });
});
