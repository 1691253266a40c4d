import * as tf from '@tensorflow/tfjs';
import type { ModelOptions } from './baseline';

/** What `buildVgg` can vary. */
export interface VggOptions extends ModelOptions {
  /**
   * Filters of each convolution, block by block; a pooling ends each block. Default [[64], [128], [256, 256], [512, 512],
   * [512, 512]], which is VGG-11; VGG-13 has two convolutions in each block.
   */
  readonly blocks?: readonly (readonly number[])[];
  /** Share of the features that is set to 0 in training before the dense layer, 0 to 1; default 0.5, as in the paper. */
  readonly dropout?: number;
}

/**
 * VGG for small images: blocks of 3x3 convolutions, each with batch normalization and ReLU, that halve the image and
 * double the filters. Simonyan and Zisserman, https://arxiv.org/abs/1409.1556; they had larger images, two more dense
 * layers of 4096 units and no batch normalization. By default 9,228,362 trained parameters on CIFAR-10.
 */
export function buildVgg({
  inputShape,
  numClasses,
  seed = 1,
  output = 'logits',
  blocks = [[64], [128], [256, 256], [512, 512], [512, 512]],
  dropout = 0.5,
}: VggOptions): tf.Sequential {
  let layer = 0;
  const nextSeed = () => seed * 1000 + ++layer;
  const conv = (name: string, filters: number) => [
    tf.layers.conv2d({
      name: `${name}_conv`,
      filters,
      kernelSize: 3,
      padding: 'same',
      useBias: false, // batch normalization has one
      kernelInitializer: tf.initializers.heNormal({ seed: nextSeed() }),
    }),
    tf.layers.batchNormalization({ name: `${name}_norm`, momentum: 0.9, epsilon: 1e-5 }),
    tf.layers.reLU({ name: `${name}_relu` }),
  ];
  return tf.sequential({
    name: 'vgg',
    layers: [
      tf.layers.inputLayer({ inputShape: [...inputShape] }), // [batch, 32, 32, 3]
      ...blocks.flatMap((filters, block) => [
        ...filters.flatMap((count, i) => conv(`block${block + 1}_${i + 1}`, count)),
        // Rounds up, so that 28 pixels (14, 7, 4, 2, 1) can be halved five times, too.
        tf.layers.maxPooling2d({ name: `block${block + 1}_pool`, poolSize: 2, padding: 'same' }),
      ]), // [batch, 16, 16, 64], ... [batch, 1, 1, 512]
      tf.layers.flatten({ name: 'flatten' }), // [batch, 512]
      ...(dropout > 0 ? [tf.layers.dropout({ name: 'dropout', rate: dropout })] : []),
      tf.layers.dense({
        name: 'dense',
        units: numClasses,
        kernelInitializer: tf.initializers.glorotUniform({ seed: nextSeed() }),
        activation: output === 'softmax' ? 'softmax' : 'linear',
      }), // [batch, 10]
    ],
  });
}
