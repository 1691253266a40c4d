import assert from 'node:assert/strict';
import {
  type Augmentation,
  brightness,
  compose,
  contrast,
  cutout,
  horizontalFlip,
  randomCrop,
  rotate,
  shift,
  zoom,
} from '../../../lib/data';
import { createRandom } from '../../../lib/random';
import { pattern } from '../images';

const all: Readonly<Record<string, Augmentation>> = {
  horizontalFlip: horizontalFlip(),
  rotate: rotate({ maxDegrees: 20 }),
  shift: shift({ fraction: 0.25 }),
  zoom: zoom({ range: 0.2 }),
  randomCrop: randomCrop({ padding: 2 }),
  cutout: cutout({ size: 3 }),
  brightness: brightness({ max: 40 }),
  contrast: contrast({ range: 0.4 }),
};

describe('every augmentation', () => {
  for (const [name, augment] of Object.entries({ ...all, compose: compose(...Object.values(all)) })) {
    it(`${name} changes a copy, by the stream alone`, () => {
      const batch = pattern({ count: 8 });
      const given = batch.pixels.slice();
      const once = augment(batch, createRandom(3));
      assert.deepEqual(batch.pixels, given, 'the input was changed');
      assert.notDeepEqual(once.pixels, given, 'nothing was changed');
      assert.deepEqual({ ...once, pixels: null }, { ...batch, pixels: null });
      assert.deepEqual(augment(batch, createRandom(3)), once);
      assert.notDeepEqual(augment(batch, createRandom(4)), once);
    });

    it(`${name} draws anew for each image`, () => {
      const { pixels, ...shape } = pattern({ count: 1 });
      const same = { ...shape, count: 16, pixels: Uint8Array.from(new Array(16).fill([...pixels]).flat()) };
      const result = augment(same, createRandom(5)).pixels;
      const images = Array.from({ length: 16 }, (_, n) => result.subarray(n * 192, (n + 1) * 192).join());
      assert.ok(new Set(images).size > 1, 'all images were changed alike');
    });
  }
});

describe('compose', () => {
  const addOne: Augmentation = (batch) => ({ ...batch, pixels: batch.pixels.map((byte) => byte + 1) });
  const double: Augmentation = (batch) => ({ ...batch, pixels: batch.pixels.map((byte) => byte * 2) });
  const batch = { pixels: Uint8Array.of(3, 5), count: 1, height: 1, width: 2, channels: 1 };

  it('applies the first one first', () => {
    assert.deepEqual([...compose(addOne, double)(batch, createRandom(1)).pixels], [8, 12]);
  });

  it('gives the batch back when there is nothing to apply', () => {
    assert.equal(compose()(batch, createRandom(1)), batch);
  });
});

describe('speed', () => {
  /** The fastest of 40 runs after a warm-up: what the code takes when nothing else wants the processor. */
  function fastestMs(augment: Augmentation): number {
    const batch = pattern({ count: 64, height: 32, width: 32 });
    const random = createRandom(1);
    const times = Array.from({ length: 60 }, () => {
      const start = performance.now();
      augment(batch, random);
      return performance.now() - start;
    });
    return Math.min(...times.slice(20));
  }

  it('flip and crop of 64 CIFAR images take less than 1.5 ms, everything less than 10 ms', () => {
    const standard = fastestMs(compose(horizontalFlip(), randomCrop({ padding: 4 })));
    assert.ok(standard < 1.5, `${standard} ms`);
    const everything = fastestMs(compose(...Object.values(all)));
    assert.ok(everything < 10, `${everything} ms`);
  });
});
