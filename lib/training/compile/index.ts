import * as tf from '@tensorflow/tfjs';
import { graphSessionModule } from '../../backend/native';
import { threadLimit } from '../../backend/threads';
import { CourseError } from '../../errors';
import { nodeBackend } from './binding';
import { type Precision, UntraceableError } from './graph';
import { looksAcrossTheBatch } from './layers';
import { type CallOptions, CompiledModel, type CompiledModelOptions } from './model';
import type { Values } from './values';

export { type Precision, precisionNames, UntraceableError } from './graph';
export {
  type CallOptions,
  CompiledModel,
  type CompiledModelOptions,
  type TrainOnBatchOptions,
} from './model';
export type { OperationTime } from './profile';
export type { Values } from './values';

/** A compiled model, or why there is none. */
export type Compilation =
  | { readonly compiled: CompiledModel; readonly reason?: undefined }
  | { readonly compiled?: undefined; readonly reason: string };

const compilations = new WeakMap<tf.LayersModel, { compilation: Compilation; precision: Precision }>();

/** Why no model can be compiled here; undefined where models can. */
export function whyNotCompiled(): string | undefined {
  if (process.env.COURSE_COMPILE === '0') return 'COURSE_COMPILE=0';
  if (tf.getBackend() !== 'tensorflow')
    return `the backend ${tf.getBackend()} computes operation by operation; only the native one has graphs`;
  try {
    graphSessionModule();
    return undefined;
  } catch (error) {
    if (error instanceof CourseError) return error.message;
    throw error;
  }
}

/**
 * The graphs of `model`, made on the first call and kept with it; or the reason why it is computed operation by
 * operation. What can be traced is known for sure only when a step is: see `UntraceableError`. With another `precision` than
 * before they are made anew; without, it stays, and is float32 at first.
 */
export function compileModel(
  model: tf.LayersModel,
  { precision: wanted }: { readonly precision?: Precision } = {},
): Compilation {
  const unavailable = whyNotCompiled();
  if (unavailable) return { reason: unavailable };
  const known = compilations.get(model);
  const precision = wanted ?? known?.precision ?? 'float32';
  if (known?.precision === precision) return known.compilation;
  known?.compilation.compiled?.dispose();
  const split = looksAcrossTheBatch(model) ? splitOperations() : splitBatches();
  const compilation = tryToCompile(model, { ...split, precision });
  compilations.set(model, { compilation, precision });
  return compilation;
}

const frozenModels = new WeakMap<tf.LayersModel, { compilation: Compilation; weights: object[] }>();

/**
 * The same for prediction alone, with the present weights as constants, which is faster. It is made anew when the
 * weights have changed.
 */
export function freezeModel(model: tf.LayersModel): Compilation {
  const unavailable = whyNotCompiled();
  if (unavailable) return { reason: unavailable };
  const given = compilations.get(model)?.compilation;
  if (given?.reason) return given; // what cannot be a graph cannot be a frozen one
  const weights = model.weights.map((weight) => weight.read().dataId); // another one with every change
  const known = frozenModels.get(model);
  if (known?.weights.every((dataId, i) => dataId === weights[i])) return known.compilation;
  known?.compilation.compiled?.dispose();
  const compilation = tryToCompile(model, { ...splitBatches(), frozen: true });
  frozenModels.set(model, { compilation, weights });
  return compilation;
}

/** Remembers that `model` cannot be compiled after all. */
export function giveUpCompiling(model: tf.LayersModel, { message }: UntraceableError): Compilation {
  const known = compilations.get(model);
  known?.compilation.compiled?.dispose();
  const compilation = { reason: message };
  compilations.set(model, { compilation, precision: known?.precision ?? 'float32' });
  return compilation;
}

/**
 * A computation on tensors and `model`, for one batch: as a graph where that is possible, else operation by operation.
 * Computations on one model are kept by `name`, so two of them need two names. `frozen` is for a model that is not
 * being trained: see `freezeModel`.
 */
export async function computeOnBatch(
  model: tf.LayersModel,
  name: string,
  compute: (...tensors: tf.Tensor[]) => tf.Tensor,
  inputs: readonly Values[],
  { frozen = false, ...options }: CallOptions & { frozen?: boolean } = {},
): Promise<Values> {
  const { compiled } = frozen ? freezeModel(model) : compileModel(model);
  if (compiled) {
    try {
      const [result] = await compiled.call(name, (...tensors) => [compute(...tensors)], inputs, options);
      return result;
    } catch (error) {
      if (!(error instanceof UntraceableError)) throw error;
      giveUpCompiling(model, error);
    }
  }
  const result = tf.tidy(() => compute(...inputs.map(tensorOf)));
  try {
    return { shape: result.shape, data: (await result.data()) as Values['data'] };
  } finally {
    result.dispose();
  }
}

/** Each core computes a part of the batch, which keeps it busier than a part of each operation. */
function splitBatches(cores = threadLimit()): CompiledModelOptions {
  const intraOpThreads = Math.max(1, Math.floor(cores / 4)); // a batch of 64 has 4 parts at most
  const towers = Math.ceil((8 * cores) / intraOpThreads);
  return { intraOpThreads, interOpThreads: cores, towers, rowsOfTower: Math.max(16, Math.floor(64 / cores)) };
}

/** All cores compute one operation, for batches that cannot be split. */
function splitOperations(cores = threadLimit()): CompiledModelOptions {
  return { intraOpThreads: cores, interOpThreads: 1, towers: 1 };
}

function tensorOf({ data, shape }: Values): tf.Tensor {
  return tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
}

function tryToCompile(model: tf.LayersModel, options: CompiledModelOptions): Compilation {
  const backend = nodeBackend();
  if (!backend) return { reason: 'the native backend is not in use' };
  try {
    return { compiled: new CompiledModel(model, backend, options) };
  } catch (error) {
    if (error instanceof UntraceableError) return { reason: error.message };
    throw error;
  }
}
