import * as tf from '@tensorflow/tfjs';
import type { ModelOptions } from './baseline';

/** What `buildRegularized` can vary; each part can be switched off, to see what it is worth. */
export interface RegularizedOptions extends ModelOptions {
  /** Of the four convolutions; default [32, 64, 128, 256]. */
  readonly filters?: readonly [number, number, number, number];
  /** Normalizes after each convolution, which then needs no bias; default true. Ioffe and Szegedy, https://arxiv.org/abs/1502.03167 */
  readonly batchNormalization?: boolean;
  /** Share of the values that is set to 0 in training after each pooling, 0 to 1; default 0.2. Srivastava et al., https://jmlr.org/papers/v15/srivastava14a.html */
  readonly dropout?: number;
  /** Adds this times the sum of squares of all kernels to the loss; default 0. */
  readonly l2?: number;
}

/**
 * Four 3x3 convolutions with batch normalization, dropout and, where asked for, an L2 penalty; max pooling after the
 * first, second and fourth. Global average pooling (Lin et al., https://arxiv.org/abs/1312.4400) takes the place of
 * `flatten`: one number a filter, so the last dense layer has 2,570 parameters, not 40,970. 391,466 trained parameters
 * on CIFAR-10. The dropout layers have no seed; `train` draws for them anew in each step.
 */
export function buildRegularized({
  inputShape,
  numClasses,
  seed = 1,
  output = 'logits',
  filters = [32, 64, 128, 256],
  batchNormalization = true,
  dropout = 0.2,
  l2 = 0,
}: RegularizedOptions): tf.Sequential {
  const kernelRegularizer = l2 > 0 ? tf.regularizers.l2({ l2 }) : undefined;
  const conv = (block: number) => [
    tf.layers.conv2d({
      name: `conv${block}`,
      filters: filters[block - 1],
      kernelSize: 3,
      padding: 'same',
      useBias: !batchNormalization,
      kernelInitializer: tf.initializers.heNormal({ seed: seed * 1000 + block }),
      kernelRegularizer,
    }),
    // The running statistics follow within tens of steps; with Keras' 0.99 they would lag for hundreds.
    ...(batchNormalization
      ? [tf.layers.batchNormalization({ name: `norm${block}`, momentum: 0.9, epsilon: 1e-5 })]
      : []),
    tf.layers.reLU({ name: `relu${block}` }),
  ];
  const pool = (block: number) => [
    tf.layers.maxPooling2d({ name: `pool${block}`, poolSize: 2 }),
    ...(dropout > 0 ? [tf.layers.dropout({ name: `dropout${block}`, rate: dropout })] : []),
  ];
  return tf.sequential({
    name: 'regularized',
    layers: [
      tf.layers.inputLayer({ inputShape: [...inputShape] }), // [batch, 32, 32, 3]
      ...conv(1), // [batch, 32, 32, 32]
      ...pool(1), // [batch, 16, 16, 32]
      ...conv(2), // [batch, 16, 16, 64]
      ...pool(2), // [batch, 8, 8, 64]
      ...conv(3), // [batch, 8, 8, 128]
      ...conv(4), // [batch, 8, 8, 256]
      ...pool(4), // [batch, 4, 4, 256]
      tf.layers.globalAveragePooling2d({ name: 'average' }), // [batch, 256]
      tf.layers.dense({
        name: 'dense',
        units: numClasses,
        kernelInitializer: tf.initializers.glorotUniform({ seed: seed * 1000 + 5 }),
        kernelRegularizer,
        activation: output === 'softmax' ? 'softmax' : 'linear',
      }), // [batch, 10]
    ],
  });
}
