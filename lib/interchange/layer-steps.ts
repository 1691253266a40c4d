import type { Normalization } from '../data';
import { CourseError } from '../errors';
import type { NetworkLayer } from './network';
import { type Activation, activations, type Sliding, type Step } from './operations';

/** The steps of `normalizeBytes`. */
export function normalizationSteps({ mean, std }: Normalization): Step[] {
  return affine({
    factor: std.map((each) => 1 / (255 * each)),
    offset: mean.map((each, c) => -each / std[c]),
  });
}

/**
 * What `layer` computes when a network predicts, step by step; nothing for a layer that only trains.
 * @throws CourseError that names the layer, for a kind or a setting that is not known here.
 */
export function stepsOf(
  layer: NetworkLayer,
  inputs: readonly { readonly shape: readonly number[] }[],
): Step[] {
  const { className, config } = layer;
  if (!Object.hasOwn(kinds, className)) throw refused(layer, 'this kind of layer');
  const { dataFormat = 'channelsLast', dilationRate = 1 } = config;
  if (dataFormat !== 'channelsLast') throw refused(layer, `dataFormat ${dataFormat}`);
  if ([dilationRate].flat().some((rate) => rate !== 1)) throw refused(layer, `dilationRate ${dilationRate}`);
  return kinds[className](
    layer,
    inputs.map(({ shape }) => shape),
  );
}

type Shapes = readonly (readonly number[])[];

/** By TensorFlow.js's names. */
const kinds: Readonly<Record<string, (layer: NetworkLayer, inputShapes: Shapes) => Step[]>> = {
  Dropout: () => [],
  AlphaDropout: () => [],
  GaussianDropout: () => [],
  GaussianNoise: () => [],
  Rescaling: ({ config }) => affine({ factor: [config.scale as number], offset: [config.offset as number] }),
  Conv2D: (layer) => {
    const { kernel, bias } = layer.weights;
    return [{ kind: 'convolution', kernel, bias: bias?.data, ...slidingOf(layer) }, ...activationOf(layer)];
  },
  DepthwiseConv2D: (layer) => {
    const { depthwise_kernel: kernel, bias } = layer.weights;
    return [{ kind: 'depthwise', kernel, bias: bias?.data, ...evenly(layer) }, ...activationOf(layer)];
  },
  SeparableConv2D: (layer) => {
    const { depthwise_kernel, pointwise_kernel: kernel, bias } = layer.weights;
    return [
      { kind: 'depthwise', kernel: depthwise_kernel, ...evenly(layer) },
      { kind: 'convolution', kernel, bias: bias?.data, strides: [1, 1], padding: 'valid' },
      ...activationOf(layer),
    ];
  },
  Dense: (layer, [inputShape]) => {
    if (inputShape.length !== 1) throw refused(layer, `an input of [${inputShape.join(', ')}]`);
    const { kernel, bias } = layer.weights;
    return [{ kind: 'dense', kernel, bias: bias?.data }, ...activationOf(layer)];
  },
  BatchNormalization: batchNormalization,
  Activation: activationOf,
  ReLU: (layer) => {
    const { maxValue } = layer.config;
    if (maxValue !== null && maxValue !== undefined && maxValue !== 6)
      throw refused(layer, `maxValue ${maxValue}`);
    return [{ kind: 'activation', function: maxValue === 6 ? 'relu6' : 'relu' }];
  },
  LeakyReLU: ({ config }) => [{ kind: 'leakyRelu', alpha: config.alpha as number }],
  ELU: () => [{ kind: 'activation', function: 'elu' }], // its alpha is always 1
  Softmax: (layer, [inputShape]) => {
    requireLastAxis(layer, inputShape);
    return [{ kind: 'softmax' }];
  },
  MaxPooling2D: (layer) => [pool(layer, 'max')],
  AveragePooling2D: (layer) => [pool(layer, 'average')],
  GlobalMaxPooling2D: () => [{ kind: 'globalPool', function: 'max' }],
  GlobalAveragePooling2D: () => [{ kind: 'globalPool', function: 'average' }],
  ZeroPadding2D: ({ config }) => [{ kind: 'pad', padding: config.padding as [number, number][] }],
  Flatten: () => [{ kind: 'reshape' }],
  Reshape: (layer) => {
    const { length } = layer.outputShape;
    if (length !== 1 && length !== 3) throw refused(layer, `an output of [${layer.outputShape.join(', ')}]`);
    return [{ kind: 'reshape' }];
  },
  Add: (layer, shapes) => [merge(layer, shapes, 'add')],
  Multiply: (layer, shapes) => [merge(layer, shapes, 'multiply')],
  Concatenate: (layer, [inputShape]) => {
    requireLastAxis(layer, inputShape);
    return [{ kind: 'concatenate' }];
  },
};

/** x * factor + offset, without what changes nothing; each is a number a channel, or one for all. */
function affine({
  factor,
  offset,
}: {
  readonly factor: readonly number[];
  readonly offset: readonly number[];
}): Step[] {
  return [
    ...(factor.some((each) => each !== 1)
      ? [{ kind: 'scale', factor: Float32Array.from(factor) } as const]
      : []),
    ...(offset.some((each) => each !== 0)
      ? [{ kind: 'shift', offset: Float32Array.from(offset) } as const]
      : []),
  ];
}

function slidingOf(layer: NetworkLayer): Sliding {
  const { strides, padding } = layer.config;
  if (padding !== 'same' && padding !== 'valid') throw refused(layer, `padding ${padding}`);
  return { strides: strides as [number, number], padding };
}

/** TensorFlow's depthwise convolution takes no other strides. */
function evenly(layer: NetworkLayer): Sliding {
  const sliding = slidingOf(layer);
  const [down, across] = sliding.strides;
  if (down !== across) throw refused(layer, `strides ${down},${across}`);
  return sliding;
}

function pool(layer: NetworkLayer, kind: 'max' | 'average'): Step {
  const size = layer.config.poolSize as [number, number];
  return { kind: 'pool', function: kind, size, ...slidingOf(layer) };
}

function activationOf(layer: NetworkLayer): Step[] {
  const { activation } = layer.config;
  if (activation === 'linear') return [];
  if (activation === 'softmax') return [{ kind: 'softmax' }];
  if (activations.includes(activation as Activation))
    return [{ kind: 'activation', function: activation as Activation }];
  throw refused(layer, `the activation ${activation}`);
}

function batchNormalization(layer: NetworkLayer, [inputShape]: Shapes): Step[] {
  requireLastAxis(layer, inputShape);
  const epsilon = layer.config.epsilon as number;
  const mean = layer.weights.moving_mean.data;
  const variance = layer.weights.moving_variance.data;
  const gamma = layer.weights.gamma?.data ?? new Float32Array(mean.length).fill(1);
  const beta = layer.weights.beta?.data ?? new Float32Array(mean.length);
  if (inputShape.length === 3) return [{ kind: 'batchNorm', gamma, beta, mean, variance, epsilon }];
  const factor = Array.from(variance, (each, c) => gamma[c] / Math.sqrt(each + epsilon)); // TensorFlow's takes images only
  return affine({ factor, offset: factor.map((each, c) => beta[c] - mean[c] * each) });
}

function merge(layer: NetworkLayer, shapes: Shapes, kind: 'add' | 'multiply'): Step {
  if (shapes.some(({ length }) => length !== shapes[0].length))
    throw refused(layer, `inputs of ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')}`);
  return { kind: 'merge', function: kind };
}

/** `config.axis` counts the batch; some layers have it in a list. */
function requireLastAxis(layer: NetworkLayer, inputShape: readonly number[]): void {
  const { axis } = layer.config;
  if (axis !== -1 && axis !== inputShape.length) throw refused(layer, `axis ${axis}`);
}

function refused({ name, className }: NetworkLayer, what: string): CourseError {
  return new CourseError(
    `layer ${name} (${className}): ${what} cannot be exported to ONNX or as a SavedModel; replace it, or export to ` +
      'another format',
  );
}
