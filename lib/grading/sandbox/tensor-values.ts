import { types } from 'node:util';
import type * as Tfjs from '@tensorflow/tfjs';
import { ProtocolError, type TensorType, tensorTypes } from './codec';

/** What a tensor is made of. */
export interface TensorParts {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | Uint8Array | readonly string[];
}

/** What a network is made of: the JSON of its layers' settings, and the values of its weights in their order. */
export interface ModelParts {
  readonly topology: string;
  readonly weights: readonly Float32Array[];
}

/** TensorFlow.js where this process uses it; a process that does not is spared the loading. */
function loadedTfjs(): typeof Tfjs | undefined {
  file ??= require.resolve('@tensorflow/tfjs');
  return require.cache[file] ? tfjs() : undefined;
}

let file: string | undefined;

function tfjs(): typeof Tfjs {
  return require('@tensorflow/tfjs');
}

/** Never true for a proxy: to look at one would ask the other process. */
export function isTensor(value: object): value is Tfjs.Tensor {
  const tf = loadedTfjs();
  return tf !== undefined && !types.isProxy(value) && value instanceof tf.Tensor;
}

export function isModel(value: object): value is Tfjs.LayersModel {
  const tf = loadedTfjs();
  return tf !== undefined && !types.isProxy(value) && value instanceof tf.LayersModel;
}

/** The parts of a tensor; undefined where it has none to hand over: it is disposed, or complex. */
export function tensorParts(tensor: Tfjs.Tensor): TensorParts | undefined {
  const dtype = tensorTypes.find((type) => type === tensor.dtype);
  if (!dtype || tensor.isDisposed) return undefined;
  const values: unknown = tensor.dataSync(); // of strings for the type `string`, whatever the declaration says
  return { dtype, shape: tensor.shape, values: values as TensorParts['values'] };
}

/** A tensor from its parts, for the caller to dispose. */
export function tensorFrom({ dtype, shape, values }: TensorParts): Tfjs.Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  if (size !== values.length) throw new ProtocolError('a tensor of another size than its shape');
  return tfjs().tensor(values as Float32Array, [...shape], dtype);
}

export function modelParts(model: Tfjs.LayersModel): ModelParts {
  const kind = model.getClassName() === 'Sequential' ? 'Sequential' : 'Model';
  return {
    topology: JSON.stringify({ kind, name: model.name, config: model.getConfig() }),
    weights: model.getWeights().map((weight) => Float32Array.from(weight.dataSync())),
  };
}

/**
 * A network of this process's own classes from its parts, for the caller to dispose: what it computes and how many weights it
 * has is worked out here, whatever the process that it came from says of it.
 */
export function modelFrom({ topology, weights }: ModelParts): Tfjs.LayersModel {
  const tf = tfjs();
  const { kind, config } = JSON.parse(topology, (key, value) =>
    /Initializer$/.test(key) ? { className: 'Zeros', config: {} } : value,
  );
  const model: Tfjs.serialization.Serializable =
    kind === 'Sequential'
      ? tf.Sequential.fromConfig(tf.Sequential, config)
      : tf.LayersModel.fromConfig(tf.LayersModel, config);
  if (!(model instanceof tf.LayersModel)) throw new ProtocolError('no network');
  const shapes = model.getWeights().map(({ shape }) => shape);
  if (shapes.length !== weights.length) {
    model.dispose();
    throw new ProtocolError('a network with other weights than its layers have');
  }
  tf.tidy(() => model.setWeights(weights.map((values, i) => tf.tensor(values, shapes[i]))));
  return model;
}

/** The tensors that this process holds; 0 where it does not use TensorFlow.js. */
export function tensorCount(): number {
  return loadedTfjs()?.memory().numTensors ?? 0;
}

/**
 * Stands in for tensors of another process: a test that counts its own tensors counts those that an answer left behind,
 * too. `follow` takes how many there are now.
 */
export class TensorShadow {
  private known: number | undefined;
  private readonly shadows: Tfjs.Tensor[] = [];

  follow(count: number): void {
    const change = count - (this.known ?? count);
    this.known = count;
    for (let i = 0; i < Math.min(change, 10_000); i++) this.shadows.push(tfjs().scalar(0));
    for (let i = change; i < 0 && this.shadows.length > 0; i++) this.shadows.pop()?.dispose();
  }

  dispose(): void {
    for (const shadow of this.shadows.splice(0)) shadow.dispose();
  }
}
