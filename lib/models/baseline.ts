import * as tf from '@tensorflow/tfjs';

/** What every builder of an image classifier needs to know. */
export interface ModelOptions {
  /** Height, width and channels of an image: [32, 32, 3] for CIFAR-10, [28, 28, 1] for Fashion-MNIST. */
  readonly inputShape: readonly [number, number, number];
  readonly numClasses: number;
  /** Fixes the initial weights. */
  readonly seed?: number;
  /** What the last layer gives: `logits`, any real numbers (default), or `softmax`, probabilities. */
  readonly output?: 'logits' | 'softmax';
}

/**
 * The usual first network: three 3x3 convolutions (32, 64, 64 filters), the first two pooled, then two dense layers.
 * Input [batch, height, width, channels], output [batch, numClasses]; 122,570 parameters on CIFAR-10. Not yet compiled.
 */
export function buildBaseline({
  inputShape,
  numClasses,
  seed = 1,
  output = 'logits',
}: ModelOptions): tf.Sequential {
  let layer = 0;
  // A seed of its own for each layer, else layers of one shape would start out equal.
  const kernelInitializer = () => tf.initializers.glorotUniform({ seed: seed * 1000 + ++layer });
  const conv = (filters: number) =>
    tf.layers.conv2d({ filters, kernelSize: 3, activation: 'relu', kernelInitializer: kernelInitializer() });
  return tf.sequential({
    name: 'baseline',
    layers: [
      tf.layers.inputLayer({ inputShape: [...inputShape] }), // [batch, 32, 32, 3]
      conv(32), // [batch, 30, 30, 32]
      tf.layers.maxPooling2d({ poolSize: 2 }), // [batch, 15, 15, 32]
      conv(64), // [batch, 13, 13, 64]
      tf.layers.maxPooling2d({ poolSize: 2 }), // [batch, 6, 6, 64]
      conv(64), // [batch, 4, 4, 64]
      tf.layers.flatten(), // [batch, 1024]
      tf.layers.dense({ units: 64, activation: 'relu', kernelInitializer: kernelInitializer() }),
      tf.layers.dense({
        units: numClasses,
        kernelInitializer: kernelInitializer(),
        activation: output === 'softmax' ? 'softmax' : 'linear',
      }), // [batch, 10]
    ],
  });
}
