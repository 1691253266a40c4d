import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { buildBaseline, flopPerImage, layerWork } from '../../lib/models';

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

  it('is nothing for a model without weights', () => {
    const model = tf.sequential({ layers: [tf.layers.flatten({ inputShape: [2, 2] })] });
    assert.deepEqual(flopPerImage(model), { predict: 0, train: 0 });
  });
});
