import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Classifier } from '../../lib/interchange';
import { toOnnx, writeOnnx } from '../../lib/interchange/onnx';
import { type OnnxGraph, onnxCodec } from '../../lib/interchange/onnx-proto';

const of = tf.layers;
const numbers = (length: number) => Array.from({ length }, (_, i) => i);

function classifierOf(...layers: tf.layers.Layer[]): Classifier {
  return {
    model: tf.sequential({ name: 'toy', layers }),
    normalization: { kind: 'standardize', mean: [0.5, 0.25], std: [0.5, 0.25] },
    classNames: ['Füchslein', '鳥'],
    training: {},
  };
}

async function graphOf(classifier: Classifier): Promise<OnnxGraph> {
  return onnxCodec().decode(await toOnnx(classifier)).graph;
}

/** The node that gives `name`, its attributes as one object. */
function node(graph: OnnxGraph, name: string) {
  const found = graph.node.find(({ output }) => output[0] === name);
  const attributes = found?.attribute.map(({ name, f, i, ints }) => [name, f ?? i ?? ints]);
  return { op: found?.op_type, inputs: found?.input, attributes: Object.fromEntries(attributes ?? []) };
}

function floats(graph: OnnxGraph, name: string) {
  const { dims, raw_data } = graph.initializer.find((each) => each.name === name) ?? {};
  return { shape: dims, values: Array.from(new Float32Array(new Uint8Array(raw_data ?? []).buffer)) };
}

function integers(graph: OnnxGraph, name: string): number[] {
  const { raw_data } = graph.initializer.find((each) => each.name === name) ?? {};
  return Array.from(new BigInt64Array(new Uint8Array(raw_data ?? []).buffer), Number);
}

/** A network whose first layer, called `first`, is `layer`. */
function beginningWith(layer: tf.layers.Layer, inputShape = [5, 4, 2]): Classifier {
  const end = [of.globalAveragePooling2d({ name: 'average' }), of.dense({ name: 'dense', units: 2 })];
  return classifierOf(of.inputLayer({ inputShape }), layer, ...end);
}

describe('toOnnx', () => {
  it('writes a network node by node', async () => {
    const classifier = classifierOf(
      of.conv2d({
        name: 'conv',
        inputShape: [5, 4, 2],
        filters: 3,
        kernelSize: 3,
        strides: 2,
        padding: 'same',
      }),
      of.batchNormalization({ name: 'norm', epsilon: 1e-12 }),
      of.reLU({ name: 'relu', maxValue: 6 }),
      of.flatten({ name: 'flatten' }),
      of.dense({ name: 'dense', units: 2 }),
    );
    const statistics = [1, 2, 3, 4].map((value) => tf.fill([3], value)); // gamma, beta, mean, variance
    classifier.model.getLayer('norm').setWeights(statistics);
    const before = tf.memory().numTensors;
    const model = onnxCodec().decode(await toOnnx(classifier));
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual([model.ir_version, model.opset_import[0].version], [8, 17]);
    assert.equal(model.producer_name, 'image-classification-typescript');
    assert.deepEqual(model.metadata_props, [{ key: 'class_names', value: '["Füchslein","鳥"]' }]);

    const { graph } = model;
    assert.deepEqual(
      graph.node.map(({ op_type, input, output }) => `${output} = ${op_type}(${input.join(', ')})`),
      [
        'image/channels_first = Transpose(image)',
        'normalization = Mul(image/channels_first, normalization/values)',
        'normalization/shift = Add(normalization, normalization/shift/values)',
        'conv = Conv(normalization/shift, conv/kernel, conv/bias)',
        'norm = BatchNormalization(conv, norm/gamma, norm/beta, norm/mean, norm/variance)',
        'relu = Clip(norm, relu/min, relu/max)',
        'flatten/channels_last = Transpose(relu)', // the dense kernel goes over [height, width, channels]
        'flatten = Flatten(flatten/channels_last)',
        'dense = Gemm(flatten, dense/kernel, dense/bias)',
        'probabilities = Softmax(dense)',
      ],
    );
    const ends = [...graph.input, ...graph.output].map(({ name, type: { tensor_type } }) => ({
      [name]: tensor_type.shape.dim.map(({ dim_value, dim_param }) => dim_param ?? dim_value),
    }));
    assert.deepEqual(ends, [{ image: ['batch', 5, 4, 2] }, { probabilities: ['batch', 2] }]);
    assert.deepEqual(node(graph, 'norm').attributes, { epsilon: Math.fround(1e-12) });
    const norm = ['gamma', 'beta', 'mean', 'variance'].map((each) => floats(graph, `norm/${each}`).values[0]);
    assert.deepEqual(norm, [1, 2, 3, 4]);
    assert.deepEqual(node(graph, 'probabilities').attributes, { axis: 1 });
    const scale = [1 / 127.5, 1 / 63.75].map(Math.fround);
    assert.deepEqual(floats(graph, 'normalization/values'), { shape: [2, 1, 1], values: scale });
    assert.deepEqual(floats(graph, 'normalization/shift/values'), { shape: [2, 1, 1], values: [-1, -1] });
    assert.deepEqual(floats(graph, 'relu/max'), { shape: [], values: [6] });
  });

  it('pads as TensorFlow does, by one more at the end', async () => {
    // 5 high: three windows from -1 to 5, one pixel over each edge. 4 wide: two windows from 0 to 4, one over the right.
    const conv = of.conv2d({ name: 'first', filters: 1, kernelSize: 3, strides: 2, padding: 'same' });
    assert.deepEqual(node(await graphOf(beginningWith(conv)), 'first').attributes, {
      kernel_shape: [3, 3],
      strides: [2, 2],
      pads: [1, 0, 1, 1], // top, left, bottom, right
      group: 1,
    });
    const pool = of.averagePooling2d({ name: 'first', poolSize: [4, 2], strides: [1, 3], padding: 'same' });
    assert.deepEqual(node(await graphOf(beginningWith(pool)), 'first'), {
      op: 'AveragePool', // without the pixels that are not there, unless told otherwise
      inputs: ['normalization/shift'],
      // 5 windows from -1 to 6; 2 windows from 0 to 4, which leaves one pixel out
      attributes: { kernel_shape: [4, 2], strides: [1, 3], pads: [1, 0, 2, 1] },
    });
    const valid = of.maxPooling2d({ name: 'first', poolSize: 2 });
    assert.deepEqual(node(await graphOf(beginningWith(valid)), 'first').attributes.pads, [0, 0, 0, 0]);
    const zeros = of.zeroPadding2d({
      name: 'first',
      padding: [
        [1, 2],
        [3, 4],
      ],
    });
    assert.deepEqual(integers(await graphOf(beginningWith(zeros)), 'first/pads'), [0, 0, 1, 3, 0, 0, 2, 4]);
  });

  it('turns kernels round', async () => {
    const conv = of.conv2d({ name: 'first', filters: 3, kernelSize: [1, 2], useBias: false });
    const classifier = beginningWith(conv);
    conv.setWeights([tf.tensor(numbers(12), [1, 2, 2, 3])]); // [height, width, in, out]
    assert.deepEqual(floats(await graphOf(classifier), 'first/kernel'), {
      shape: [3, 2, 1, 2], // [out, in, height, width]
      values: [0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11],
    });
    const depthwise = of.depthwiseConv2d({
      name: 'first',
      kernelSize: [1, 2],
      depthMultiplier: 2,
      useBias: false,
    });
    const other = beginningWith(depthwise);
    depthwise.setWeights([tf.tensor(numbers(8), [1, 2, 2, 2])]); // [height, width, channels, multiplier]
    const graph = await graphOf(other);
    assert.deepEqual(floats(graph, 'first/kernel'), {
      shape: [4, 1, 1, 2],
      values: [0, 4, 1, 5, 2, 6, 3, 7],
    });
    assert.equal(node(graph, 'first').attributes.group, 2);
  });

  it('transposes only where the order of the numbers would change', async () => {
    const ops = async (classifier: Classifier) =>
      (await graphOf(classifier)).node.map(({ op_type }) => op_type);
    const single = [
      of.conv2d({ inputShape: [4, 4, 2], filters: 8, kernelSize: 4 }), // [1, 1, 8]
      of.reshape({ targetShape: [1, 1, 8] }),
      of.flatten(),
      of.dense({ units: 2 }),
    ];
    assert.deepEqual((await ops(classifierOf(...single))).slice(4), [
      'Reshape',
      'Flatten',
      'Gemm',
      'Softmax',
    ]);
    const mixed = beginningWith(of.reshape({ name: 'first', targetShape: [2, 5, 4] }));
    assert.deepEqual((await ops(mixed)).slice(3, 6), ['Transpose', 'Reshape', 'Transpose']);
    assert.deepEqual(integers(await graphOf(mixed), 'first/shape'), [0, 2, 5, 4]);
  });

  it('makes Gelu of what opset 17 has', async () => {
    const gelu = of.activation({ name: 'first', activation: 'gelu' as 'relu' });
    const { node } = await graphOf(beginningWith(gelu));
    assert.deepEqual(
      node.slice(3, 8).map(({ op_type, input, output }) => `${output} = ${op_type}(${input.join(', ')})`),
      [
        'first/scaled = Div(normalization/shift, first/sqrt2)',
        'first/erf = Erf(first/scaled)',
        'first/sum = Add(first/erf, first/one)',
        'first/product = Mul(normalization/shift, first/sum)',
        'first = Mul(first/product, first/half)',
      ],
    );
  });
});

describe('writeOnnx', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'onnx-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the file and nothing else', async () => {
    const classifier = beginningWith(of.reLU({ name: 'first' }));
    const file = join(folder, 'toy.onnx');
    await writeOnnx(classifier, file);
    assert.deepEqual(readdirSync(folder), ['toy.onnx']);
    assert.deepEqual(new Uint8Array(readFileSync(file)), new Uint8Array(await toOnnx(classifier)));
  });

  it('leaves what was there where a layer cannot be exported', async () => {
    const file = join(folder, 'toy.onnx');
    writeFileSync(file, 'older');
    await assert.rejects(writeOnnx(beginningWith(of.upSampling2d({ name: 'first' })), file), {
      name: 'CourseError',
      message: /layer first \(UpSampling2D\)/,
    });
    assert.equal(readFileSync(file, 'utf8'), 'older');
  });
});
