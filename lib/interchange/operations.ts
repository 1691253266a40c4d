import type { NetworkWeight } from './network';

/** How a window goes over an image. */
export interface Sliding {
  /** Down and across. */
  readonly strides: readonly [number, number];
  /** TensorFlow's: `same` lets it reach over the edges, by one more at the bottom and on the right where that is odd. */
  readonly padding: 'same' | 'valid';
}

/** The activations that are one operation for TensorFlow or ONNX, or a few. */
export const activations = [
  'relu',
  'relu6',
  'elu',
  'selu',
  'sigmoid',
  'tanh',
  'softplus',
  'softsign',
  'swish',
  'gelu',
] as const;
export type Activation = (typeof activations)[number];

/** What each kind of operation has to know. Channels are last, and weights as `NetworkWeight` has them. */
interface Kinds {
  /** Multiplies each channel by its own number, or all by the only one. */
  scale: { readonly factor: Float32Array };
  /** Adds to each channel its own number, or the only one to all. */
  shift: { readonly offset: Float32Array };
  convolution: Sliding & { readonly kernel: NetworkWeight; readonly bias?: Float32Array };
  /** A convolution of each channel by itself; the kernel is [height, width, channels, multiplier]. */
  depthwise: Sliding & { readonly kernel: NetworkWeight; readonly bias?: Float32Array };
  /** (x - mean) / sqrt(variance + epsilon) * gamma + beta, each [channels]. */
  batchNorm: {
    readonly gamma: Float32Array;
    readonly beta: Float32Array;
    readonly mean: Float32Array;
    readonly variance: Float32Array;
    readonly epsilon: number;
  };
  activation: { readonly function: Activation };
  /** x, but alpha * x below 0. */
  leakyRelu: { readonly alpha: number };
  /** Over the channels. */
  softmax: object;
  /** An average is one of the pixels inside the image. */
  pool: Sliding & { readonly function: 'max' | 'average'; readonly size: readonly [number, number] };
  /** [height, width, channels] -> [channels] */
  globalPool: { readonly function: 'max' | 'average' };
  /** Zeros: top and bottom, left and right. */
  pad: { readonly padding: readonly (readonly [number, number])[] };
  /** To `outputShape`; the order of the numbers stays. */
  reshape: object;
  /** [in] -> [units]; the kernel is [in, units]. */
  dense: { readonly kernel: NetworkWeight; readonly bias?: Float32Array };
  /** Of two inputs or more, of one shape or with 1s in it. */
  merge: { readonly function: 'add' | 'multiply' };
  /** Joins the channels. */
  concatenate: object;
}

export type OperationKind = keyof Kinds;
type StepByKind = { readonly [K in OperationKind]: { readonly kind: K } & Kinds[K] };
/** What is to be computed, without where it stands in a network. */
export type Step = StepByKind[OperationKind];

/** Where an operation stands. */
export interface Place {
  /** Letters, digits, `_`, `.`, `-` and `/`; no two operations have the same. */
  readonly name: string;
  /** The names of the operations it reads; that of the images is `image`. */
  readonly inputs: readonly string[];
  /** Of the first input, without the batch: [height, width, channels] or [features]. */
  readonly inputShape: readonly number[];
  readonly outputShape: readonly number[];
}

export type OperationOf<K extends OperationKind> = StepByKind[K] & Place;
/** One step of a network as other frameworks know it: what ONNX and SavedModel files are written from. */
export type Operation = Step & Place;
