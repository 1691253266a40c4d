import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import type { Classifier } from '../../lib/interchange';
import { lowerClassifier } from '../../lib/interchange/lower';
import type { Operation } from '../../lib/interchange/operations';

const of = tf.layers;
const average = () => of.globalAveragePooling2d({ name: 'average' });
const dense = () => of.dense({ name: 'dense', units: 2 });

/** A classifier of these layers, for images of 4 x 4 pixels and two channels. */
function classifierOf(...layers: tf.layers.Layer[]): Classifier {
  return {
    model: tf.sequential({ name: 'toy', layers: [of.inputLayer({ inputShape: [4, 4, 2] }), ...layers] }),
    normalization: { kind: 'standardize', mean: [0, 0.5], std: [1, 0.25] },
    classNames: ['a', 'b'],
    training: {},
  };
}

/** Such as `conv = convolution(normalization)`. */
function lines(operations: readonly Operation[]): string[] {
  return operations.map(({ kind, name, inputs }) => `${name} = ${kind}(${inputs.join(', ')})`);
}

async function operation(classifier: Classifier, name: string): Promise<Operation | undefined> {
  return (await lowerClassifier(classifier)).find((each) => each.name === name);
}

describe('lowerClassifier', () => {
  it('goes from the image over normalization and layers to probabilities, and leaves dropout out', async () => {
    const conv = of.conv2d({ name: 'conv', filters: 3, kernelSize: 3, activation: 'relu' });
    const classifier = classifierOf(conv, of.dropout({ rate: 0.5 }), average(), dense());
    const before = tf.memory().numTensors;
    const operations = await lowerClassifier(classifier);
    assert.deepEqual(lines(operations), [
      'normalization = scale(image)',
      'normalization/shift = shift(normalization)',
      'conv = convolution(normalization/shift)',
      'conv/activation = activation(conv)',
      'average = globalPool(conv/activation)',
      'dense = dense(average)',
      'probabilities = softmax(dense)',
    ]);
    assert.deepEqual(
      operations.map(({ inputShape, outputShape }) => [inputShape, outputShape]),
      [
        [
          [4, 4, 2],
          [4, 4, 2],
        ],
        [
          [4, 4, 2],
          [4, 4, 2],
        ],
        [
          [4, 4, 2],
          [2, 2, 3],
        ],
        [
          [2, 2, 3],
          [2, 2, 3],
        ],
        [[2, 2, 3], [3]],
        [[3], [2]],
        [[2], [2]],
      ],
    );
    assert.equal(tf.memory().numTensors, before);
  });

  it('normalizes bytes as (byte / 255 - mean) / std', async () => {
    const [scale, shift] = await lowerClassifier(classifierOf(average(), dense()));
    assert.deepEqual(scale.kind === 'scale' && scale.factor, Float32Array.of(1 / 255, 1 / (255 * 0.25)));
    assert.deepEqual(shift.kind === 'shift' && shift.offset, Float32Array.of(-0, -2));
    const scaled = {
      ...classifierOf(average(), dense()),
      normalization: { kind: 'scale', mean: [0, 0], std: [1, 1] },
    };
    assert.deepEqual(lines(await lowerClassifier(scaled as Classifier)).slice(0, 2), [
      'normalization = scale(image)',
      'average = globalPool(normalization)',
    ]);
  });

  it('appends no second softmax, whichever way the network has its own', async () => {
    const ends: tf.layers.Layer[][] = [
      [of.dense({ name: 'dense', units: 2, activation: 'softmax' })],
      [dense(), of.softmax()],
      [dense(), of.activation({ activation: 'softmax' })],
    ];
    for (const end of ends) {
      assert.deepEqual(lines(await lowerClassifier(classifierOf(average(), ...end))).slice(-2), [
        'dense = dense(average)',
        'probabilities = softmax(dense)',
      ]);
    }
  });

  it('gives each operation a name of its own, whatever the layers are called', async () => {
    const names = ['image', 'a/b', 'a_b', 'probabilities', 'normalization'];
    const relus = names.map((name) => of.reLU({ name }));
    const operations = await lowerClassifier(classifierOf(...relus, average(), dense()));
    assert.deepEqual(lines(operations).slice(2, 7), [
      'image_2 = activation(normalization/shift)',
      'a_b = activation(image_2)',
      'a_b_2 = activation(a_b)',
      'probabilities_2 = activation(a_b_2)',
      'normalization_2 = activation(probabilities_2)',
    ]);
  });

  it('splits a separable convolution in two', async () => {
    const layer = of.separableConv2d({
      name: 'split',
      filters: 5,
      kernelSize: 3,
      strides: 2,
      depthMultiplier: 3,
    });
    const operations = await lowerClassifier(classifierOf(layer, average(), dense()));
    const [depthwise, pointwise] = operations.slice(2);
    assert.equal(depthwise.kind === 'depthwise' && depthwise.strides.join(), '2,2');
    assert.deepEqual(
      [depthwise.outputShape, pointwise.inputShape],
      [
        [1, 1, 6],
        [1, 1, 6],
      ],
    );
    assert.deepEqual(pointwise.outputShape, [1, 1, 5]);
    assert.deepEqual(lines([pointwise]), ['split/convolution = convolution(split)']);
  });

  it('makes a scale and a shift of batch normalization without an image', async () => {
    const norm = of.batchNormalization({ name: 'norm', epsilon: 0.25 });
    const classifier = classifierOf(average(), norm, dense());
    // gamma, beta, mean, variance; gamma / sqrt(variance + epsilon) is 3 / 1 and 1 / 2
    tf.tidy(() =>
      norm.setWeights(
        [
          [3, 1],
          [1, 2],
          [4, 6],
          [0.75, 3.75],
        ].map((each) => tf.tensor1d(each)),
      ),
    );
    const scale = await operation(classifier, 'norm');
    const shift = await operation(classifier, 'norm/shift');
    assert.deepEqual(scale?.kind === 'scale' && scale.factor, Float32Array.of(3, 0.5));
    assert.deepEqual(shift?.kind === 'shift' && shift.offset, Float32Array.of(1 - 4 * 3, 2 - 6 * 0.5));
  });

  it('fills in what batch normalization is built without', async () => {
    const norm = of.batchNormalization({ name: 'norm', center: false, scale: false });
    const found = await operation(classifierOf(norm, average(), dense()), 'norm');
    assert.deepEqual(found?.kind === 'batchNorm' && [found.gamma, found.beta], [
      Float32Array.of(1, 1),
      Float32Array.of(0, 0),
    ]);
  });

  it('names the layer and what it cannot say in other formats', async () => {
    const conv = (options: object) => of.conv2d({ name: 'bad', filters: 2, kernelSize: 1, ...options });
    const cases: readonly (readonly [tf.layers.Layer, RegExp])[] = [
      [
        of.upSampling2d({ name: 'bad' }),
        /^layer bad \(UpSampling2D\): this kind of layer cannot be exported/,
      ],
      [conv({ dilationRate: 2 }), /^layer bad \(Conv2D\): dilationRate 2,2 cannot/],
      [conv({ activation: 'hardSigmoid' }), /^layer bad \(Conv2D\): the activation hardSigmoid cannot/],
      [
        of.maxPooling2d({ name: 'bad', poolSize: 2, dataFormat: 'channelsFirst' }),
        /dataFormat channelsFirst/,
      ],
      [of.batchNormalization({ name: 'bad', axis: 1 }), /\(BatchNormalization\): axis 1 cannot/],
      [of.reLU({ name: 'bad', maxValue: 4 }), /\(ReLU\): maxValue 4 cannot/],
      [of.depthwiseConv2d({ name: 'bad', kernelSize: 1, strides: [1, 2] }), /strides 1,2 cannot/],
      [of.dense({ name: 'bad', units: 2 }), /\(Dense\): an input of \[4, 4, 2\] cannot/],
      [of.softmax({ name: 'bad', axis: 1 }), /\(Softmax\): axis 1 cannot/],
    ];
    for (const [layer, message] of cases) {
      const model = classifierOf(layer, of.flatten(), dense());
      await assert.rejects(lowerClassifier(model), { name: 'CourseError', message });
    }
    const wide = classifierOf(of.reshape({ name: 'bad', targetShape: [8, 4] }), of.flatten(), dense());
    await assert.rejects(lowerClassifier(wide), /\(Reshape\): an output of \[8, 4\] cannot/);
  });

  it('wants an image in and one number a class out', async () => {
    const classifier = classifierOf(average(), dense());
    const { normalization } = classifier;
    await assert.rejects(
      lowerClassifier({ ...classifier, normalization: { ...normalization, mean: [0], std: [1] } }),
      { name: 'CourseError', message: /^toy: expected a network whose input is \[height, width, 1\]/ },
    );
    await assert.rejects(lowerClassifier({ ...classifier, classNames: ['a', 'b', 'c'] }), {
      name: 'CourseError',
      message: /^toy: expected a network whose output is \[3\].* got \[2\]/,
    });
    const anySize = tf.sequential({
      layers: [of.inputLayer({ inputShape: [null, null, 2] }), average(), dense()],
    });
    await assert.rejects(lowerClassifier({ ...classifier, model: anySize }), /got \[\?, \?, 2\]/);
  });
});
