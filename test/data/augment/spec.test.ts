import assert from 'node:assert/strict';
import {
  type AugmentationSpec,
  buildAugmentation,
  compose,
  horizontalFlip,
  randomCrop,
} from '../../../lib/data';
import { createRandom } from '../../../lib/random';
import { pattern } from '../images';

describe('buildAugmentation', () => {
  it('does what the functions of these names do, in that order', () => {
    const built = buildAugmentation([{ name: 'horizontalFlip' }, { name: 'randomCrop', padding: 2 }]);
    const batch = pattern({ count: 8 });
    assert.deepEqual(
      built?.(batch, createRandom(1)),
      compose(horizontalFlip(), randomCrop({ padding: 2 }))(batch, createRandom(1)),
    );
  });

  it('is nothing for an empty list', () => {
    assert.equal(buildAugmentation([]), undefined);
  });

  it('refuses a name it does not know, and options out of range', () => {
    assert.throws(
      () => buildAugmentation([{ name: 'toString' } as unknown as AugmentationSpec]),
      /unknown augmentation toString; expected one of: alternatingFlip, /,
    );
    assert.throws(() => buildAugmentation([{ name: 'randomCrop', padding: -1 }]), RangeError);
  });
});
