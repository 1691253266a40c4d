import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { fitStandardization } from '../../../lib/data';
import { asModelTests } from '../../../lib/grading/model/as-model-tests';
import { bandOf, modelTests } from '../../../lib/grading/model/model-tests';
import { colouredImages, rehearsedModel } from '../../../lib/grading/model/rehearsal';
import { runTests } from '../../../lib/grading/testing';
import { saveClassifier } from '../../../lib/interchange';
import { kind, saveModel } from './models';

const asked = {
  question: 'q9.1',
  images: {
    ...kind,
    validation: async () => colouredImages(kind),
    heldOut: async () => colouredImages(kind),
  },
  maxParameters: 20,
  maxBytes: 10_000,
  save: () => undefined,
};

describe('tests of a model', () => {
  it('are worth what each band adds to the one before', async () => {
    const bands = [
      { accuracy: 0.5, points: 1 },
      { accuracy: 0.6, points: 1.5 },
      { accuracy: 0.7, points: 4 },
    ];
    const tests = modelTests({ ...asked, bands });
    const results = await runTests(tests, { answers: {}, includeHidden: true, only: -1 });
    assert.deepEqual(
      results.map(({ points }) => points),
      [0, 0, 0, 0, 0, 0, 1, 0.5, 2.5],
    );
  });

  it('refuse bands that do not rise', () => {
    const [low, high] = [
      { accuracy: 0.5, points: 1 },
      { accuracy: 0.6, points: 2 },
    ];
    for (const bands of [[], [high, low], [low, { ...high, points: 1 }], [{ accuracy: 50, points: 1 }]])
      assert.throws(() => modelTests({ ...asked, bands }), RangeError);
  });

  it('are told from tests of code', () => {
    assert.ok(asModelTests(modelTests({ ...asked, bands: [{ accuracy: 0.5, points: 1 }] })));
    assert.equal(
      asModelTests(() => undefined),
      undefined,
    );
  });

  it('give the highest band that is reached, its own accuracy included', () => {
    const bands = [
      { accuracy: 0.5, points: 1 },
      { accuracy: 0.6, points: 2 },
    ];
    assert.deepEqual(
      [0.4, 0.5, 0.59, 0.6, 1].map((share) => bandOf(bands, share)?.points),
      [undefined, 1, 1, 2, 2],
    );
  });
});

describe('a rehearsed model', () => {
  for (const inputShape of [
    [8, 8, 3],
    [28, 28, 1],
  ] as const) {
    it(`is right on every toy image of ${inputShape.join(' x ')}`, async () => {
      const classNames = Array.from({ length: 10 }, (_, i) => `number ${i}`);
      const before = tf.memory().numTensors;
      const { model, dispose } = rehearsedModel('q9.1', {
        kind: { inputShape, classNames },
        save: async ({ model, images }, folder) => {
          const normalization = fitStandardization(images);
          await saveClassifier({ model, normalization, classNames, training: {} }, folder);
        },
      });
      assert.equal((await model.measure(10)).accuracy, 1);
      await dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }

  it('hands on what the answer throws', async () => {
    const { model } = rehearsedModel('q9.1', {
      kind,
      save: () => Promise.reject(new Error('not implemented')),
    });
    await assert.rejects(model.facts(), /^Error: not implemented$/);
  });

  it('is the one that the answer saved', async () => {
    const { model, dispose } = rehearsedModel('q9.1', { kind, save: (_, folder) => saveModel(folder) });
    assert.equal((await model.facts()).parameters, 16);
    await dispose();
  });
});
