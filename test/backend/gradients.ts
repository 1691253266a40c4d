import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { uniformTensor } from './tensors';

type Gradient = () => tf.Tensor[];
const tolerance = 1e-4; // of the largest value; both compute in 32 bits, in another order

/** The gradients on plain JavaScript and on WebAssembly must be the same, and no tensor may stay behind on either. */
export async function assertSame(gradient: Gradient): Promise<void> {
  const results: { shape: number[]; dtype: string; values: number[] }[][] = [];
  for (const backend of ['cpu', 'wasm'] as const) {
    await useBackend({ backend });
    const before = counts();
    const tensors = gradient();
    results.push(
      await Promise.all(
        tensors.map(async (tensor) => {
          const { shape, dtype } = tensor;
          return { shape, dtype, values: [...(await tensor.data())] };
        }),
      ),
    );
    tf.dispose(tensors);
    assert.deepEqual(counts(), before, `${backend} leaks`);
  }
  const [expected, found] = results;
  for (const [i, { values, ...kind }] of expected.entries()) {
    const { values: foundValues, ...foundKind } = found[i];
    assert.deepEqual(foundKind, kind);
    const scale = Math.max(...values.map(Math.abs));
    assert.ok(scale > 0.01, 'a gradient of zeros proves nothing');
    for (const [j, value] of values.entries()) {
      const difference = Math.abs(foundValues[j] - value);
      assert.ok(
        difference <= tolerance * scale,
        `gradient ${i}, place ${j}: ${foundValues[j]}, cpu has ${value}`,
      );
    }
  }
}

function counts() {
  const { numTensors, numDataBuffers } = tf.memory();
  return { numTensors, numDataBuffers };
}

/** Gradients of `f`, weighed by fixed random numbers so that each place of the output counts differently. */
export function gradientsOf(f: (...inputs: tf.Tensor[]) => tf.Tensor, ...shapes: number[][]): Gradient {
  return () =>
    tf.tidy(() => {
      const inputs = shapes.map((shape, i) => uniformTensor(shape, 10 + i));
      return tf.grads((...args: tf.Tensor[]) => {
        const output = f(...args);
        return output.mul(uniformTensor(output.shape, 99)).sum();
      })(inputs);
    });
}
