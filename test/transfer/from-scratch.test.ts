import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { fitStandardization } from '../../lib/data';
import { disposeTrained, settingsFor, trainFromScratch } from '../../lib/transfer';
import { toyDataset } from '../helpers/toy-dataset';
import { toyBase } from './toys';

describe('trainFromScratch', () => {
  const images = toyDataset({ count: 40, size: 12 });
  let settings: ReturnType<typeof settingsFor>['fromScratch'];

  before(async () => {
    await useBackend();
    const { model, ...base } = toyBase();
    settings = { ...settingsFor({ model, ...base }, images).fromScratch, leastSteps: 6 };
    model.dispose();
  });

  it('trains for the least number of steps, however small the budget', async () => {
    const options = { settings, seconds: 0, seed: 1 };
    const { model, normalization, epochs } = await trainFromScratch(images, options);
    assert.equal(epochs, 3); // of two steps: 40 images in batches of 32
    assert.deepEqual(model.outputs[0].shape, [null, 4]);
    assert.deepEqual(normalization, fitStandardization(images));
    disposeTrained(model);
  });

  it('trains longer with a larger budget', async () => {
    const { model, epochs, seconds } = await trainFromScratch(images, { settings, seconds: 1.5, seed: 1 });
    assert.ok(epochs > 3 && seconds > 0.2, `${epochs} epochs, ${seconds} s`);
    disposeTrained(model);
  });

  it('leaves no tensors behind but those of the model', async () => {
    const options = { settings, seconds: 0, seed: 1 };
    const before = tf.memory().numTensors;
    disposeTrained((await trainFromScratch(images, options)).model);
    assert.equal(tf.memory().numTensors, before);
  });
});
