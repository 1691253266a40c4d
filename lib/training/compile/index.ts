import { availableParallelism } from 'node:os';
import * as tf from '@tensorflow/tfjs';
import { graphSessionModule } from '../../backend/native';
import { CourseError } from '../../errors';
import { nodeBackend } from './binding';
import { UntraceableError } from './graph';
import { looksAcrossTheBatch } from './layers';
import { type CallOptions, CompiledModel, type CompiledModelOptions, type Values } from './model';

export { UntraceableError } from './graph';
export {
  type CallOptions,
  CompiledModel,
  type CompiledModelOptions,
  type TrainOnBatchOptions,
  type Values,
} from './model';
export type { OperationTime } from './profile';

/** A compiled model, or why there is none. */
export type Compilation =
  | { readonly compiled: CompiledModel; readonly reason?: undefined }
  | { readonly compiled?: undefined; readonly reason: string };

const compilations = new WeakMap<tf.LayersModel, Compilation>();

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
 * operation. What can be traced is known for sure only when a step is: see `UntraceableError`.
 */
export function compileModel(model: tf.LayersModel): Compilation {
  const unavailable = whyNotCompiled();
  if (unavailable) return { reason: unavailable };
  const known = compilations.get(model);
  if (known) return known;
  const compilation = tryToCompile(model);
  compilations.set(model, compilation);
  return compilation;
}

/** Remembers that `model` cannot be compiled after all. */
export function giveUpCompiling(model: tf.LayersModel, { message }: UntraceableError): Compilation {
  compilations.get(model)?.compiled?.dispose();
  const compilation = { reason: message };
  compilations.set(model, compilation);
  return compilation;
}

/**
 * A computation on tensors and `model`, for one batch: as a graph where that is possible, else operation by operation.
 * Computations on one model are kept by `name`, so two of them need two names.
 */
export async function computeOnBatch(
  model: tf.LayersModel,
  name: string,
  compute: (...tensors: tf.Tensor[]) => tf.Tensor,
  inputs: readonly Values[],
  options: CallOptions = {},
): Promise<Values> {
  const { compiled } = compileModel(model);
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

/**
 * How a model uses the cores. Splitting the batch keeps them busier than splitting each operation; where that is not
 * possible in training, operations are split over all of them.
 */
function shareOfCores(model: tf.LayersModel, cores = availableParallelism()): Required<CompiledModelOptions> {
  if (looksAcrossTheBatch(model)) return { intraOpThreads: cores, interOpThreads: cores, towers: 1 };
  const intraOpThreads = Math.max(1, Math.floor(cores / 4)); // a batch of 64 has 4 towers
  return { intraOpThreads, interOpThreads: cores, towers: Math.ceil((2 * cores) / intraOpThreads) };
}

function tensorOf({ data, shape }: Values): tf.Tensor {
  return tf.tensor(data, [...shape], data instanceof Int32Array ? 'int32' : 'float32');
}

function tryToCompile(model: tf.LayersModel): Compilation {
  const backend = nodeBackend();
  if (!backend) return { reason: 'the native backend is not in use' };
  try {
    return { compiled: new CompiledModel(model, backend, shareOfCores(model)) };
  } catch (error) {
    if (error instanceof UntraceableError) return { reason: error.message };
    throw error;
  }
}
