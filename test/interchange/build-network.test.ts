import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { buildNetwork, describeNetwork, type Network, type NetworkToBuild } from '../../lib/interchange';
import { courseClassifiers, otherClassifiers } from './toy-classifiers';

/** Images of 2 x 2 pixels, one channel, to a dense layer of 3 units whose kernel is 0, 1, 2 ... */
function tiny(): NetworkToBuild {
  const dense = { units: 3, activation: 'linear', useBias: false };
  const kernel = { shape: [4, 3], data: Float32Array.from({ length: 12 }, (_, i) => i) };
  return {
    name: 'tiny',
    inputShape: [2, 2, 1],
    layers: [
      { name: 'image', className: 'InputLayer', config: {}, inputs: [], weights: {} },
      { name: 'flat', className: 'Flatten', config: {}, inputs: ['image'], weights: {} },
      { name: 'dense', className: 'Dense', config: dense, inputs: ['flat'], weights: { kernel } },
    ],
  };
}

type Layer = NetworkToBuild['layers'][number];

/** `tiny` with its last layer changed. */
function changed(change: Partial<Layer>): NetworkToBuild {
  const { layers, ...rest } = tiny();
  return { ...rest, layers: [...layers.slice(0, 2), { ...layers[2], ...change }] };
}

describe('buildNetwork', () => {
  before(async () => {
    await useBackend();
  });

  it('computes as written', () => {
    const model = buildNetwork(tiny());
    const output = model.predict(tf.tensor4d([1, 0, 0, 2], [1, 2, 2, 1])) as tf.Tensor;
    assert.deepEqual([...output.dataSync()], [18, 21, 24]); // row 0 + 2 * row 3
  });

  it('is the inverse of describeNetwork, for every network', async () => {
    for (const [name, { model }] of Object.entries({ ...courseClassifiers(), ...otherClassifiers() })) {
      const network = await describeNetwork(model);
      const before = tf.memory().numTensors;
      const again = buildNetwork(network);
      assert.equal(tf.memory().numTensors - before, again.weights.length, `${name}: tensors`);
      assert.deepEqual(essence(await describeNetwork(again)), essence(network), name);
      again.dispose();
      assert.equal(tf.memory().numTensors, before);
    }
  });

  it('gives a model that can be trained and saved', async () => {
    const model = buildNetwork(tiny());
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = model.getWeights()[0].dataSync().slice();
    await model.fit(tf.ones([4, 2, 2, 1]), tf.zeros([4, 3]), { epochs: 1, verbose: 0 });
    assert.notDeepEqual(model.getWeights()[0].dataSync(), before);
    const saved = await model.save(
      tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
        await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    assert.equal(saved.modelArtifactsInfo.modelTopologyType, 'JSON');
  });

  it('names the layer of what it refuses, and leaves no tensors behind', () => {
    const kernel = (shape: number[], data = new Float32Array(12)) => ({
      weights: { kernel: { shape, data } },
    });
    const dense = tiny().layers[2].config;
    const { layers } = tiny();
    const refused: [NetworkToBuild, RegExp][] = [
      [changed({ className: 'Lambda' }), /dense is a Lambda, which is not known here; known are Conv2D, /],
      [changed({ className: 'toString' }), /dense is a toString, which is not known here/],
      [
        changed({ config: { ...dense, units: 1e9 } }),
        /dense.*: expected a whole number above 0 as units, got 1000000000/,
      ],
      [
        changed({ config: { ...dense, units: 1e7 } }),
        /dense: expected a kernel of \[4, 10000000\], got \[4, 3\]/,
      ],
      [
        changed({ config: { ...dense, activation: 'eval' } }),
        /expected one of linear, .* as activation, got eval/,
      ],
      [changed({ config: { ...dense, dataFormat: 'channelsFirst' } }), /as dataFormat, got channelsFirst/],
      [changed({ config: { ...dense, useBias: true } }), /expected the weights bias, kernel, got kernel/],
      [changed({ inputs: ['nowhere'] }), /its input nowhere is not a layer before it/],
      [changed({ inputs: ['dense'] }), /its input dense is not a layer before it/],
      [changed({ inputs: [] }), /expected 1 to 100 inputs, got 0/],
      [changed({ name: 'flat' }), /there are two of that name/],
      [changed(kernel([3, 4])), /expected a kernel of \[4, 3\], got \[3, 4\]/],
      [changed(kernel([4, 3], new Float32Array(11))), /expected a kernel of \[4, 3\]/],
      [
        changed(kernel([4, 3], new Float32Array(12).fill(Number.NaN))),
        /expected finite numbers in its kernel/,
      ],
      [{ ...tiny(), layers: layers.slice(0, 1) }, /expected an input and layers behind it/],
      [{ ...tiny(), layers: layers.slice(1) }, /expected an input and layers behind it/],
      [
        changed({ className: 'Reshape', config: { targetShape: [5] }, weights: {} }),
        /dense: it cannot give an output of \[5\] from \[4\]/,
      ],
      [grown(), /pad1: it cannot give an output of \[\d+, \d+, 1\] from/],
    ];
    const before = tf.memory().numTensors;
    for (const [network, sentence] of refused) {
      assert.throws(
        () => buildNetwork(network),
        (error: Error) =>
          error.name === 'CourseError' && sentence.test(error.message) && !/\n/.test(error.message),
        `${sentence}`,
      );
    }
    assert.equal(tf.memory().numTensors, before);
  });
});

/** Weights, and what the layers compute; not what only steers a training. */
function essence({ layers, ...rest }: Network) {
  return {
    ...rest,
    layers: layers.map(({ weights, name, className, inputs, outputShape }) => ({
      ...{ name, className, inputs, outputShape },
      weights: Object.entries(weights).sort(([a], [b]) => (a < b ? -1 : 1)),
    })),
  };
}

/** Margins upon margins. */
function grown(): NetworkToBuild {
  const [image] = tiny().layers;
  const config = {
    padding: [
      [10_000, 10_000],
      [10_000, 10_000],
    ],
  };
  const layers = Array.from({ length: 10 }, (_, i) => ({
    ...{ name: `pad${i + 1}`, className: 'ZeroPadding2D', config, weights: {} },
    inputs: [i === 0 ? 'image' : `pad${i}`],
  }));
  return { ...tiny(), layers: [image, ...layers] };
}
