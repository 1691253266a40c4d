import assert from 'node:assert/strict';
import { useBackend } from '../../lib/backend';
import { buildMobilenet } from '../../lib/models';
import { foldBatchNorm, settingsFor } from '../../lib/transfer';
import { toyBase } from './toys';

describe('settingsFor', () => {
  before(() => useBackend());

  it('names a layer of MobileNet to fine-tune from, and none of another base', () => {
    const whole = buildMobilenet({ inputShape: [32, 32, 3], alpha: 0.125 });
    const model = foldBatchNorm(whole);
    const { from } = settingsFor({ ...toyBase(), model }, { height: 32 }).fineTuning;
    assert.ok(model.layers.some(({ name }) => name === from));
    assert.equal(settingsFor(toyBase(), { height: 32 }).fineTuning.from, null);
    for (const each of [whole, model]) each.dispose();
  });

  it('crops by an eighth of the height, and less where images are small', () => {
    const padding = (height: number) =>
      settingsFor(toyBase(), { height }).fromScratch.augment.map((each) =>
        'padding' in each ? each.padding : undefined,
      );
    assert.deepEqual(
      [padding(28), padding(32), padding(64)],
      [
        [undefined, 2],
        [undefined, 4],
        [undefined, 8],
      ],
    );
  });
});
