import assert from 'node:assert/strict';
import { CourseError } from '../../lib/errors';
import { defaultSpace, gridOf, parseSpace, recipeFor, suggestSettings, withSettings } from '../../lib/runs';
import { createStudy, randomSampler, SearchSpaceError } from '../../lib/tuning';

const recipe = recipeFor('regularized', 'cifar10');

/** One sentence that begins with the file. */
function refuses(space: unknown, sentence: RegExp): void {
  assert.throws(
    () => parseSpace(space, { source: 'space.json' }),
    (error: unknown) => {
      assert.ok(error instanceof CourseError);
      assert.match(error.message, sentence);
      assert.match(error.message, /^space\.json: [^\n]*$/);
      return true;
    },
  );
}

describe('a search space', () => {
  it('is given back as it was read where it can be', () => {
    const space = {
      'optimizer.name': { choices: ['sgd', 'adam'] },
      'optimizer.momentum': { low: 0, high: 0.99, when: { 'optimizer.name': 'sgd' } },
      batchSize: { low: 16, high: 256, log: true, int: true },
      'modelOptions.dropout': { low: 0, high: 0.4, step: 0.1 },
    };
    assert.deepEqual(parseSpace(space, { source: 'space.json' }), space);
    assert.deepEqual(parseSpace(defaultSpace(recipe), { source: 'default' }), defaultSpace(recipe));
  });

  it('is refused where it is empty or no space at all', () => {
    refuses({}, /expected settings to search, such as .*, got \{\}/);
    refuses([], /expected settings to search/);
    refuses('batchSize', /expected settings to search/);
    refuses(null, /expected settings to search/);
  });

  it('is refused where it contradicts itself', () => {
    refuses({ 'optimizer.learningRate': { low: 1, high: 0.1 } }, /low up to high, got 1 to 0\.1/);
    refuses({ 'optimizer.learningRate': { low: 0, high: 1, log: true } }, /low above 0 with log, got 0/);
    refuses({ labelSmoothing: { low: 0, high: 1, step: 0.3 } }, /a step that leads from 0 to 1, got 0\.3/);
    refuses({ batchSize: { choices: [] } }, /at least one choice, got none/);
    refuses({ batchSize: { choices: [32, 32] } }, /different choices, got 32 twice/);
    refuses({ batchSize: { low: 16, high: 64 } }, /expected whole numbers; add "int": true/);
    refuses({ labelSmoothing: { low: '0', high: 1 } }, /low up to high, got 0 to 1/);
  });

  it('is refused where it searches what is no setting, or would change what is compared', () => {
    refuses({ epochs: { choices: [1, 2] } }, /epochs: cannot be searched; expected one of: batchSize/);
    refuses({ seed: { choices: [1, 2] } }, /cannot be searched/);
    refuses({ constructor: { choices: [1] } }, /cannot be searched/);
    refuses({ 'optimizer.rate': { low: 0, high: 1 } }, /unknown; expected optimizer with one of: name/);
    refuses({ optimizer: { choices: ['sgd'] } }, /expected optimizer\.NAME/);
    refuses({ 'batchSize.x': { choices: [1] } }, /has nothing inside/);
    refuses({ batchSize: 64 }, /expected \{ "low", "high" \} or \{ "choices" \}/);
    refuses({ batchSize: { choices: [1], low: 1 } }, /unknown low; expected choices, when/);
  });

  it('is refused where a condition can never hold', () => {
    const momentum = (when: unknown) => ({ 'optimizer.momentum': { low: 0, high: 0.9, when } });
    refuses(momentum({ 'optimizer.name': 'sgd' }), /expected choices of optimizer\.name before it/);
    const name = { 'optimizer.name': { choices: ['adam', 'adamw'] } };
    refuses({ ...name, ...momentum({ 'optimizer.name': 'sgd' }) }, /optimizer\.name is never "sgd"/);
    refuses({ ...name, ...momentum('sgd') }, /expected values of other settings/);
  });

  it('asks for a setting only where its condition holds', () => {
    const space = {
      'optimizer.name': { choices: ['sgd', 'adam'] },
      'optimizer.momentum': { low: 0, high: 0.99, when: { 'optimizer.name': 'sgd' } },
    };
    const study = createStudy({ sampler: randomSampler() });
    const settings = Array.from({ length: 20 }, () => suggestSettings(study.ask() ?? assert.fail(), space));
    for (const params of settings) {
      assert.equal('optimizer.momentum' in params, params['optimizer.name'] === 'sgd');
    }
    assert.equal(new Set(settings.map((params) => params['optimizer.name'])).size, 2);
  });

  it('changes a configuration by its names', () => {
    const changed = withSettings(recipe, { batchSize: 32, 'optimizer.learningRate': 0.5, clipNorm: null });
    assert.deepEqual([changed.batchSize, changed.optimizer.learningRate, changed.clipNorm], [32, 0.5, null]);
    assert.equal(recipe.batchSize, 128);
  });

  it('becomes a grid: choices, steps, or points at equal distances or ratios', () => {
    const grid = gridOf({
      batchSize: { choices: [64, 128] },
      labelSmoothing: { low: 0, high: 0.2, step: 0.1 },
      'modelOptions.dropout': { low: 0, high: 0.4 },
      'optimizer.learningRate': { low: 0.01, high: 1, log: true },
      'earlyStopping.patience': { low: 1, high: 2, int: true },
    });
    assert.deepEqual(grid, {
      batchSize: [64, 128],
      labelSmoothing: [0, 0.1, 0.2],
      'modelOptions.dropout': [0, 0.2, 0.4],
      'optimizer.learningRate': [0.01, 0.1, 1],
      'earlyStopping.patience': [1, 2],
    });
    const conditional = { batchSize: { choices: [64], when: { clipNorm: 1 } } };
    assert.throws(() => gridOf(conditional), SearchSpaceError);
  });
});
