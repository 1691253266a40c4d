import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { buildMobilenet, buildModel } from '../../lib/models';
import { foldBatchNorm } from '../../lib/transfer';
import { assertClose, checkLearning } from '../models/checks';
import { randomImages, randomizeBatchNorm, toyNetwork } from './toys';

/** Fails unless the folded copy answers as `model` does, and has no batch normalization. */
function checkFolding(model: tf.LayersModel): void {
  const before = tf.memory().numTensors;
  const folded = foldBatchNorm(model);
  assert.equal(
    tf.memory().numTensors - before,
    folded.weights.length,
    'tensors that are no weights are left',
  );
  const kinds = folded.layers.map((layer) => layer.getClassName());
  assert.ok(!kinds.includes('BatchNormalization'));
  tf.tidy(() => {
    const xs = tf.randomNormal([3, ...(model.inputs[0].shape.slice(1) as number[])], 0, 1, 'float32', 3);
    const answers = [model, folded].map((each) => (each.predict(xs) as tf.Tensor).dataSync());
    const largest = Math.max(...answers[0].map(Math.abs));
    assert.ok(largest > 1e-3, 'a network that answers 0');
    assertClose(answers[1], answers[0], 1e-5 * Math.max(1, largest));
  });
  for (const each of [folded, model]) each.dispose();
}

/** A network of these layers on images of 6 x 6. */
function stack(...layers: tf.layers.Layer[]): tf.LayersModel {
  const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [6, 6, 3] }), ...layers] });
  randomizeBatchNorm(model);
  return model;
}

describe('foldBatchNorm', () => {
  const { layers } = tf;
  const norm = layers.batchNormalization;

  before(() => useBackend());

  it('answers the same after a convolution with and without a bias', () => {
    checkFolding(stack(layers.conv2d({ filters: 4, kernelSize: 3, useBias: false }), norm()));
    const biasInitializer = 'randomNormal';
    checkFolding(stack(layers.conv2d({ filters: 4, kernelSize: 3, biasInitializer }), norm()));
  });

  it('answers the same after a depthwise convolution, also with several filters a channel', () => {
    checkFolding(
      stack(layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, useBias: false }), norm()),
    );
  });

  it('answers the same after a dense layer', () => {
    checkFolding(stack(layers.flatten(), layers.dense({ units: 5 }), norm()));
  });

  it('answers the same where something stands between, such as a pooling or an activation', () => {
    const conv = () => layers.conv2d({ filters: 4, kernelSize: 3 });
    checkFolding(stack(conv(), layers.maxPooling2d({ poolSize: 2 }), norm()));
    checkFolding(stack(layers.conv2d({ filters: 4, kernelSize: 3, activation: 'relu' }), norm()));
    checkFolding(stack(norm(), conv()));
  });

  it('answers the same without a scale or an offset', () => {
    for (const options of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
      checkFolding(stack(layers.conv2d({ filters: 4, kernelSize: 3 }), norm(options)));
    }
  });

  it('leaves a convolution alone that something else reads, too', () => {
    const input = tf.input({ shape: [6, 6, 3] });
    const conv = layers.conv2d({ filters: 4, kernelSize: 3 }).apply(input) as tf.SymbolicTensor;
    const outputs = layers.add().apply([norm().apply(conv) as tf.SymbolicTensor, conv]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs });
    randomizeBatchNorm(model);
    checkFolding(model);
  });

  it('answers the same for the networks of the course', () => {
    const options = { inputShape: [18, 18, 3], numClasses: 4 } as const;
    for (const model of [
      buildModel('resnet', { ...options, width: 4, blocksPerStage: [1, 2] }),
      buildModel('airbench', { ...options, widths: [4, 6] }),
      buildMobilenet({ ...options, inputShape: [40, 40, 3], alpha: 0.125 }),
    ]) {
      randomizeBatchNorm(model);
      checkFolding(model);
    }
  });

  it('makes a network whose answer for one image does not depend on the others, in training too', () => {
    const folded = foldBatchNorm(toyNetwork());
    tf.tidy(() => {
      const xs = randomImages([4, 16, 16, 3]);
      const together = folded.apply(xs, { training: false }) as tf.Tensor;
      const alone = folded.apply(tf.slice(xs, 0, 1), { training: false }) as tf.Tensor;
      assertClose(alone.dataSync(), together.dataSync().slice(0, 4), 1e-5);
    });
    folded.dispose();
  });

  it('makes a network that can be trained, compiled where the backend can', async () => {
    const options = { inputShape: [16, 16, 3], numClasses: 4, filters: [8, 8, 16, 32], dropout: 0 } as const;
    const model = buildModel('regularized', options);
    const folded = foldBatchNorm(model);
    await checkLearning(folded, { steps: 60, learningRate: 0.01 });
    for (const each of [folded, model]) each.dispose();
  });

  it('refuses channels that do not come last', () => {
    const model = stack(layers.conv2d({ filters: 4, kernelSize: 3 }), norm({ axis: 1 }));
    assert.throws(() => foldBatchNorm(model), {
      name: 'CourseError',
      message: /expected the channels last, got axis 1/,
    });
  });
});
