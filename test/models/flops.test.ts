import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { buildAirbench, buildBaseline, buildResnet, flopPerImage, layerWork } from '../../lib/models';

describe('layerWork', () => {
  it('counts the multiply-adds of the baseline that one counts by hand', () => {
    const model = buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 });
    assert.deepEqual(
      layerWork(model).map(({ kind, output, multiplyAdds }) => [kind, output, multiplyAdds]),
      [
        ['Conv2D', '30 x 30 x 32', 30 * 30 * 3 * 3 * 3 * 32],
        ['Conv2D', '13 x 13 x 64', 13 * 13 * 3 * 3 * 32 * 64],
        ['Conv2D', '4 x 4 x 64', 4 * 4 * 3 * 3 * 64 * 64],
        ['Dense', '64', 1024 * 64],
        ['Dense', '10', 64 * 10],
      ],
    );
    model.dispose();
  });

  it('counts strides by the output, and both kernels of a separable convolution', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [8, 6, 3], filters: 4, kernelSize: 3, strides: 2, padding: 'same' }),
        tf.layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }), // [batch, 4, 3, 8]
        tf.layers.separableConv2d({ filters: 5, kernelSize: [2, 3] }), // [batch, 3, 1, 5]
      ],
    });
    assert.deepEqual(
      layerWork(model).map(({ multiplyAdds }) => multiplyAdds),
      [4 * 3 * 3 * 3 * 3 * 4, 4 * 3 * 3 * 3 * 8, 3 * 1 * (2 * 3 * 8 + 8 * 5)],
    );
    model.dispose();
  });

  it('looks into a model that is a layer of another', () => {
    const inner = tf.sequential({ layers: [tf.layers.dense({ inputShape: [4], units: 3 })] });
    const model = tf.sequential({ layers: [inner, tf.layers.dense({ units: 2 })] });
    assert.deepEqual(
      layerWork(model).map(({ multiplyAdds }) => multiplyAdds),
      [12, 6],
    );
    model.dispose();
  });

  it('refuses what it cannot count', () => {
    const model = tf.sequential({
      layers: [tf.layers.conv2dTranspose({ inputShape: [4, 4, 1], filters: 1, kernelSize: 2, strides: 2 })],
    });
    assert.throws(() => layerWork(model), /cannot count what a Conv2DTranspose computes/);
    model.dispose();
  });
});

describe('flopPerImage', () => {
  it('is two for each multiply-add, three times for training but for the images own gradient', () => {
    const model = tf.sequential({
      layers: [tf.layers.dense({ inputShape: [4], units: 3 }), tf.layers.dense({ units: 2 })],
    });
    assert.deepEqual(flopPerImage(model), { predict: 2 * (12 + 6), train: 2 * (2 * 12 + 3 * 6) });
    model.dispose();
  });

  it('counts no gradient for what is not trained, nor for what nothing trained stands before', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.dense({ inputShape: [4], units: 3, trainable: false }),
        tf.layers.dense({ units: 2 }),
        tf.layers.dense({ units: 5, trainable: false }),
      ],
    });
    assert.deepEqual(flopPerImage(model), {
      predict: 2 * (12 + 6 + 10),
      train: 2 * (12 + 2 * 6 + 2 * 10),
    });
    model.dispose();
  });

  it('counts convolutions in shortcuts, but no sums', () => {
    const model = buildResnet({ inputShape: [8, 8, 1], numClasses: 3, width: 2, blocksPerStage: [1, 1] });
    const stem = 64 * 9 * 1 * 2;
    const first = 2 * (64 * 9 * 2 * 2);
    const second = 16 * (9 * 2 * 4 + 9 * 4 * 4 + 2 * 4);
    const forward = stem + first + second + 4 * 3;
    assert.deepEqual(flopPerImage(model), { predict: 2 * forward, train: 2 * (3 * forward - stem) });
    model.dispose();
  });

  it('counts airbench: 0.24 GFLOP an image to predict, 0.71 to train', () => {
    const model = buildAirbench({ inputShape: [32, 32, 3], numClasses: 10 });
    const whiten = 31 * 31 * 4 * 3 * 24;
    const rest =
      9 * (31 * 31 * 24 * 64 + 15 * 15 * (64 * 64 + 64 * 256) + 7 * 7 * (256 * 256 + 256 * 256)) +
      9 * (3 * 3 * 256 * 256) +
      256 * 10;
    assert.deepEqual(flopPerImage(model), { predict: 2 * (whiten + rest), train: 2 * (whiten + 3 * rest) });
    assert.equal(flopPerImage(model).train, 707_777_088);
    model.dispose();
  });

  it('is nothing for a model without weights', () => {
    const model = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2] })] });
    assert.deepEqual(flopPerImage(model), { predict: 0, train: 0 });
  });
});
