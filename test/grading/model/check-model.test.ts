import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { checkModel } from '../../../lib/grading/model/check-model';
import { type ModelTests, modelTests } from '../../../lib/grading/model/model-tests';
import { colouredImages, colourNetwork, type Trained } from '../../../lib/grading/model/rehearsal';
import { constantNetwork, kind, saveModel } from './models';

interface Answers {
  readonly handIn: (network: tf.LayersModel, folder: string) => unknown;
}

describe('a check of a model in a notebook', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'check-model-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const tests = modelTests<Answers>({
    question: 'q9.1',
    images: {
      ...kind,
      validation: async () => colouredImages(kind, { seed: 5 }),
      heldOut: async () => assert.fail('held-out images are not for checks'),
    },
    maxParameters: 20,
    maxBytes: 10_000,
    bands: [
      { accuracy: 0.2, points: 1 },
      { accuracy: 0.9, points: 4 },
    ],
    save: ({ handIn, model }, folder) => handIn(model, folder),
  }) as ModelTests<object>;
  const check = (handIn: Answers['handIn'], trained: Partial<Trained> = {}) =>
    checkModel(tests, { answers: { handIn, ...trained }, place });
  const save = (model: tf.LayersModel, folder: string) => saveModel(folder, { model });

  it("saves the notebook's network, looks at it, and tells its accuracy and what that is worth", async () => {
    const { results, note } = await check(save, { model: colourNetwork(colouredImages(kind)) });
    assert.ok(existsSync(join(place, 'models', 'q9.1', 'model.json')));
    assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(['passed']));
    assert.equal(results.length, 6);
    assert.equal(
      note,
      'right on 100.0 % of 40 validation images: 4 of 4 points, if it does as well on the held-out images\n' +
        'hand in the folder models/q9.1 together with the notebook',
    );
  });

  it('passes a model that can be graded, however little it knows', async () => {
    const { results, note } = await check(save, { model: constantNetwork() });
    assert.ok(results.every(({ status }) => status === 'passed'));
    assert.match(note ?? '', /^right on 25\.0 % of 40 validation images: 1 of 4 points/);
  });

  it('says what is wrong with one that cannot, and measures nothing', async () => {
    const layers = [tf.layers.flatten({ inputShape: [8, 8, 3] }), tf.layers.dense({ units: 4 })];
    const { results, note } = await check(save, { model: tf.sequential({ layers }) });
    const failed = results.filter(({ status }) => status === 'failed');
    assert.deepEqual(
      failed.map(({ title, message }) => [title, message]),
      [['has at most 20 weights', 'it has 772']],
    );
    assert.equal(note, undefined);
  });

  it('takes a stub for one', async () => {
    const { results } = await check(() => {
      throw new Error('not implemented');
    });
    assert.ok(results.every(({ unimplemented }) => unimplemented));
  });

  it('says so when nothing was saved', async () => {
    const { results } = await check(() => undefined);
    assert.equal(results[0].message, 'there is no models/q9.1');
  });

  it('leaves no tensor behind', async () => {
    const network = colourNetwork(colouredImages(kind));
    const keeping = (model: tf.LayersModel, folder: string) => saveModel(folder, { model: copyOf(model) });
    await check(keeping, { model: network });
    const before = tf.memory().numTensors;
    await check(keeping, { model: network });
    assert.equal(tf.memory().numTensors, before);
    network.dispose();
  });
});

/** The same network with weights of its own. */
function copyOf(model: tf.LayersModel): tf.LayersModel {
  const copy = constantNetwork();
  copy.setWeights(model.getWeights());
  return copy;
}
