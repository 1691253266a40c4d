import assert from 'node:assert/strict';
import { useBackend } from '../../lib/backend';
import { buildVgg, layerRows } from '../../lib/models';
import {
  checkLearning,
  checkOutputs,
  checkSaving,
  checkSeeds,
  cifar,
  fashion,
  shapeOf,
  trainedParameters,
} from './checks';

describe('buildVgg', () => {
  const small = {
    inputShape: [16, 16, 3],
    numClasses: 4,
    blocks: [[8], [16, 16]],
  } as const;

  before(() => useBackend());

  it('has the parameters that one counts by hand', () => {
    const model = buildVgg(cifar);
    const filters = 3 * 64 + 64 * 128 + 128 * 256 + 256 * 256 + 256 * 512 + 3 * 512 * 512;
    const scalesAndOffsets = 2 * (64 + 128 + 2 * 256 + 4 * 512);
    assert.equal(trainedParameters(model), 9 * filters + scalesAndOffsets + 512 * 10 + 10);
    assert.equal(trainedParameters(model), 9_228_362);
    assert.equal(model.countParams(), 9_228_362 + scalesAndOffsets);
    model.dispose();
  });

  it('halves the image in each block and doubles the filters', () => {
    for (const [options, sides] of [
      [cifar, [16, 8, 4, 2, 1]],
      [fashion, [14, 7, 4, 2, 1]],
    ] as const) {
      const model = buildVgg(options);
      const shapes = sides.map((_, i) => shapeOf(model, `block${i + 1}_pool`));
      assert.deepEqual(
        shapes,
        [64, 128, 256, 512, 512].map((filters, i) => [sides[i], sides[i], filters]),
      );
      model.dispose();
    }
  });

  it('has the convolutions and the dropout that it is told', () => {
    const model = buildVgg({ ...small, dropout: 0 });
    const conv = ['Conv2D', 'BatchNormalization', 'ReLU'];
    const pool = ['MaxPooling2D'];
    assert.deepEqual(
      layerRows(model).map(({ kind }) => kind),
      [conv, pool, conv, conv, pool, 'Flatten', 'Dense'].flat(),
    );
    const dropping = buildVgg({ ...small, dropout: 0.3 });
    assert.equal(dropping.getLayer('dropout').getConfig().rate, 0.3);
    model.dispose();
    dropping.dispose();
  });

  it('starts from the weights of its seed, in each layer others', () =>
    checkSeeds((seed) => buildVgg({ ...small, blocks: [[8], [8, 8]], seed })));

  it('gives logits, or probabilities where asked for', () =>
    checkOutputs((options) => buildVgg({ ...options, blocks: [[4], [4], [4], [4], [4]] }), fashion));

  it('learns 32 random images by heart, compiled where the backend can', async () => {
    const model = buildVgg(small);
    await checkLearning(model, { steps: 40, learningRate: 0.01 });
    model.dispose();
  });

  it('answers the same after it was saved and loaded', async () => {
    const model = buildVgg(small);
    (await checkSaving(model)).dispose();
    model.dispose();
  });
});
