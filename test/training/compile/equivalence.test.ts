import assert from 'node:assert/strict';
import { useBackend } from '../../../lib/backend';
import { compare, networks, optimizers, steps } from './networks';

describe('a compiled training step', () => {
  before(async function () {
    const { name } = await useBackend();
    if (name !== 'native') this.skip();
  });

  describe(`gives the losses, accuracies and weights of ${steps} eager steps`, () => {
    for (const [name, build] of Object.entries(networks)) {
      it(`with ${name}`, async () => {
        const { ofLosses, ofWeights, moved } = await compare(build, optimizers['Nesterov momentum']);
        assert.ok(ofLosses < 1e-4, `losses differ by ${ofLosses}`);
        assert.ok(ofWeights < 1e-3, `weights differ by ${ofWeights}`);
        assert.ok(moved > 0.01, 'nothing was learned');
      });
    }

    for (const [name, optimizer] of Object.entries(optimizers)) {
      it(`with ${name}`, async () => {
        const { ofLosses, ofWeights, moved } = await compare(networks['batch normalization'], optimizer);
        assert.ok(ofLosses < 1e-4, `losses differ by ${ofLosses}`);
        assert.ok(ofWeights < 1e-3, `weights differ by ${ofWeights}`);
        assert.ok(moved > 0.01, 'nothing was learned');
      });
    }

    it('with label smoothing', async () => {
      const { ofLosses } = await compare(networks['dense layers'], optimizers.SGD, { labelSmoothing: 0.2 });
      assert.ok(ofLosses < 1e-4, `losses differ by ${ofLosses}`);
    });
  });
});
