import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { AdaptImages, type Base, buildOnBase } from '../../lib/transfer';
import { assertClose, checkSaving } from '../models/checks';
import { randomImages, toyBase } from './toys';

function adapt(images: tf.Tensor4D, options: ConstructorParameters<typeof AdaptImages>[0]): tf.Tensor4D {
  return new AdaptImages(options).apply(images) as tf.Tensor4D;
}

describe('AdaptImages', () => {
  const plain = { mean: [0], std: [1] };

  before(() => useBackend());

  it('resizes with the pixels aligned by their corners', () => {
    tf.tidy(() => {
      const wide = adapt(tf.tensor4d([0, 1, 0, 1], [1, 2, 2, 1]), { size: [2, 4, 1], ...plain });
      assertClose(wide.dataSync(), [0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1], 1e-6);
    });
  });

  it('repeats one channel to three, and normalizes each', () => {
    tf.tidy(() => {
      const grey = tf.tensor4d([0.2, 0.6], [1, 1, 2, 1]);
      const options = { size: [1, 2, 3] as const, mean: [0, 0.1, 0.2], std: [1, 0.5, 0.1] };
      const colours = adapt(grey, options);
      assertClose(colours.dataSync(), [0.2, 0.2, 0, 0.6, 1, 4], 1e-5);
    });
  });

  it('mixes three channels to one by their brightness', () => {
    tf.tidy(() => {
      const colours = tf.tensor4d([1, 0, 0, 0, 1, 0, 0.5, 0.5, 0.5], [1, 1, 3, 3]);
      assertClose(adapt(colours, { size: [1, 3, 1], ...plain }).dataSync(), [0.299, 0.587, 0.5], 1e-6);
    });
  });
});

describe('buildOnBase', () => {
  let base: Base;
  const head = {
    kernel: Float32Array.from({ length: 8 * 2 }, (_, i) => i / 10),
    bias: Float32Array.of(1, -1),
  };

  before(async () => {
    await useBackend();
    base = toyBase();
  });

  it('hands images that fit to the base as they are', () => {
    const { model, normalization } = buildOnBase(base, { height: 16, width: 16, channels: 3 });
    assert.equal(normalization, base.normalization);
    assert.deepEqual(
      model.layers.map((layer) => layer.getClassName()),
      base.model.layers.map((layer) => layer.getClassName()),
    );
    model.dispose();
  });

  it('adapts others first', () => {
    const { model, normalization } = buildOnBase(base, { height: 10, width: 12, channels: 1 });
    assert.deepEqual(normalization, { kind: 'scale', mean: [0], std: [1] });
    tf.tidy(() => {
      const xs = randomImages([2, 10, 12, 1]);
      const adapted = adapt(xs, { size: [16, 16, 3], mean: [0, 0, 0], std: [1, 1, 1] });
      const expected = base.model.predict(adapted) as tf.Tensor;
      assertClose((model.predict(xs) as tf.Tensor).dataSync(), expected.dataSync(), 1e-6);
    });
    model.dispose();
  });

  it('puts the head on top', () => {
    const { model } = buildOnBase(base, { height: 16, width: 16, channels: 3 }, { head });
    tf.tidy(() => {
      const xs = randomImages([2, 16, 16, 3]);
      const features = base.model.predict(xs) as tf.Tensor2D;
      const expected = tf.add(tf.matMul(features, tf.tensor2d(head.kernel, [8, 2])), tf.tensor1d(head.bias));
      assertClose((model.predict(xs) as tf.Tensor).dataSync(), expected.dataSync(), 1e-6);
    });
    model.dispose();
  });

  it('makes a classifier that can be saved and loaded', async () => {
    const { model } = buildOnBase(base, { height: 10, width: 10, channels: 3 }, { head });
    (await checkSaving(model)).dispose();
    model.dispose();
  });

  it('leaves no tensors behind but the weights, which are copies', () => {
    const before = tf.memory().numTensors;
    const { model } = buildOnBase(base, { height: 8, width: 8, channels: 1 }, { head });
    assert.equal(tf.memory().numTensors - before, model.weights.length);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
    tf.tidy(() => assert.ok(base.model.predict(randomImages([1, 16, 16, 3]))));
  });
});
