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

  /** Inputs of the normalization: 3 channels, 2 to 1 in size, computed of [2, 4, 4, 2] images with 3 x 3 filters. */
  function network({ bias = false, frozen = true } = {}) {
    const random = createRandom(1);
    const graph = new Graph();
    const floats = (shape: readonly number[]) => {
      const size = shape.reduce((product, length) => product * length, 1);
      return graph.constant(
        Float32Array.from({ length: size }, () => random.uniform() + 0.1),
        { shape, dtype },
      );
    };
    const filter = frozen
      ? floats([3, 3, 2, 3])
      : graph.placeholder('filter', { shape: [3, 3, 2, 3], dtype });
    const attributes = [
      ...ofFloats,
      channelsLast,
      attribute.string('padding', 'SAME'),
      attribute.int('strides', [1, 2, 2, 1]),
    ];
    const convolution = graph.one('Conv2D', [floats([2, 4, 4, 2]), filter], { attributes });
    const x = bias
      ? graph.one('BiasAdd', [convolution, floats([3])], { attributes: [...ofFloats, channelsLast] })
      : convolution;
    return { graph, inputs: [x, floats([3]), floats([3]), floats([3]), floats([3])] };
  }

  const valuesOf = (graph: Graph, { ref }: Output) => new Float32Array(graph.runSync([], [ref], [])[0]);

  for (const bias of [false, true]) {
    it(`goes into its constant weights${bias ? ' and its bias' : ''}`, () => {
      const { graph, inputs } = network({ bias });
      const [simplified] = addSimplified(graph, 'FusedBatchNorm', inputs, normalization);
      const [expected] = graph.add('FusedBatchNorm', inputs, { attributes: normalization });
      assert.equal(graph.madeBy(simplified.ref)?.op, 'BiasAdd');
      assert.deepEqual(simplified.shape, expected.shape);
      const [got, want] = [valuesOf(graph, simplified), valuesOf(graph, expected)];
      for (const [i, value] of want.entries()) assert.ok(Math.abs(got[i] - value) < 1e-4 * Math.abs(value));
    });
  }

  it('stays where the weights may change', () => {
    const { graph, inputs } = network({ frozen: false });
    const [simplified] = addSimplified(graph, 'FusedBatchNorm', inputs, normalization);
    assert.equal(graph.madeBy(simplified.ref)?.op, 'FusedBatchNorm');
  });

  it('stays behind anything else', () => {
    const { graph, inputs } = network();
    const [x, ...others] = inputs;
    const relu = graph.one('Relu', [x], { attributes: ofFloats });
    const [simplified] = addSimplified(graph, 'FusedBatchNorm', [relu, ...others], normalization);
    assert.equal(graph.madeBy(simplified.ref)?.op, 'FusedBatchNorm');
  });
});
