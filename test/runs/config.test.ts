import assert from 'node:assert/strict';
import { useBackend } from '../../lib/backend';
import { modelNames } from '../../lib/models';
import {
  buildOptimizer,
  decoupled,
  type OptimizerSpec,
  parseConfig,
  recipeFor,
  withSetting,
} from '../../lib/runs';

const config = recipeFor('regularized', 'cifar10');

describe('a training configuration', () => {
  before(async () => {
    await useBackend();
  });

  it('is plain JSON for every network', () => {
    for (const model of modelNames) {
      const recipe = recipeFor(model, 'fashion-mnist');
      assert.deepEqual(JSON.parse(JSON.stringify(recipe)), recipe);
      assert.deepEqual(parseConfig(recipe, { source: 'x' }), recipe);
      buildOptimizer(recipe.optimizer).dispose();
    }
  });

  it('takes single settings, also deep ones', () => {
    assert.equal(withSetting(config, 'epochs', '3').epochs, 3);
    const changed = withSetting(config, 'optimizer.momentum', '0.8');
    assert.deepEqual(changed.optimizer, { ...config.optimizer, momentum: 0.8 });
    assert.equal(withSetting(config, 'modelOptions.dropout', '0.3').modelOptions.dropout, 0.3);
    assert.equal(withSetting(config, 'views', 'mirrored').views, 'mirrored'); // a word needs no quotes
    assert.deepEqual(withSetting(config, 'augment', '[{"name":"cutout","size":8}]').augment, [
      { name: 'cutout', size: 8 },
    ]);
    assert.equal(config.epochs, recipeFor('regularized', 'cifar10').epochs); // the old one is as before
  });

  it('refuses settings that no training has', () => {
    assert.throws(
      () => withSetting(config, 'epoch', '3'),
      /unknown setting epoch; expected one of: .*epochs/,
    );
    assert.throws(() => withSetting(config, 'optimizer.__proto__.x', '3'), /unknown setting __proto__/);
    assert.throws(
      () => parseConfig({ ...config, epoch: 3 }, { source: 'c.json' }),
      /c\.json: unknown setting epoch/,
    );
    assert.throws(
      () => parseConfig({ model: 'baseline' }, { source: 'c.json' }),
      /c\.json: expected a dataset/,
    );
    assert.throws(() => parseConfig(null, { source: 'c.json' }), /expected a model/);
    assert.throws(
      () => parseConfig({ ...config, epochs: 0 }, { source: 'c.json' }),
      /epochs: .* above 0, got 0/,
    );
    assert.throws(
      () => buildOptimizer({ name: 'lion', learningRate: 1 } as unknown as OptimizerSpec),
      /unknown optimizer lion; expected one of: adam, adamw, sgd/,
    );
  });
});

describe('decoupled', () => {
  it('gives the published figures for batches of 1,024', () => {
    const {
      learningRate,
      weightDecay = 0,
      groups = [],
    } = decoupled({
      batchSize: 1024,
      learningRate: 11.5,
      weightDecay: 0.0153,
      momentum: 0.85,
      biasFactor: 64,
    });
    // 11.5 / (1 + 1 / 0.15) and 0.0153 / (1 + 1 / 0.15), the latter as a share of the former.
    assert.ok(Math.abs(learningRate - 1.5) < 1e-9);
    assert.ok(Math.abs(learningRate * weightDecay - 0.0153 / (1 + 1 / 0.15)) < 1e-12);
    const norm = groups.find(({ weights }) => weights === 'norm');
    const biasRate = learningRate * (norm?.learningRateFactor ?? 1);
    assert.ok(Math.abs(biasRate * (norm?.weightDecay ?? 0) - learningRate * weightDecay) < 1e-12);
  });

  it('halves a step for half the batch', () => {
    const options = { learningRate: 8, weightDecay: 0.01, momentum: 0.9, biasFactor: 1 };
    const [whole, half] = [1024, 512].map((batchSize) => decoupled({ ...options, batchSize }));
    assert.equal(half.learningRate, whole.learningRate / 2);
    assert.equal(half.weightDecay, whole.weightDecay);
  });
});
