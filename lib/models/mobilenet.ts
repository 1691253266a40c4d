import * as tf from '@tensorflow/tfjs';
import type { ModelOptions } from './baseline';

/** What `buildMobilenet` can vary. */
export interface MobilenetOptions extends Omit<ModelOptions, 'numClasses'> {
  /** Without it the network ends in the features that its dense layer would classify, [batch, 1024 * alpha]. */
  readonly numClasses?: number;
  /** What the numbers of filters, 32 to 1024, are multiplied by; default 1. The published ones are 0.25, 0.5, 0.75 and 1. */
  readonly alpha?: number;
}

/** Strides and filters, before `alpha`, of each of the 13 pairs of convolutions. */
const blocks: readonly { readonly strides: 1 | 2; readonly filters: number }[] = [
  { strides: 1, filters: 64 },
  { strides: 2, filters: 128 },
  { strides: 1, filters: 128 },
  { strides: 2, filters: 256 },
  { strides: 1, filters: 256 },
  { strides: 2, filters: 512 },
  { strides: 1, filters: 512 },
  { strides: 1, filters: 512 },
  { strides: 1, filters: 512 },
  { strides: 1, filters: 512 },
  { strides: 1, filters: 512 },
  { strides: 2, filters: 1024 },
  { strides: 1, filters: 1024 },
];

/**
 * MobileNet V1, made for telephones: a convolution is split into one that looks at each channel by itself (depthwise,
 * 3x3) and one that mixes the channels of each place (pointwise, 1x1), about a ninth of the work. Howard et al.,
 * https://arxiv.org/abs/1704.04861. Layers are named and padded as in TensorFlow's published networks, so that their
 * weights fit: see `setMobilenetWeights`. With alpha 0.25 and 1000 classes 470,072 parameters.
 */
export function buildMobilenet({
  inputShape,
  numClasses,
  seed = 1,
  output = 'logits',
  alpha = 1,
}: MobilenetOptions): tf.LayersModel {
  let layer = 0;
  const initializer = () => tf.initializers.heNormal({ seed: seed * 1000 + ++layer });
  const scaled = (filters: number) => Math.floor(filters * alpha);
  const normalized = (name: string, convolution: tf.layers.Layer) => [
    convolution,
    tf.layers.batchNormalization({ name: `${name}_bn`, momentum: 0.9, epsilon: 1e-3 }),
    tf.layers.reLU({ name: `${name}_relu`, maxValue: 6 }),
  ];
  const layers = [
    ...normalized(
      'conv1',
      tf.layers.conv2d({
        name: 'conv1',
        filters: scaled(32),
        kernelSize: 3,
        strides: 2,
        padding: 'same',
        useBias: false, // batch normalization has one
        kernelInitializer: initializer(),
      }),
    ), // [batch, 112, 112, 32 * alpha]
    ...blocks.flatMap(({ strides, filters }, i) => [
      // At the bottom and on the right only, whatever the size; `same` would pad odd sizes all around.
      ...(strides === 2
        ? [
            tf.layers.zeroPadding2d({
              name: `conv_pad_${i + 1}`,
              padding: [
                [0, 1],
                [0, 1],
              ],
            }),
          ]
        : []),
      ...normalized(
        `conv_dw_${i + 1}`,
        tf.layers.depthwiseConv2d({
          name: `conv_dw_${i + 1}`,
          kernelSize: 3,
          strides,
          padding: strides === 2 ? 'valid' : 'same',
          useBias: false,
          depthwiseInitializer: initializer(),
        }),
      ),
      ...normalized(
        `conv_pw_${i + 1}`,
        tf.layers.conv2d({
          name: `conv_pw_${i + 1}`,
          filters: scaled(filters),
          kernelSize: 1,
          padding: 'same',
          useBias: false,
          kernelInitializer: initializer(),
        }),
      ),
    ]), // [batch, 7, 7, 1024 * alpha]
    tf.layers.globalAveragePooling2d({ name: 'average' }), // [batch, 1024 * alpha]
    ...(numClasses === undefined
      ? []
      : [
          tf.layers.dense({
            name: 'conv_preds', // called so since it was published as a 1x1 convolution of the one place
            units: numClasses,
            kernelInitializer: tf.initializers.glorotUniform({ seed: seed * 1000 }),
            activation: output === 'softmax' ? 'softmax' : 'linear',
          }), // [batch, numClasses]
        ]),
  ];
  const input = tf.input({ shape: [...inputShape], name: 'image' }); // [batch, 224, 224, 3], values of -1 to 1
  const outputs = layers.reduce((x, layer) => layer.apply(x) as tf.SymbolicTensor, input);
  return tf.model({ name: 'mobilenet', inputs: input, outputs });
}
