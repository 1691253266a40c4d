import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { assertSame, gradientsOf } from './gradients';
import { uniformTensor } from './tensors';

describe('gradients of convolutions on wasm', () => {
  let previous: string;
  before(async () => {
    previous = tf.getBackend();
    await useBackend({ backend: 'wasm' });
  });
  after(async () => {
    if (previous) await tf.setBackend(previous);
  });

  it('are summed over several parts of a large batch, the last one smaller', () =>
    assertSame(
      gradientsOf(
        (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same'),
        [5, 40, 41, 2], // 1640 pixels an image, of which two fit 4096
        [3, 3, 2, 3],
      ),
    ));

  it('are right where the strides leave pixels unseen and where the padding is wider than the filter', async () => {
    for (const padding of ['valid', 4] as const) {
      await assertSame(
        gradientsOf(
          (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 3, padding),
          [2, 9, 11, 2],
          [2, 3, 2, 3],
        ),
      );
    }
  });

  it('leave channels-first, which the package computes itself, to the package', async () => {
    const gradients = tf.tidy(() => {
      const dy = uniformTensor([2, 5, 4, 3], 1) as tf.Tensor4D;
      const filter = uniformTensor([3, 3, 2, 3], 2);
      const run = (inputs: object, attributes: object): tf.Tensor4D =>
        tf.engine().runKernel('Conv2DBackpropInput', inputs as tf.NamedTensorMap, {
          strides: [1, 1],
          pad: 'same',
          ...attributes,
        });
      const channelsLast = run({ dy, filter }, { dataFormat: 'NHWC', inputShape: [2, 5, 4, 2] });
      const turned = dy.transpose([0, 3, 1, 2]);
      const channelsFirst = run({ dy: turned, filter }, { dataFormat: 'NCHW', inputShape: [2, 2, 5, 4] });
      return [channelsLast, channelsFirst.transpose([0, 2, 3, 1])];
    });
    const [expected, found] = await Promise.all(gradients.map((gradient) => gradient.data()));
    assert.ok(expected.every((value, i) => Math.abs(value - found[i]) < 1e-5));
    tf.dispose(gradients);
  });
});
