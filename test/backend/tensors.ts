import * as tf from '@tensorflow/tfjs';
import seedrandom from 'seedrandom';

/** Numbers from -1 to 1, the same for the same seed on every backend. */
export function uniformTensor(shape: number[], seed: number): tf.Tensor {
  const random = seedrandom(String(seed));
  return tf.tensor(
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => random() * 2 - 1),
    shape,
  );
}
