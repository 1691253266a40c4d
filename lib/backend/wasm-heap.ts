import * as tf from '@tensorflow/tfjs';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';

/** A new float32 tensor that holds whatever lay there before: for a kernel that writes all of it through `valuesOf`. */
export function unwritten(shape: number[]): tf.Tensor {
  const info = (tf.backend() as BackendWasm).makeOutput(shape, 'float32');
  return tf.engine().makeTensorFromTensorInfo(info);
}

/** The numbers of float32 tensors where they lie. No longer valid once another tensor is made, which may move the memory. */
export function valuesOf(...tensors: tf.Tensor[]): Float32Array[] {
  const views = () =>
    tensors.map((tensor) => (tf.backend() as BackendWasm).typedArrayFromHeap(tensor) as Float32Array);
  views(); // fetches what lies on another backend, which makes new tensors
  return views();
}
