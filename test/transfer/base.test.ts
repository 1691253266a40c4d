import assert from 'node:assert/strict';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { scaleOnly } from '../../lib/data';
import { saveClassifier } from '../../lib/interchange';
import { buildModel } from '../../lib/models';
import { loadBase, numFeatures, withoutTop } from '../../lib/transfer';
import { inFolder } from '../data/download/tools';
import { assertClose } from '../models/checks';
import { randomImages, toyNetwork } from './toys';

describe('withoutTop', () => {
  before(() => useBackend());

  it('gives what the dense layer is given: its kernel makes the logits of it', () => {
    const model = toyNetwork();
    const features = withoutTop(model);
    assert.deepEqual(features.outputs[0].shape, [null, 8]);
    tf.tidy(() => {
      const xs = randomImages([3, 16, 16, 3]);
      const [kernel, bias] = model.getLayer('dense').getWeights();
      const logits = tf.add(tf.matMul(features.predict(xs) as tf.Tensor2D, kernel as tf.Tensor2D), bias);
      assertClose(logits.dataSync(), (model.predict(xs) as tf.Tensor).dataSync(), 1e-5);
    });
    for (const each of [features, model]) each.dispose();
  });

  it('takes off what follows the dense layer, too', () => {
    const model = buildModel('airbench', { inputShape: [18, 18, 3], numClasses: 4, widths: [4, 6] });
    const features = withoutTop(model);
    assert.equal(features.layers[features.layers.length - 1].name, 'flatten');
    for (const each of [features, model]) each.dispose();
  });

  it('leaves the network as it is, and shares nothing with it', () => {
    const model = toyNetwork();
    const features = withoutTop(model);
    features.dispose();
    tf.tidy(() => assert.ok(model.predict(randomImages([1, 16, 16, 3]))));
    model.dispose();
  });

  it('refuses a network that does not end in a dense layer on features', () => {
    const conv = tf.layers.conv2d({ name: 'end', inputShape: [8, 8, 3], filters: 2, kernelSize: 8 });
    assert.throws(() => withoutTop(tf.sequential({ name: 'odd', layers: [conv] })), {
      name: 'CourseError',
      message:
        'odd: expected a network that ends in a dense layer on features, got end, a Conv2D; choose another as the base',
    });
    const alone = tf.layers.dense({ name: 'only', inputShape: [8], units: 2 });
    assert.throws(() => withoutTop(tf.sequential({ name: 'flat', layers: [alone] })), /got only, a Dense/);
  });
});

describe('loadBase', () => {
  before(() => useBackend());

  it('makes a base of any saved classifier, and leaves no tensor of it behind', () =>
    inFolder(async (folder) => {
      const model = toyNetwork();
      const place = join(folder, 'toy-network');
      const classNames = ['a', 'b', 'c', 'd'];
      await saveClassifier({ model, normalization: scaleOnly(3), classNames, training: {} }, place);
      const before = tf.memory().numTensors;
      const base = await loadBase(place);
      assert.equal(tf.memory().numTensors - before, base.model.weights.length);
      assert.equal(base.name, 'toy-network');
      assert.equal(numFeatures(base), 8);
      const expected = withoutTop(model);
      tf.tidy(() => {
        const xs = randomImages([2, 16, 16, 3]);
        const answers = [base.model, expected].map((each) => (each.predict(xs) as tf.Tensor).dataSync());
        assertClose(answers[0], answers[1], 1e-5);
      });
      for (const each of [base.model, expected, model]) each.dispose();
    }));

  it('says what is wrong with a folder that holds no model', () =>
    inFolder(async (folder) => {
      await assert.rejects(loadBase(folder), { name: 'CourseError', message: /there is no model here/ });
    }));
});
