import * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';
import { inputsOf, layersUpTo, type Replacement, rebuild, weightsOf } from './rebuild';

/**
 * A copy of `model` without batch normalization: its running statistics, scale and offset are multiplied into the
 * convolution or dense layer before it, where there is one, or else become a 1x1 depthwise convolution. What the copy
 * gives is what `model` gives in prediction, up to rounding. When it is trained, the statistics stay what they were: batch
 * normalization in inference mode, which `trainable = false` does not bring about in TensorFlow.js. It also trains faster,
 * since no step depends on the batch as a whole. Throws a CourseError for what it cannot fold.
 */
export function foldBatchNorm(model: tf.LayersModel): tf.LayersModel {
  const last = model.outputs[0].sourceLayer;
  const layers = layersUpTo(last);
  const readers = (layer: tf.layers.Layer) => layers.filter((each) => inputsOf(each).includes(layer));
  const normalized = new Map<tf.layers.Layer, tf.layers.Layer>(); // by the layer that takes the normalization in
  for (const layer of layers.filter(isBatchNorm)) {
    const [before] = inputsOf(layer);
    if (takesAffine(before) && readers(before).length === 1) normalized.set(before, layer);
  }
  const folded = new Set(normalized.values());
  const input = tf.input({ shape: model.inputs[0].shape.slice(1), name: model.inputs[0].sourceLayer.name });
  const outputs = rebuild(last, input, {
    replace: (layer) => {
      if (folded.has(layer)) return 'skip';
      const norm = normalized.get(layer);
      if (norm) return withAffine(layer, affineOf(norm));
      return isBatchNorm(layer) ? depthwise(layer) : undefined;
    },
  });
  return tf.model({ name: model.name, inputs: input, outputs });
}

/** What batch normalization does in prediction: `scale * x + offset`, both [channels]. */
interface Affine {
  readonly scale: tf.Tensor1D;
  readonly offset: tf.Tensor1D;
}

function isBatchNorm(layer: tf.layers.Layer): boolean {
  return layer.getClassName() === 'BatchNormalization';
}

function takesAffine(layer: tf.layers.Layer): boolean {
  const kinds = ['Conv2D', 'DepthwiseConv2D', 'Dense'];
  return kinds.includes(layer.getClassName()) && layer.getConfig().activation === 'linear';
}

function affineOf(norm: tf.layers.Layer): Affine {
  const { axis, epsilon } = norm.getConfig();
  const rank = (norm.outputShape as tf.Shape).length;
  if (axis !== -1 && axis !== rank - 1) {
    throw new CourseError(`${norm.name}: expected the channels last, got axis ${axis}`);
  }
  const { moving_mean: mean, moving_variance: variance, ...learned } = weightsOf(norm);
  const { gamma = tf.onesLike(mean), beta = tf.zerosLike(mean) } = learned;
  const scale = tf.div<tf.Tensor1D>(gamma, tf.sqrt(tf.add(variance, epsilon as number)));
  return { scale, offset: tf.sub<tf.Tensor1D>(beta, tf.mul(mean, scale)) };
}

/** The layer with the affine map after it multiplied in. */
function withAffine(layer: tf.layers.Layer, { scale, offset }: Affine): Replacement {
  const { bias, ...kernels } = weightsOf(layer);
  const [[name, kernel]] = Object.entries(kernels); // `kernel` or `depthwise_kernel`
  // The last axis of a kernel is that of the outputs; of a depthwise one the last two are.
  const factors = name === 'kernel' ? scale : tf.reshape(scale, kernel.shape.slice(2));
  return {
    config: { useBias: true },
    weights: {
      [name]: tf.mul(kernel, factors),
      bias: bias ? tf.add(tf.mul(bias, scale), offset) : offset,
    },
  };
}

function depthwise(norm: tf.layers.Layer): Replacement {
  const shape = norm.outputShape as number[];
  if (shape.length !== 4) {
    throw new CourseError(
      `${norm.name}: expected batch normalization of images or after a dense layer, got ${shape.length - 1} axes`,
    );
  }
  const { scale, offset } = affineOf(norm);
  return {
    layer: tf.layers.depthwiseConv2d({ name: norm.name, kernelSize: 1 }),
    weights: { depthwise_kernel: tf.reshape(scale, [1, 1, shape[3], 1]), bias: offset },
  };
}
