import assert from 'node:assert/strict';
import { useBackend } from '../../../lib/backend';
import { createRandom } from '../../../lib/random';
import { attribute, DataType, Graph, type Output, ofFloats } from '../../../lib/training/compile/graph';
import { addSimplified } from '../../../lib/training/compile/simplify';

describe('batch normalization behind a convolution', () => {
  before(async function () {
    const { name } = await useBackend();
    if (name !== 'native') this.skip();
  });

  const dtype = DataType.float32;
  const channelsLast = attribute.string('data_format', 'NHWC');
  const normalization = [
    ...ofFloats,
    channelsLast,
    attribute.float('epsilon', 0.01),
    attribute.bool('is_training', false),
  ];

  /** What is normalized, 3 channels of 2 images, and its scale, offset, mean and variance. */
  function network({ bias = false, frozen = true, pooled = false, scale = [0.5, 1, 2] } = {}) {
    const random = createRandom(1);
    const graph = new Graph();
    const constant = (values: readonly number[], shape = [values.length]) =>
      graph.constant(Float32Array.from(values), { shape, dtype });
    const draw = (shape: number[], from: number) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return constant(
        Array.from({ length: size }, () => random.uniform() + from),
        shape,
      );
    };
    const images = draw([2, 8, 8, 2], -0.5);
    const filter = frozen
      ? draw([3, 3, 2, 3], -0.5)
      : graph.placeholder('filter', { shape: [3, 3, 2, 3], dtype });
    const windows = [...ofFloats, channelsLast, attribute.string('padding', 'SAME')];
    const two = [1, 2, 2, 1];
    let x = graph.one('Conv2D', [images, filter], {
      attributes: [...windows, attribute.int('strides', two)],
    });
    if (bias) x = graph.one('BiasAdd', [x, draw([3], -0.5)], { attributes: [...ofFloats, channelsLast] });
    const pooling = [...windows, attribute.int('strides', two), attribute.int('ksize', two)];
    if (pooled) x = graph.one('MaxPool', [x], { attributes: pooling });
    return { graph, inputs: [x, constant(scale), draw([3], -0.5), draw([3], -0.5), draw([3], 0.1)] };
  }

  const valuesOf = (graph: Graph, { ref }: Output) => new Float32Array(graph.runSync([], [ref], [])[0]);

  const relu = (graph: Graph, x: Output, add: typeof addSimplified) => add(graph, 'Relu', [x], ofFloats)[0];
  const plainly: typeof addSimplified = (graph, op, inputs, attributes) =>
    graph.add(op, inputs, { attributes });

  for (const bias of [false, true]) {
    for (const pooled of [false, true]) {
      it(`goes into its weights${bias ? ' and bias' : ''}${pooled ? ', and ReLU before the pooling' : ''}`, () => {
        const { graph, inputs } = network({ bias, pooled });
        const [simplified] = addSimplified(graph, 'FusedBatchNorm', inputs, normalization);
        const [expected] = plainly(graph, 'FusedBatchNorm', inputs, normalization);
        assert.equal(graph.madeBy(simplified.ref)?.op, pooled ? 'MaxPool' : 'BiasAdd');
        const ours = relu(graph, simplified, addSimplified);
        assert.equal(graph.madeBy(ours.ref)?.op, pooled ? 'MaxPool' : 'Relu');
        for (const [a, b] of [
          [simplified, expected],
          [ours, relu(graph, expected, plainly)],
        ]) {
          assert.deepEqual(a.shape, b.shape);
          const [got, want] = [valuesOf(graph, a), valuesOf(graph, b)];
          for (const [i, value] of want.entries()) assert.ok(Math.abs(got[i] - value) < 1e-5, `${i}`);
        }
      });
    }
  }

  it('stays behind a pooling where a scale is negative: the largest would become the smallest', () => {
    const { graph, inputs } = network({ pooled: true, scale: [1, -1, 1] });
    const [simplified] = addSimplified(graph, 'FusedBatchNorm', inputs, normalization);
    assert.equal(graph.madeBy(simplified.ref)?.op, 'FusedBatchNorm');
  });

  it('stays where the weights may change', () => {
    const { graph, inputs } = network({ frozen: false });
    const [simplified] = addSimplified(graph, 'FusedBatchNorm', inputs, normalization);
    assert.equal(graph.madeBy(simplified.ref)?.op, 'FusedBatchNorm');
  });

  it('stays behind anything else', () => {
    const { graph, inputs } = network();
    const [x, ...others] = inputs;
    const [simplified] = addSimplified(
      graph,
      'FusedBatchNorm',
      [relu(graph, x, plainly), ...others],
      normalization,
    );
    assert.equal(graph.madeBy(simplified.ref)?.op, 'FusedBatchNorm');
  });
});
