import type * as tf from '@tensorflow/tfjs';
import { attribute, DataType, type Feed, type Output } from './graph';
import type { Tracer } from './trace';

/** Numbers with a shape, row-major: a tensor's values without the tensor. */
export interface Values {
  readonly shape: readonly number[];
  /** Bytes are float32 to the model. */
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export function dataTypeOfValues(data: Values['data']): number {
  if (data instanceof Float32Array) return DataType.float32;
  return data instanceof Int32Array ? DataType.int32 : DataType.uint8;
}

/** Bytes, which tfjs has no type for, become float32. */
export function toTensor({ graph, tensor }: Tracer, output: Output): tf.Tensor {
  if (output.dtype !== DataType.uint8) return tensor(output);
  const attributes = [attribute.type('SrcT', DataType.uint8), attribute.type('DstT', DataType.float32)];
  return tensor(graph.one('Cast', [output], { attributes }));
}

/** `data` as the value of `input` for one run. */
export function feed({ ref, shape, dtype }: Output, data: Values['data']): Feed {
  return { name: ref, shape, dtype, data };
}
