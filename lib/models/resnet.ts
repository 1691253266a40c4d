import * as tf from '@tensorflow/tfjs';
import type { ModelOptions } from './baseline';

/** What `buildResnet` can vary. */
export interface ResnetOptions extends ModelOptions {
  /** Filters of the first stage; each further stage doubles them. Default 64. */
  readonly width?: number;
  /** Residual blocks of each stage; default [2, 2, 2, 2], ResNet-18. [3, 4, 6, 3] is ResNet-34. */
  readonly blocksPerStage?: readonly number[];
}

/**
 * A residual network for small images: a 3x3 convolution, stages of blocks that add what they compute to what they were
 * given, global average pooling and a dense layer. Every stage but the first halves the image. He et al.,
 * https://arxiv.org/abs/1512.03385; their 7x7 convolution and first pooling are for larger images. By default
 * ResNet-18 with 11,173,962 trained parameters on CIFAR-10.
 */
export function buildResnet({
  inputShape,
  numClasses,
  seed = 1,
  output = 'logits',
  width = 64,
  blocksPerStage = [2, 2, 2, 2],
}: ResnetOptions): tf.LayersModel {
  const conv = convolutions(seed);
  const input = tf.input({ shape: [...inputShape], name: 'image' }); // [batch, 32, 32, 3]
  let x = relu('stem', conv('stem', { x: input, filters: width })); // [batch, 32, 32, 64]
  for (const [stage, blocks] of blocksPerStage.entries()) {
    for (let block = 0; block < blocks; block++) {
      const name = `stage${stage + 1}_block${block + 1}`;
      const strides = stage > 0 && block === 0 ? 2 : 1;
      x = residualBlock(name, { x, filters: width * 2 ** stage, strides, conv });
    }
  } // [batch, 16, 16, 128], [batch, 8, 8, 256], [batch, 4, 4, 512]
  const features = tf.layers.globalAveragePooling2d({ name: 'average' }).apply(x); // [batch, 512]
  const dense = tf.layers.dense({
    name: 'dense',
    units: numClasses,
    kernelInitializer: tf.initializers.glorotUniform({ seed: seed * 1000 }),
    activation: output === 'softmax' ? 'softmax' : 'linear',
  });
  const outputs = dense.apply(features) as tf.SymbolicTensor; // [batch, 10]
  return tf.model({ name: 'resnet', inputs: input, outputs });
}

interface ConvOptions {
  readonly x: tf.SymbolicTensor;
  readonly filters: number;
  readonly kernelSize?: number;
  readonly strides?: number;
}

type Conv = (name: string, options: ConvOptions) => tf.SymbolicTensor;

/** Two convolutions beside a shortcut: the input itself or, where the shape changes, a 1x1 convolution of it. */
function residualBlock(
  name: string,
  { x, filters, strides, conv }: Required<Omit<ConvOptions, 'kernelSize'>> & { readonly conv: Conv },
): tf.SymbolicTensor {
  const first = relu(`${name}_1`, conv(`${name}_1`, { x, filters, strides }));
  const second = conv(`${name}_2`, { x: first, filters });
  const sameShape = strides === 1 && x.shape[3] === filters;
  const shortcut = sameShape ? x : conv(`${name}_shortcut`, { x, filters, strides, kernelSize: 1 });
  return relu(name, tf.layers.add({ name: `${name}_add` }).apply([second, shortcut]) as tf.SymbolicTensor);
}

/** Makes convolutions with batch normalization, each with initial weights of its own. */
function convolutions(seed: number): Conv {
  let layer = 0;
  return (name, { x, filters, kernelSize = 3, strides = 1 }) => {
    const convolution = tf.layers.conv2d({
      name: `${name}_conv`,
      filters,
      kernelSize,
      strides,
      padding: 'same',
      useBias: false, // batch normalization has one
      kernelInitializer: tf.initializers.heNormal({ seed: seed * 1000 + ++layer }),
    });
    const norm = tf.layers.batchNormalization({ name: `${name}_norm`, momentum: 0.9, epsilon: 1e-5 });
    return norm.apply(convolution.apply(x)) as tf.SymbolicTensor;
  };
}

function relu(name: string, x: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.reLU({ name: `${name}_relu` }).apply(x) as tf.SymbolicTensor;
}
