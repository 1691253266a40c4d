import * as tf from '@tensorflow/tfjs';

/** How a classifier learns. */
export interface CompileOptions {
  /** Default Adam. */
  readonly optimizer?: tf.Optimizer;
  /** Of the default optimizer; default 0.001. */
  readonly learningRate?: number;
  /**
   * Share of each label's probability that is spread evenly over all classes, so that the network is not driven to
   * certainty; default 0. Szegedy et al., https://arxiv.org/abs/1512.00567
   */
  readonly labelSmoothing?: number;
}

/**
 * Makes `model` ready for `train`: cross-entropy between its output and the one-hot labels, accuracy as metric.
 * A model that ends in softmax gets the loss over probabilities, any other the numerically safer one over logits.
 */
export function compileClassifier(
  model: tf.LayersModel,
  { learningRate = 0.001, optimizer = tf.train.adam(learningRate), labelSmoothing = 0 }: CompileOptions = {},
): void {
  const loss = endsInSoftmax(model) ? tf.metrics.categoricalCrossentropy : crossEntropyFromLogits;
  model.compile({
    optimizer,
    loss:
      labelSmoothing > 0
        ? markPerImage((labels, output) => loss(smooth(labels, labelSmoothing), output))
        : loss,
    metrics: [categoricalAccuracy],
  });
}

/** Whether the model's output is probabilities already. */
export function endsInSoftmax(model: tf.LayersModel): boolean {
  const last = model.layers[model.layers.length - 1];
  return last.getClassName() === 'Softmax' || last.getConfig().activation === 'softmax';
}

/** Cross-entropy in nats of each image, [batch], from one-hot labels and logits, both [batch, numClasses]. */
export function crossEntropyFromLogits(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  const fused = 'SoftmaxCrossEntropyWithLogits'; // in a compiled step
  if (tf.getKernel(fused, tf.getBackend())) {
    const inputs = { logits, labels: tf.cast(labels, 'float32') };
    return (tf.engine().runKernel(fused, inputs) as tf.Tensor[])[0];
  }
  return tf.losses.softmaxCrossEntropy(labels, logits, undefined, 0, tf.Reduction.NONE);
}

type Loss = (labels: tf.Tensor, output: tf.Tensor) => tf.Tensor;

const perImage = new WeakSet<Loss>([crossEntropyFromLogits, tf.metrics.categoricalCrossentropy]);

function markPerImage(loss: Loss): Loss {
  perImage.add(loss);
  return loss;
}

/** Whether a loss, as `model.compile` takes it, is known to look at each image by itself. */
export function isPerImage(loss: unknown): boolean {
  return typeof loss !== 'function' || perImage.has(loss as Loss); // those that tfjs has a name for all do
}

function smooth(labels: tf.Tensor, amount: number): tf.Tensor {
  const numClasses = labels.shape[labels.rank - 1];
  return tf.add(tf.mul(labels, 1 - amount), amount / numClasses);
}

function categoricalAccuracy(labels: tf.Tensor, predictions: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.cast(tf.equal(tf.argMax(labels, -1), tf.argMax(predictions, -1)), 'float32'));
}
