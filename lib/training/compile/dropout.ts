import * as tf from '@tensorflow/tfjs';
import { createRandom } from '../../random';
import { type Dropout, dropoutPrototype, withReplaced } from './binding';
import { attribute, DataType, type Output, ofFloats } from './graph';
import type { Tracer } from './trace';

const ofInts = [attribute.type('T', DataType.int32)];

/**
 * Runs `body` with dropout drawn inside the graph, where a mask that JavaScript draws would stay the same for ever. What
 * is dropped depends on the layer's seed, else on `seed`; on the layer's place in the model and in `part`; and on the number
 * of the step, so a resumed training drops the same.
 *
 * @param seed int32 scalar
 * @param step int32 scalar
 */
export function withGraphDropout<T>(
  { graph, tensor }: Tracer,
  { seed, step, part }: { readonly seed: Output; readonly step: Output; readonly part: string },
  body: () => T,
): T {
  let count = 0;
  const keep = (x: tf.Tensor, layer: Dropout): tf.Tensor => {
    const place = createRandom(`${layer.seed ?? ''}/${part}/dropout ${count++}`).integer(2 ** 31);
    const own = graph.constant(Int32Array.of(place), { shape: [], dtype: DataType.int32 });
    const isSeeded = typeof layer.seed === 'number';
    const key = isSeeded ? own : graph.one('BitwiseXor', [own, seed], { attributes: ofInts });
    const streams = graph.one('Pack', [key, step], { attributes: [attribute.int('N', 2), ...ofInts] });
    const shape = layer.getNoiseShape(x) ?? x.shape;
    const uniform = graph.one('StatelessRandomUniform', [graph.integers(shape), streams]);
    const kept = graph.one('GreaterEqual', [uniform, graph.scalar(layer.rate)], { attributes: ofFloats });
    return tf.mul(x, tf.div(tf.cast(tensor(kept), 'float32'), 1 - layer.rate));
  };
  const prototype = dropoutPrototype();
  const composed = prototype.call;
  const call: typeof composed = function (this: Dropout, inputs, kwargs) {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    const drops = kwargs?.training && this.rate > 0 && this.rate < 1;
    return drops ? tf.tidy(() => keep(x, this)) : composed.call(this, inputs, kwargs);
  };
  return withReplaced(prototype, { call }, body);
}
