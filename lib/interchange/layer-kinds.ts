import { inspect } from 'node:util';
import { CourseError } from '../errors';
import type { NetworkLayer } from './network';

/** What is set of a layer, by TensorFlow.js's names; each kind has some of these. */
export interface LayerOptions {
  readonly filters: number;
  readonly units: number;
  readonly depthMultiplier: number;
  readonly kernelSize: number[];
  readonly poolSize: number[];
  readonly strides: number[];
  readonly dilationRate: number[];
  readonly targetShape: number[];
  readonly padding: string | number[][];
  readonly activation: string;
  readonly useBias: boolean;
  readonly axis: number | number[];
  readonly momentum: number;
  readonly epsilon: number;
  readonly center: boolean;
  readonly scale: boolean | number;
  readonly offset: number;
  readonly rate: number;
  readonly stddev: number;
  readonly alpha: number;
  readonly maxValue: number | null;
}

type OptionName = keyof LayerOptions;
type Shape = readonly number[];
type Shapes = Readonly<Record<string, Shape>>;

interface Check {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

interface LayerKind {
  readonly options: Readonly<Partial<Record<OptionName, Check>>>;
  /** By short name, in the order in which Keras keeps them, for an input of `shape` without the batch. */
  readonly weights?: (options: LayerOptions, shape: Shape) => Shapes;
}

const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && isBetween(value as number, 1, 2 ** 24);
const isBetween = (value: number, low: number, high: number) => value >= low && value <= high;
const isList = (value: unknown, length: number, each: (one: unknown) => boolean) =>
  Array.isArray(value) && value.length === length && value.every(each);

const size: Check = { expected: 'a whole number above 0', holds: isSize };
const pair: Check = {
  expected: 'two whole numbers above 0',
  holds: (value) => isList(value, 2, isSize),
};
const number: Check = { expected: 'a number', holds: isNumber };
const flag: Check = { expected: 'true or false', holds: (value) => typeof value === 'boolean' };
const axis: Check = {
  expected: 'an axis',
  holds: (value) => Number.isInteger(Array.isArray(value) && value.length === 1 ? value[0] : value),
};
const share: Check = {
  expected: 'a number from 0 to below 1',
  holds: (value) => isNumber(value) && value >= 0 && value < 1,
};
const oneOf = (...names: readonly string[]): Check => ({
  expected: `one of ${names.join(', ')}`,
  holds: (value) => names.includes(value as string),
});
const padding = oneOf('valid', 'same');
const activation = oneOf(
  ...['linear', 'relu', 'relu6', 'elu', 'selu', 'gelu', 'swish', 'mish', 'sigmoid', 'tanh'],
  ...['softplus', 'softsign', 'softmax', 'logSoftmax'],
);
const margins: Check = {
  expected: 'two pairs of whole numbers',
  holds: (value) =>
    isList(value, 2, (two) =>
      isList(two, 2, (one) => Number.isInteger(one) && isBetween(one as number, 0, 1e4)),
    ),
};
const shape: Check = {
  expected: 'a shape of at most 4 sizes',
  holds: (value) =>
    Array.isArray(value) && value.length <= 4 && value.every((one) => one === -1 || isSize(one)),
};
const limit: Check = {
  expected: 'a number above 0, or nothing',
  holds: (value) => value === undefined || value === null || (isNumber(value) && value > 0),
};

const convolution = {
  kernelSize: pair,
  strides: pair,
  padding,
  dilationRate: pair,
  activation,
  useBias: flag,
};
const pooling = { poolSize: pair, strides: pair, padding };
const statistics = { axis, epsilon: number, center: flag, scale: flag };

const last = (shape: Shape) => shape[shape.length - 1];
const bias = ({ useBias }: LayerOptions, length: number): Shapes => (useBias ? { bias: [length] } : {});
const scaleAndShift = ({ center, scale }: LayerOptions, length: number): Shapes => ({
  ...(scale && { gamma: [length] }),
  ...(center && { beta: [length] }),
});
/** Statistics are kept along one axis, counted with the batch. */
const lengthOf = ({ axis }: LayerOptions, shape: Shape) => {
  const index = Array.isArray(axis) ? axis[0] : (axis as number);
  return index < 0 ? shape[shape.length + index] : shape[index - 1];
};

/** The layers that can be read from and written to other frameworks' files, by TensorFlow.js's and Keras' names. */
const layerKinds: Readonly<Record<string, LayerKind>> = {
  Conv2D: {
    options: { filters: size, ...convolution },
    weights: (options, shape) => ({
      kernel: [...options.kernelSize, last(shape), options.filters],
      ...bias(options, options.filters),
    }),
  },
  DepthwiseConv2D: {
    options: { depthMultiplier: size, ...convolution },
    weights: (options, shape) => ({
      depthwise_kernel: [...options.kernelSize, last(shape), options.depthMultiplier],
      ...bias(options, last(shape) * options.depthMultiplier),
    }),
  },
  SeparableConv2D: {
    options: { filters: size, depthMultiplier: size, ...convolution },
    weights: (options, shape) => ({
      depthwise_kernel: [...options.kernelSize, last(shape), options.depthMultiplier],
      pointwise_kernel: [1, 1, last(shape) * options.depthMultiplier, options.filters],
      ...bias(options, options.filters),
    }),
  },
  Dense: {
    options: { units: size, activation, useBias: flag },
    weights: (options, shape) => ({
      kernel: [last(shape), options.units],
      ...bias(options, options.units),
    }),
  },
  BatchNormalization: {
    options: { ...statistics, momentum: number },
    weights: (options, shape) => ({
      ...scaleAndShift(options, lengthOf(options, shape)),
      moving_mean: [lengthOf(options, shape)],
      moving_variance: [lengthOf(options, shape)],
    }),
  },
  LayerNormalization: {
    options: statistics,
    weights: (options, shape) => scaleAndShift(options, lengthOf(options, shape)),
  },
  MaxPooling2D: { options: pooling },
  AveragePooling2D: { options: pooling },
  GlobalMaxPooling2D: { options: {} },
  GlobalAveragePooling2D: { options: {} },
  ZeroPadding2D: { options: { padding: margins } },
  Flatten: { options: {} },
  Reshape: { options: { targetShape: shape } },
  Add: { options: {} },
  Multiply: { options: {} },
  Concatenate: { options: { axis } },
  Activation: { options: { activation } },
  ReLU: { options: { maxValue: limit } },
  LeakyReLU: { options: { alpha: number } },
  ELU: { options: { alpha: number } },
  Softmax: { options: { axis } },
  Rescaling: { options: { scale: number, offset: number } },
  Dropout: { options: { rate: share } },
  GaussianDropout: { options: { rate: share } },
  AlphaDropout: { options: { rate: share } },
  GaussianNoise: { options: { stddev: number } },
};

type AnyLayer = Pick<NetworkLayer, 'name' | 'className' | 'config'>;

/**
 * What is set of a layer, checked; what only steers a training, such as initializers and regularizers, is left out. Throws
 * a CourseError for a kind of layer that is not known here, and for an option that is missing or out of range.
 */
export function optionsOf({ name, className, config }: AnyLayer): LayerOptions {
  const { options } = kindOf({ name, className });
  const checks = { ...options, dataFormat: layout };
  for (const [option, { expected, holds }] of Object.entries(checks)) {
    if (!holds(config[option]))
      throw new CourseError(
        `layer ${shown(name)}, a ${className}: expected ${expected} as ${option}, got ${shown(config[option])}`,
      );
  }
  const picked: Partial<Record<OptionName, unknown>> = {};
  for (const option of Object.keys(options) as OptionName[]) picked[option] = config[option];
  return picked as LayerOptions;
}

const layout: Check = {
  expected: 'channelsLast',
  holds: (value) => value === undefined || value === 'channelsLast',
};

/** The shapes of the layer's weights by their short names, in Keras' order; `shape` is its input's, without the batch. */
export function weightShapes(layer: AnyLayer, shape: Shape): Shapes {
  const options = optionsOf(layer);
  return kindOf(layer).weights?.(options, shape) ?? {};
}

function kindOf({ name, className }: Pick<NetworkLayer, 'name' | 'className'>): LayerKind {
  if (Object.hasOwn(layerKinds, className)) return layerKinds[className];
  const known = Object.keys(layerKinds).join(', ');
  throw new CourseError(
    `layer ${shown(name)} is a ${shown(className)}, which is not known here; known are ${known}`,
  );
}

/** A value of a file for a message: one line, and short however long the value is. */
export function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:-]{1,60}$/.test(value)) return value;
  const options = { depth: 1, maxArrayLength: 4, maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY };
  return inspect(value, options).slice(0, 120);
}
