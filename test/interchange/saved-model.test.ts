import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import type { Classifier } from '../../lib/interchange';
import { toSavedModel, writeSavedModel } from '../../lib/interchange/saved-model';
import { type MetaGraph, savedModelCodec } from '../../lib/interchange/saved-model-proto';
import { nodeBackend } from '../../lib/training/compile/binding';
import { courseClassifiers, largestDifference, noise, ourProbabilities } from './toy-classifiers';

const of = tf.layers;

/** A network for images of 5 x 4 pixels and two channels, whose first layers are `layers`. */
function classifierOf(...layers: tf.layers.Layer[]): Classifier {
  const end = [of.globalAveragePooling2d({ name: 'average' }), of.dense({ name: 'dense', units: 2 })];
  return {
    model: tf.sequential({
      name: 'toy',
      layers: [of.inputLayer({ inputShape: [5, 4, 2] }), ...layers, ...end],
    }),
    normalization: { kind: 'standardize', mean: [0.5, 0.25], std: [0.5, 0.25] },
    classNames: ['Füchslein', '鳥'],
    training: {},
  };
}

async function metaGraphOf(classifier: Classifier): Promise<MetaGraph> {
  return savedModelCodec().decode(await toSavedModel(classifier)).meta_graphs[0];
}

function attributesOf({ graph_def }: MetaGraph, name: string) {
  const attributes = graph_def.node.find((node) => node.name === name)?.attr ?? {};
  return Object.fromEntries(
    Object.entries(attributes).map(([key, { s, i, f, b, type, list }]) => [
      key,
      s ? Buffer.from(s).toString() : (i ?? f ?? b ?? type ?? list?.i),
    ]),
  );
}

/** A constant's shape and its numbers or texts. */
function constant(
  { graph_def }: MetaGraph,
  name: string,
  kind: typeof Float32Array | typeof Int32Array = Float32Array,
) {
  const tensor = graph_def.node.find((node) => node.name === name)?.attr.value.tensor;
  const texts = tensor?.string_val?.map((each) => Buffer.from(each).toString()) ?? [];
  const values = Array.from(new kind(new Uint8Array(tensor?.tensor_content ?? []).buffer));
  return {
    shape: tensor?.tensor_shape.dim.map(({ size }) => size),
    values: texts.length > 0 ? texts : values,
  };
}

describe('toSavedModel', () => {
  it('writes a network node by node', async () => {
    const classifier = classifierOf(
      of.conv2d({ name: 'conv', filters: 3, kernelSize: 3, strides: 2, padding: 'same' }),
      of.batchNormalization({ name: 'norm', epsilon: 1e-12 }),
      of.reLU({ name: 'relu', maxValue: 6 }),
    );
    const statistics = [1, 2, 3, 4].map((value) => tf.fill([3], value)); // gamma, beta, mean, variance
    classifier.model.getLayer('norm').setWeights(statistics);
    const before = tf.memory().numTensors;
    const model = savedModelCodec().decode(await toSavedModel(classifier));
    assert.equal(tf.memory().numTensors, before);
    assert.equal(model.saved_model_schema_version, 1);
    const [graph] = model.meta_graphs;
    assert.deepEqual(graph.meta_info_def.tags, ['serve']);
    assert.deepEqual(
      graph.graph_def.node
        .filter(({ op }) => op !== 'Const')
        .map(({ name, op, input }) => `${name} = ${op}(${input.join(', ')})`),
      [
        'image = Placeholder()',
        'normalization = Mul(image, normalization/values)',
        'normalization/shift = AddV2(normalization, normalization/shift/values)',
        'conv/product = Conv2D(normalization/shift, conv/kernel)',
        'conv = BiasAdd(conv/product, conv/bias)',
        'norm = FusedBatchNormV3(conv, norm/gamma, norm/beta, norm/mean, norm/variance)',
        'relu = Relu6(norm)',
        'average = Mean(relu, average/axes)',
        'dense/product = MatMul(average, dense/kernel)',
        'dense = BiasAdd(dense/product, dense/bias)',
        'probabilities = Softmax(dense)',
        'scores = TopKV2(probabilities, scores/count)',
        'classes = GatherV2(class_names, scores:1, classes/axis)',
      ],
    );
    assert.deepEqual(attributesOf(graph, 'conv/product'), { T: 1, strides: [1, 2, 2, 1], padding: 'SAME' });
    assert.deepEqual(attributesOf(graph, 'norm'), {
      T: 1,
      U: 1,
      epsilon: Math.fround(1e-12),
      is_training: false,
    });
    const norm = ['gamma', 'beta', 'mean', 'variance'].map(
      (each) => constant(graph, `norm/${each}`).values[0],
    );
    assert.deepEqual(norm, [1, 2, 3, 4]);
    const scale = [1 / 127.5, 1 / 63.75].map(Math.fround);
    assert.deepEqual(constant(graph, 'normalization/values'), { shape: [2], values: scale });
    assert.deepEqual(constant(graph, 'average/axes', Int32Array), { shape: [2], values: [1, 2] });
    assert.deepEqual(constant(graph, 'class_names'), { shape: [2], values: ['Füchslein', '鳥'] });
    const kernel = Array.from(await classifier.model.layers[1].getWeights()[0].data());
    assert.deepEqual(constant(graph, 'conv/kernel'), { shape: [3, 3, 2, 3], values: kernel });
  });

  it('says what can be asked, for a batch of any size', async () => {
    const { signature_def } = await metaGraphOf(classifierOf());
    const info = (name: string, dtype: number, shape: readonly number[]) => ({
      name,
      dtype,
      tensor_shape: { dim: shape.map((size) => ({ size })) },
    });
    const inputs = { image: info('image:0', 1, [-1, 5, 4, 2]) };
    const method_name = 'tensorflow/serving/predict';
    assert.deepEqual(signature_def, {
      serving_default: {
        inputs,
        outputs: { probabilities: info('probabilities:0', 1, [-1, 2]) },
        method_name,
      },
      top_classes: {
        inputs,
        outputs: { classes: info('classes:0', 7, [-1, 2]), scores: info('scores:0', 1, [-1, 2]) },
        method_name,
      },
    });
  });

  it('pads, pools and reshapes as TensorFlow does', async () => {
    const graph = await metaGraphOf(
      classifierOf(
        of.zeroPadding2d({
          name: 'pad',
          padding: [
            [1, 2],
            [3, 4],
          ],
        }), // [8, 11, 2]
        of.maxPooling2d({ name: 'pool', poolSize: [2, 3], strides: [1, 2] }), // [7, 5, 2]
        of.reshape({ name: 'reshape', targetShape: [5, 7, 2] }),
      ),
    );
    assert.deepEqual(constant(graph, 'pad/paddings', Int32Array), {
      shape: [4, 2],
      values: [0, 0, 1, 2, 3, 4, 0, 0],
    });
    assert.deepEqual(attributesOf(graph, 'pool'), {
      T: 1,
      ksize: [1, 2, 3, 1],
      strides: [1, 1, 2, 1],
      padding: 'VALID',
    });
    assert.deepEqual(constant(graph, 'reshape/shape', Int32Array).values, [-1, 5, 7, 2]);
  });
});

describe('writeSavedModel', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'saved-model-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes the folder and replaces an older model', async () => {
    const target = join(folder, 'new', '1');
    await writeSavedModel(classifierOf(of.reLU()), target);
    const classifier = classifierOf();
    await writeSavedModel(classifier, target);
    assert.deepEqual(readdirSync(target), ['saved_model.pb']);
    const content = readFileSync(join(target, 'saved_model.pb'));
    assert.deepEqual(new Uint8Array(content), new Uint8Array(await toSavedModel(classifier)));
  });

  it('touches no folder with something else in it', async () => {
    mkdirSync(join(folder, 'variables'));
    await assert.rejects(writeSavedModel(classifierOf(), folder), {
      name: 'CourseError',
      message: /there is something else in this folder; name a new one/,
    });
    assert.deepEqual(readdirSync(folder), ['variables']);
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await assert.rejects(writeSavedModel(classifierOf(), file), {
      name: 'CourseError',
      message: /cannot be written/,
    });
  });

  it('makes nothing where a layer cannot be exported', async () => {
    const target = join(folder, 'new');
    await assert.rejects(writeSavedModel(classifierOf(of.upSampling2d({ name: 'up' })), target), {
      name: 'CourseError',
      message: /layer up \(UpSampling2D\)/,
    });
    assert.deepEqual(readdirSync(folder), []);
  });

  it("gives the same probabilities in TensorFlow's C library, whose loader is TensorFlow Serving's", async function () {
    await useBackend();
    const binding = nodeBackend()?.binding as (NativeBinding & SavedModelRunner) | undefined;
    if (!binding) return this.skip();
    for (const [name, classifier] of Object.entries(courseClassifiers())) {
      const target = join(folder, name);
      await writeSavedModel(classifier, target);
      const images = noise(classifier);
      const { count, height, width, channels } = images;
      const xs = binding.createTensor([count, height, width, channels], 1, Float32Array.from(images.pixels));
      const session = binding.loadSavedModel(target, 'serve');
      const [output] = binding.runSavedModel(session, [xs], 'image:0', 'probabilities:0');
      assert.deepEqual(output.shape, [count, 5]);
      const answers = binding.tensorDataSync(output.id);
      const difference = largestDifference(
        await ourProbabilities(classifier, images),
        answers as Float32Array,
      );
      assert.ok(difference < 1e-5, `${name}: ${difference}`);
      for (const id of [xs, output.id]) binding.deleteTensor(id);
      binding.deleteSavedModel(session);
      classifier.model.dispose();
    }
  });
});

type NativeBinding = NonNullable<ReturnType<typeof nodeBackend>>['binding'];

/** What else tfjs-node's binding can do. */
interface SavedModelRunner {
  loadSavedModel(folder: string, tags: string): number;
  runSavedModel(
    session: number,
    tensors: readonly number[],
    inputs: string,
    outputs: string,
  ): { readonly id: number; readonly shape: readonly number[] }[];
  deleteSavedModel(session: number): void;
}
