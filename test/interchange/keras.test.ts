import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { unzipSync } from 'fflate';
import { useBackend } from '../../lib/backend';
import { type Classifier, describeNetwork } from '../../lib/interchange';
import { readHdf5 } from '../../lib/interchange/hdf5';
import { readKeras, writeKeras } from '../../lib/interchange/keras-file';
import { fromKerasModel } from '../../lib/interchange/keras-from-config';
import { readKerasH5, writeKerasH5 } from '../../lib/interchange/keras-h5';
import { courseClassifiers, noise, otherClassifiers, ourProbabilities } from './toy-classifiers';

const formats = [
  { ending: 'keras', write: writeKeras, read: readKeras, only: undefined },
  { ending: 'h5', write: writeKerasH5, read: readKerasH5, only: ['airbench', 'resnet', 'medley'] },
];

describe('a file for Keras', function () {
  this.timeout(120_000);
  let folder: string;
  let classifiers: Record<string, Classifier>;

  before(async () => {
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'keras-'));
    classifiers = { ...courseClassifiers(), ...otherClassifiers() };
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const { ending, write, read, only } of formats) {
    it(`comes back from .${ending} as it was, whatever the network`, async () => {
      for (const [name, classifier] of Object.entries(classifiers)) {
        if (only && !only.includes(name)) continue; // `keras-frameworks.test.ts` has them all
        const file = join(folder, `${name}.${ending}`);
        const training = { seed: 7, config: { views: 'mirrored' } };
        await write({ ...classifier, training }, file);
        const before = tf.memory().numTensors;
        const again = await read(file);
        assert.equal(tf.memory().numTensors - before, again.model.weights.length, `${name}: tensors`);
        const images = noise(classifier, { count: 4 });
        const expected = await ourProbabilities(classifier, images);
        const got = await ourProbabilities(again, images);
        assert.ok(
          got.every((value, i) => Math.abs(value - expected[i]) < 1e-6),
          name,
        );
        assert.deepEqual([again.classNames, again.training], [classifier.classNames, training]);
        assert.deepEqual(await outline(again), await outline(classifier), name);
        again.model.dispose();
      }
    });
  }

  it('has class names where Python finds them, and nothing compressed', async () => {
    await writeKeras(classifiers.baseline, join(folder, 'names.keras'));
    const entries = unzipSync(readFileSync(join(folder, 'names.keras')));
    assert.deepEqual(Object.keys(entries), ['metadata.json', 'config.json', 'model.weights.h5']);
    const metadata = JSON.parse(Buffer.from(entries['metadata.json']).toString());
    assert.deepEqual(metadata.class_names, classifiers.baseline.classNames);
    await writeKerasH5(classifiers.baseline, join(folder, 'names.h5'));
    const { attributes } = await readHdf5(readFileSync(join(folder, 'names.h5')), { under: [] });
    assert.deepEqual(attributes.get('')?.get('class_names'), classifiers.baseline.classNames);
  });

  it('takes names and normalization from the caller where it is told', async () => {
    const file = join(folder, 'told.keras');
    await writeKeras(classifiers.flat, file);
    const classNames = ['a', 'b', 'c', 'd', 'e'];
    const normalization = { kind: 'standardize', mean: [0.5], std: [0.5] } as const; // of one channel, for both
    const told = await readKeras(file, { classNames, normalization });
    assert.deepEqual(told.classNames, classNames);
    assert.deepEqual(told.normalization, { kind: 'standardize', mean: [0.5, 0.5], std: [0.5, 0.5] });
    await assert.rejects(
      readKeras(file, { classNames: ['a', 'b'] }),
      /told\.keras: expected 5 class names, one for each output, got 2/,
    );
    await assert.rejects(
      readKeras(file, { normalization: { kind: 'scale', mean: [0, 0, 0], std: [1, 1, 1] } }),
      /told\.keras: expected a normalization of 2 channels, as the network has, got 3/,
    );
  });
});

describe('the description of a model', () => {
  const tensor = (name: string) => ({
    class_name: '__keras_tensor__',
    config: { keras_history: [name, 0, 0] },
  });
  const layer = (name: string, className: string, config: object, inbound_nodes: unknown) => ({
    ...{ name, class_name: className, inbound_nodes },
    config: { name, ...config },
  });
  const image = { batch_shape: [null, 4, 4, 3] };
  const model = (layers: object[], ends: object = {}) => ({
    class_name: 'Functional',
    config: { name: 'net', layers, input_layers: [['image', 0, 0]], output_layers: [['sum', 0, 0]], ...ends },
  });
  const branches = (nodes: (names: string[]) => unknown) =>
    model([
      layer('image', 'InputLayer', image, []),
      layer('act', 'Activation', { activation: 'silu' }, nodes(['image'])),
      layer('sum', 'Add', {}, nodes(['act', 'image'])),
    ]);

  it('is read as Keras 3 and as Keras 2 write it', () => {
    const expected = [
      ['image', 'InputLayer', []],
      ['act', 'Activation', ['image']],
      ['sum', 'Add', ['act', 'image']],
    ];
    const read = (description: unknown) => {
      const { layers, inputShape } = fromKerasModel(description, () => []);
      assert.deepEqual(inputShape, [4, 4, 3]);
      assert.equal(layers[1].config.activation, 'swish');
      return layers.map(({ name, className, inputs }) => [name, className, inputs]);
    };
    const now = branches((names) => [
      { args: names.length > 1 ? [names.map(tensor)] : names.map(tensor), kwargs: {} },
    ]);
    assert.deepEqual(read(now), expected);
    const older = branches((names) => [names.map((name) => [name, 0, 0, {}])]);
    assert.deepEqual(read(older), expected);
    const oneEnd = { input_layers: ['image', 0, 0], output_layers: ['sum', 0, 0] };
    assert.deepEqual(read({ ...now, config: { ...now.config, ...oneEnd } }), expected);
  });

  it('is read from a Sequential with and without a layer for its input', () => {
    const flatten = { class_name: 'Flatten', config: { name: 'flat' } };
    const sequential = (config: object) => fromKerasModel({ class_name: 'Sequential', config }, () => []);
    const input = { class_name: 'InputLayer', config: { name: 'first', batch_input_shape: [null, 4, 4, 3] } };
    const networks = [
      sequential({ layers: [input, flatten] }),
      sequential({ layers: [flatten], build_input_shape: [1, 4, 4, 3] }),
      sequential({
        layers: [{ ...flatten, config: { ...flatten.config, batch_input_shape: [null, 4, 4, 3] } }],
      }),
    ];
    for (const { inputShape, layers } of networks) {
      assert.deepEqual(inputShape, [4, 4, 3]);
      assert.deepEqual(layers[1].inputs, [layers[0].name]);
    }
    assert.throws(() => sequential({ layers: [flatten] }), /expected a model for images of one size/);
  });

  it('is refused where Keras would compute something else', () => {
    const nodes = [{ args: [tensor('image')], kwargs: {} }];
    const refused: [string, object, RegExp][] = [
      [
        'ReLU',
        { max_value: null, negative_slope: 0.1, threshold: 0 },
        /expected 0 as negative_slope, got 0.1/,
      ],
      ['Conv2D', { groups: 2 }, /expected 1 as groups, got 2/],
      ['MaxPooling2D', { data_format: 'channels_first' }, /expected channels_last as data_format/],
      ['GlobalAveragePooling2D', { keepdims: true }, /expected false as keepdims, got true/],
      ['Normalization', { mean: [1], variance: [1], axis: [1] }, /expected -1 as axis, got/],
      ['Normalization', { mean: 'x', variance: null, axis: -1 }, /expected finite numbers, got/],
      [
        'Activation',
        { activation: { class_name: 'function', config: 'mine' } },
        /as activation, got \{ class_name/,
      ],
    ];
    for (const [className, config, sentence] of refused) {
      const description = model([
        layer('image', 'InputLayer', image, []),
        layer('sum', className, config, nodes),
      ]);
      assert.throws(() => fromKerasModel(description, () => []), sentence);
    }
  });
});

/** The layers without their numbers. */
async function outline({ model }: Classifier) {
  const { layers, ...rest } = await describeNetwork(model);
  // Keras allows no slashes; there is an `an_elu` already.
  const plain = (name: string) => (name === 'an/elu' ? 'an_elu_' : name.replaceAll('/', '_'));
  return {
    ...rest,
    layers: layers
      .map(({ name, className, inputs, outputShape, weights }) => ({
        ...{ className, outputShape, name: plain(name), inputs: inputs.map(plain) },
        weights: Object.keys(weights).sort(),
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
