import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { scaleOnly } from '../../lib/data';
import { buildModel } from '../../lib/models';
import { evaluate, type StepEngine, whyNotCompiled } from '../../lib/training';
import {
  type Base,
  buildOnBase,
  computeFeatures,
  disposeTrained,
  fineTune,
  fitHead,
  foldBatchNorm,
  headAccuracy,
  withoutTop,
} from '../../lib/transfer';
import { toyDataset } from '../helpers/toy-dataset';

describe('fineTune', () => {
  const images = toyDataset({ count: 64, size: 12 });
  const test = toyDataset({ count: 100, size: 12, seed: 2 });
  let base: Base;
  let head: ReturnType<typeof fitHead>;

  before(async () => {
    await useBackend();
    const options = { inputShape: [16, 16, 3], numClasses: 4, filters: [8, 8, 16, 16], dropout: 0 } as const;
    const whole = buildModel('regularized', options);
    const features = withoutTop(whole);
    base = { name: 'toy', model: foldBatchNorm(features), normalization: scaleOnly(3) };
    for (const each of [whole, features]) each.dispose();
    const network = buildOnBase(base, images);
    head = fitHead(await computeFeatures(network, images), images.labels, { numClasses: 4, l2: 1 });
    network.model.dispose();
  });
  after(() => base.model.dispose());

  /** By names such as `conv1/kernel`. */
  const weights = (model: tf.LayersModel) =>
    new Map(model.weights.map((weight) => [weight.originalName, Array.from(weight.read().dataSync())]));

  it('begins as the head on the features: without a step it answers as they do', async () => {
    const network = buildOnBase(base, test);
    const expected = headAccuracy(head, await computeFeatures(network, test), test.labels);
    const { model, normalization } = await fineTune(base, head, images, { epochs: 1, learningRate: 1e-9 });
    assert.equal((await evaluate(model, test, { normalization })).accuracy, expected);
    network.model.dispose();
    disposeTrained(model);
  });

  it('learns more than the head knew, compiled where the backend can', async () => {
    let engine: StepEngine | undefined;
    const onEngine = (made: StepEngine) => {
      engine = made;
    };
    const options = { epochs: 12, learningRate: 0.003, augment: [], onEngine };
    const { model, history } = await fineTune(base, head, images, options);
    assert.equal(history.length, 12);
    assert.ok(history[11].loss < history[0].loss / 2, `from ${history[0].loss} to ${history[11].loss}`);
    if (!whyNotCompiled()) assert.deepEqual(engine, { compiled: true });
    disposeTrained(model);
  });

  it('trains the layers from one on only, and leaves the base as it is', async () => {
    const before = weights(base.model);
    const options = { from: 'conv3', epochs: 2, learningRate: 0.01 };
    const { model } = await fineTune(base, head, images, options);
    const after = weights(model);
    const moved = [...before].filter(([name, values]) => String(after.get(name)) !== String(values));
    assert.deepEqual(moved.map(([name]) => name).sort(), [
      'conv3/bias',
      'conv3/kernel',
      'conv4/bias',
      'conv4/kernel',
    ]);
    assert.deepEqual(weights(base.model), before);
    disposeTrained(model);
  });

  it('lists the layers there are for one that there is not', async () => {
    await assert.rejects(fineTune(base, head, images, { from: 'conv9' }), {
      name: 'CourseError',
      message: 'no layer conv9 to fine-tune from; expected one of: conv1, conv2, conv3, conv4, head',
    });
  });

  it('leaves no tensors behind but those of the model, and none where it is stopped', async () => {
    const before = tf.memory().numTensors;
    disposeTrained((await fineTune(base, head, images, { epochs: 1 })).model);
    assert.equal(tf.memory().numTensors, before);
    const stop = new AbortController();
    const onStep = () => stop.abort(new Error('enough'));
    await assert.rejects(fineTune(base, head, images, { epochs: 2, onStep, signal: stop.signal }), /enough/);
    assert.equal(tf.memory().numTensors, before);
  });
});
