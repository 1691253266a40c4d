import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { describeNetwork } from '../../lib/interchange';
import { outlineOf } from '../../lib/interchange/network-outline';
import { fromTorch, type TorchTensor, torchTensors, toTorch } from '../../lib/interchange/torch-layout';
import { buildBaseline } from '../../lib/models';

const of = tf.layers;

/** The tensors of a network of these layers, for images of 2 x 2 pixels and two channels. */
function tensorsOf(...layers: tf.layers.Layer[]): Promise<readonly TorchTensor[]> {
  return tensorsOfModel(tf.sequential({ layers: [of.inputLayer({ inputShape: [2, 2, 2] }), ...layers] }));
}

async function tensorsOfModel(model: tf.LayersModel): Promise<readonly TorchTensor[]> {
  return torchTensors(outlineOf(await describeNetwork(model))).flat();
}

/** Such as `conv.weight [3, 2, 1, 1]`. */
function lines(tensors: readonly TorchTensor[]): string[] {
  return tensors.map(({ name, shape }) => `${name} [${shape.join(', ')}]`);
}

/** The numbers 0, 1, 2, ... of a weight in PyTorch's order; also that they come back. */
function ordered(tensor: TorchTensor): number[] {
  const length = tensor.shape.reduce((size, one) => size * one, 1);
  const numbers = Float32Array.from({ length }, (_, i) => i);
  const torch = toTorch(numbers, tensor);
  assert.deepEqual(fromTorch(torch, tensor), numbers);
  return [...torch];
}

describe('torchTensors', () => {
  before(async () => {
    await useBackend();
  });

  it('names and shapes the weights as PyTorch does', async () => {
    const tensors = await tensorsOf(
      of.conv2d({ name: 'conv', filters: 5, kernelSize: [2, 1], padding: 'same' }),
      of.batchNormalization({ name: 'norm' }),
      of.depthwiseConv2d({ name: 'each', kernelSize: [1, 2], depthMultiplier: 3, padding: 'same' }), // 15 channels
      of.separableConv2d({ name: 'apart', filters: 7, kernelSize: 2, padding: 'same', useBias: false }),
      of.globalAveragePooling2d({}),
      of.layerNormalization({ name: 'layer' }),
      of.dense({ name: 'dense', units: 4 }),
    );
    assert.deepEqual(lines(tensors), [
      'conv.weight [5, 2, 2, 1]',
      'conv.bias [5]',
      'norm.weight [5]',
      'norm.bias [5]',
      'norm.running_mean [5]',
      'norm.running_var [5]',
      'each.weight [15, 1, 1, 2]',
      'each.bias [15]',
      'apart.depthwise.weight [15, 1, 2, 2]',
      'apart.pointwise.weight [7, 15, 1, 1]',
      'layer.weight [7]',
      'layer.bias [7]',
      'dense.weight [4, 7]',
      'dense.bias [4]',
    ]);
  });

  it('calls layers without a name by their kind and number, however many there were before', async () => {
    const tensors = await tensorsOfModel(buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 }));
    const modules = ['conv1', 'conv2', 'conv3', 'dense1', 'dense2'];
    const expected = modules.flatMap((name) => [`${name}.weight`, `${name}.bias`]);
    assert.deepEqual(
      tensors.map(({ name }) => name),
      expected,
    );
    const again = await tensorsOfModel(buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 }));
    assert.deepEqual(lines(again), lines(tensors));
  });

  it('does not give a name twice', async () => {
    const dense = () => of.dense({ units: 1, useBias: false });
    const tensors = await tensorsOf(dense(), of.dense({ name: 'dense1', units: 1, useBias: false }), dense());
    assert.deepEqual(
      tensors.map(({ name }) => name),
      ['dense2.weight', 'dense1.weight', 'dense3.weight'],
    );
  });

  it('turns the kernel of a convolution, [height, width, in, out], to [out, in, height, width]', async () => {
    const [kernel] = await tensorsOf(of.conv2d({ filters: 3, kernelSize: [1, 2] }));
    // In TensorFlow the left pixel has 0 1 2 for the first channel and 3 4 5 for the second, the right one 6 to 11.
    assert.deepEqual(ordered(kernel), [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11]);
  });

  it('turns a depthwise kernel, [height, width, in, multiplier], to [in * multiplier, 1, height, width]', async () => {
    const [kernel] = await tensorsOf(of.depthwiseConv2d({ kernelSize: [1, 2], depthMultiplier: 2 }));
    assert.deepEqual(ordered(kernel), [0, 4, 1, 5, 2, 6, 3, 7]);
  });

  it('puts what stands behind flattened images into the order of channels, rows, columns', async () => {
    const [gamma, , , , kernel, bias, next] = await tensorsOf(
      of.flatten(), // pixel by pixel, two channels each: the first channel is at 0, 2, 4, 6
      of.batchNormalization(),
      of.dropout({ rate: 0.5 }),
      of.dense({ units: 2 }),
      of.dense({ units: 1 }),
    );
    assert.deepEqual(ordered(gamma), [0, 2, 4, 6, 1, 3, 5, 7]);
    assert.deepEqual(ordered(kernel), [0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15]);
    assert.deepEqual(ordered(bias), [0, 1]);
    assert.deepEqual(ordered(next), [0, 1]);
  });

  it('keeps the order where pixels or channels are single', async () => {
    const flatAfter = async (layer: tf.layers.Layer) => {
      const tensors = await tensorsOf(layer, of.flatten(), of.dense({ units: 1, useBias: false }));
      return ordered(tensors[tensors.length - 1]);
    };
    assert.deepEqual(await flatAfter(of.maxPooling2d({ poolSize: 2 })), [0, 1]);
    assert.deepEqual(await flatAfter(of.conv2d({ filters: 1, kernelSize: 1 })), [0, 1, 2, 3]);
  });

  it('keeps count of the order through sums and concatenations, and refuses what has none', async () => {
    const input = tf.input({ shape: [1, 2, 2] });
    const call = (layer: tf.layers.Layer, ...xs: tf.SymbolicTensor[]) =>
      layer.apply(xs.length === 1 ? xs[0] : xs) as tf.SymbolicTensor;
    const flat = () => call(of.flatten(), input); // in PyTorch 0 2 1 3
    const pooled = call(of.globalMaxPooling2d({}), input);
    const kernelAfter = async (x: tf.SymbolicTensor) => {
      const outputs = call(of.dense({ units: 1, useBias: false }), x);
      return ordered((await tensorsOfModel(tf.model({ inputs: input, outputs })))[0]);
    };
    assert.deepEqual(await kernelAfter(call(of.concatenate(), pooled, flat())), [0, 1, 2, 4, 3, 5]);
    assert.deepEqual(await kernelAfter(call(of.add(), flat(), flat())), [0, 2, 1, 3]);
    const other = call(of.concatenate(), pooled, pooled);
    for (const mixed of [
      call(of.add({ name: 'mixed1' }), flat(), other),
      call(of.add({ name: 'mixed2' }), other, flat()),
      call(of.reshape({ name: 'mixed3', targetShape: [2, 2] }), flat()),
    ]) {
      await assert.rejects(kernelAfter(mixed), {
        name: 'CourseError',
        message:
          /^layer mixed\d: PyTorch has no counterpart for the (Add|Reshape) of flattened images; pool them instead$/,
      });
    }
  });
});
