import type * as tf from '@tensorflow/tfjs';
import { isPerImage } from '../classifier';
import { UntraceableError } from './graph';

/**
 * Layers of tfjs-layers that compute the same way in every step, or, as dropout does, have a form of their own for the
 * graph. Any other may draw random numbers or keep count in JavaScript, which a graph would freeze.
 */
const traceable = new Set(
  [
    ['InputLayer', 'Sequential', 'Functional', 'Model'],
    ['Conv1D', 'Conv2D', 'Conv2DTranspose', 'DepthwiseConv2D', 'SeparableConv2D', 'Dense'],
    ['BatchNormalization', 'LayerNormalization', 'Dropout', 'SpatialDropout1D'],
    ['Activation', 'ReLU', 'LeakyReLU', 'ELU', 'PReLU', 'ThresholdedReLU', 'Softmax'],
    ['MaxPooling1D', 'MaxPooling2D', 'AveragePooling1D', 'AveragePooling2D'],
    ['GlobalAveragePooling1D', 'GlobalAveragePooling2D', 'GlobalMaxPooling1D', 'GlobalMaxPooling2D'],
    [
      'Flatten',
      'Reshape',
      'Permute',
      'RepeatVector',
      'ZeroPadding2D',
      'Cropping2D',
      'UpSampling2D',
      'Rescaling',
    ],
    ['Add', 'Average', 'Maximum', 'Minimum', 'Multiply', 'Concatenate', 'Dot'],
  ].flat(),
);

/**
 * Throws an `UntraceableError` that names the first layer which cannot be part of a graph. A layer class of your own can,
 * if it says `static traceable = true`: its `call` must use tensors only, no random numbers and no state besides its weights.
 */
export function requireTraceable(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    const { traceable: declared } = layer.constructor as { traceable?: boolean };
    const name = layer.getClassName();
    if (!declared && !traceable.has(name)) {
      throw new UntraceableError(
        `the layer ${layer.name} is a ${name}, which is not known to compute the same way in every step`,
      );
    }
    if ('layers' in layer) requireTraceable(layer as tf.LayersModel);
  }
}

/**
 * Whether a training step depends on the batch as a whole, so that a batch split in parts is another computation: by
 * batch normalization, or, for all that is known, by a loss function of one's own.
 */
export function looksAcrossTheBatch(model: tf.LayersModel): boolean {
  return hasBatchNormalization(model) || [model.loss].flat().some((loss) => !isPerImage(loss));
}

function hasBatchNormalization(model: tf.LayersModel): boolean {
  return model.layers.some(
    (layer) =>
      layer.getClassName() === 'BatchNormalization' ||
      ('layers' in layer && hasBatchNormalization(layer as tf.LayersModel)),
  );
}
