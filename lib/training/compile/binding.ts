import * as tf from '@tensorflow/tfjs';
import { type Attribute, DataType, type TensorData } from './graph';

// The private parts of TensorFlow.js 4.22 that compiling looks at or replaces for a while; this file alone casts to them.
// https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-node/src/nodejs_kernel_backend.ts
// https://github.com/tensorflow/tfjs/tree/tfjs-v4.22.0/tfjs-core/src/optimizers
// https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-layers/src/engine/training.ts

export type DataId = tf.Tensor['dataId'];

/** What tfjs-node knows of one tensor's memory. */
export interface TensorEntry {
  readonly shape: number[];
  readonly dtype: number;
  /** Not yet handed to TensorFlow; null once it is. */
  values: TensorData | null;
  /** The binding's name for the memory. */
  readonly id: number;
  refCount: number;
}

export interface OutputMetadata {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface Binding {
  createTensor(shape: readonly number[], dtype: number, data: TensorData): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TensorData;
  executeOp(
    op: string,
    attributes: readonly Attribute[],
    inputs: readonly number[],
    numOutputs: number,
  ): OutputMetadata[];
}

export interface NodeBackend {
  binding: Binding;
  readonly tensorMap: { get(id: DataId): TensorEntry; set(id: DataId, entry: TensorEntry): void };
  getInputTensorIds(tensors: readonly tf.Tensor[]): number[];
  createOutputTensor(metadata: OutputMetadata): tf.Tensor;
  executeSingleOutput(op: string, attributes: readonly Attribute[], inputs: readonly tf.Tensor[]): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: readonly Attribute[],
    inputs: readonly tf.Tensor[],
    numOutputs: number,
  ): tf.Tensor[];
  readSync(id: DataId): unknown;
}

/** The native backend; undefined where it has not been loaded. */
export function nodeBackend(): NodeBackend | undefined {
  if (!tf.findBackendFactory('tensorflow')) return undefined;
  return tf.engine().findBackend('tensorflow') as unknown as NodeBackend;
}

/** A variable of an optimizer's own, such as the momentum of one weight. */
export interface Slot {
  readonly originalName: string;
  readonly variable: tf.Variable;
}

/** What SGD, momentum and Adam have between them; which of it an optimizer has depends on its class. */
export interface OptimizerParts {
  readonly learningRate: number;
  incrementIterations(): void;
  readonly momentum: number;
  readonly useNesterov: boolean;
  readonly accumulations: Slot[];
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly accBeta1: tf.Variable;
  readonly accBeta2: tf.Variable;
  readonly accumulatedFirstMoment: Slot[];
  readonly accumulatedSecondMoment: Slot[];
}

export function partsOf(optimizer: tf.Optimizer): OptimizerParts {
  return optimizer as unknown as OptimizerParts;
}

export function learningRateOf(optimizer: tf.Optimizer): number {
  return partsOf(optimizer).learningRate;
}

/** The learning rate of the next step; `progress` is for optimizers that treat weights differently over time. */
export function setLearningRate(
  optimizer: tf.Optimizer,
  learningRate: number,
  { progress }: { readonly progress: number },
): void {
  const parts = optimizer as unknown as { learningRate: number; progress?: number };
  if ('progress' in parts) parts.progress = progress;
  if (parts.learningRate === learningRate) return;
  const { setLearningRate } = optimizer as Partial<tf.SGDOptimizer>;
  if (setLearningRate)
    setLearningRate.call(optimizer, learningRate); // SGD keeps it as a tensor too
  else parts.learningRate = learningRate;
}

/** The optimizer's i-th variable of one kind, made of zeros where it has none yet. */
export function slot(slots: Slot[], i: number, variable: tf.Variable, kind: string): tf.Variable {
  slots[i] ??= {
    originalName: `${variable.name}/${kind}`,
    variable: tf.tidy(() => tf.zerosLike(variable).variable(false)),
  };
  return slots[i].variable;
}

/** How a model trains: one step on images and targets; `compile` makes the list of weights anew. */
export interface TrainableParts {
  makeTrainFunction(): (data: tf.Tensor[]) => tf.Tensor[];
  readonly collectedTrainableWeights: readonly tf.LayerVariable[];
}

/** The parts that train; a Sequential keeps them in a model inside. */
export function trainable(model: tf.LayersModel): TrainableParts {
  return ((model as { model?: tf.LayersModel }).model ?? model) as unknown as TrainableParts;
}

/** The object that computes an activation layer's activation. */
export function activationOf(layer: tf.layers.Layer): object {
  return (layer as unknown as { activation: object }).activation;
}

/** What a dropout layer of tfjs-layers has. */
export interface Dropout {
  readonly rate: number;
  readonly seed?: number;
  getNoiseShape(x: tf.Tensor): number[] | null | undefined;
}

/** Where all dropout layers have their `call` from. */
export function dropoutPrototype(): {
  call: (inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor;
} {
  return Object.getPrototypeOf(tf.layers.dropout({ rate: 0, name: 'prototype' }));
}

/** Runs `body` with some of an object's methods replaced, and puts the old ones back whatever happens. */
export function withReplaced<T extends object, R>(object: T, replacement: Partial<T>, body: () => R): R {
  const before = Object.keys(replacement).map(
    (key) => [key, Object.getOwnPropertyDescriptor(object, key)] as const,
  );
  try {
    for (const [key, value] of Object.entries(replacement)) {
      Object.defineProperty(object, key, { value, configurable: true, writable: true, enumerable: true });
    }
    return body();
  } finally {
    for (const [key, descriptor] of before) {
      Reflect.deleteProperty(object, key);
      if (descriptor) Object.defineProperty(object, key, descriptor);
    }
  }
}

export function dataTypeOf(dtype: tf.DataType): number {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return DataType[dtype];
  throw new TypeError(`expected a tensor of float32, int32 or bool, got ${dtype}`);
}

/** `bytes` as the array that holds a tensor's values in JavaScript. */
export function typedArray(bytes: ArrayBuffer, dtype: number): TensorData {
  if (dtype === DataType.float32) return new Float32Array(bytes);
  return dtype === DataType.int32 ? new Int32Array(bytes) : new Uint8Array(bytes);
}
