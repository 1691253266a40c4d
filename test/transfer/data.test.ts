import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { classCounts, imageAt, subset } from '../../lib/data';
import { loadTransferData, type Parts, takePerClass } from '../../lib/transfer';
import { inFolder } from '../data/download/tools';
import { toyDataset } from '../helpers/toy-dataset';
import { writePictures } from './toys';

describe('takePerClass', () => {
  // 20 images of classes 0 and 1 each, 5 of class 2, 35 of class 3.
  const labels = Uint8Array.from({ length: 80 }, (_, i) => (i < 20 ? 0 : i < 40 ? 1 : i < 45 ? 2 : 3));
  const images = { ...toyDataset({ count: 80 }), labels };

  it('takes exactly as many of each class, whatever their shares are, and none twice', () => {
    const few = takePerClass(images, { perClass: 5, seed: 1 });
    assert.deepEqual(classCounts(few), [5, 5, 5, 5]);
    assert.equal(new Set(few.rows).size, 20);
    for (const [i, row] of few.rows.entries()) assert.equal(few.labels[i], labels[row]);
  });

  it('takes others with another seed, and with the same seed those of a smaller set, too', () => {
    const [three, five, other] = [
      { perClass: 3, seed: 1 },
      { perClass: 5, seed: 1 },
      { perClass: 5, seed: 2 },
    ].map((options) => new Set(takePerClass(images, options).rows));
    assert.ok([...three].every((row) => five.has(row)));
    assert.notDeepEqual(other, five);
  });

  it('says which class has too few', () => {
    assert.throws(() => takePerClass(images, { perClass: 6, seed: 1 }), {
      name: 'CourseError',
      message: 'toy: expected 6 training images of each class, got 5 of left; ask for fewer with --per-class',
    });
  });
});

/** Fails where two parts share an image, told by its bytes. */
function checkApart(parts: Parts): void {
  const all = Object.values(parts).flatMap((part) =>
    Array.from({ length: part.count }, (_, i) => imageAt(part, i).join()),
  );
  assert.equal(new Set(all).size, all.length);
}

describe('loadTransferData', () => {
  it('splits a folder of pictures into parts that share none, each class with its share', () =>
    inFolder(async (folder) => {
      const place = join(folder, 'shapes');
      await writePictures(place, { perClass: 20 });
      const { name, parts, forScratch } = await loadTransferData(place, { baseSize: [16, 16, 3] });
      assert.equal(name, 'shapes');
      assert.deepEqual(classCounts(parts.test), [6, 6, 6, 6]);
      assert.deepEqual(classCounts(parts.validation), [4, 4, 4, 4]);
      assert.deepEqual(classCounts(parts.pool), [10, 10, 10, 10]);
      checkApart(parts);
      checkApart(forScratch);
    }));

  it('reads pictures in the size of the base, and smaller for a network from scratch', () =>
    inFolder(async (folder) => {
      await writePictures(folder, { perClass: 12 });
      const { parts, forScratch } = await loadTransferData(folder, { baseSize: [96, 80, 1] });
      const sizeOf = ({ height, width, channels }: Parts['pool']) => [height, width, channels];
      assert.deepEqual(sizeOf(parts.pool), [96, 80, 1]);
      assert.deepEqual(sizeOf(forScratch.pool), [64, 64, 1]);
      assert.deepEqual(forScratch.pool.rows, parts.pool.rows);
    }));

  it('refuses what is no dataset, a folder without classes, and one with too few pictures', () =>
    inFolder(async (folder) => {
      const baseSize = [16, 16, 3] as const;
      await assert.rejects(loadTransferData('cifar100', { baseSize }), {
        name: 'CourseError',
        message:
          'cifar100: expected cifar10, fashion-mnist, or a folder of pictures; there is no such folder',
      });
      mkdirSync(join(folder, 'empty'));
      await assert.rejects(loadTransferData(join(folder, 'empty'), { baseSize }), {
        name: 'CourseError',
        message: /empty: expected a folder of pictures for each class$/,
      });
      await writePictures(join(folder, 'few'), { perClass: 3 });
      await assert.rejects(loadTransferData(join(folder, 'few'), { baseSize }), {
        name: 'CourseError',
        message: 'few: 12 pictures of 4 classes are too few; have at least 10 of each',
      });
    }));

  it('takes the images of a dataset that comes with the course as they are', async () => {
    const { parts, forScratch } = await loadTransferData('fashion-mnist', {
      baseSize: [32, 32, 3],
      validationCount: 100,
    });
    assert.equal(forScratch, parts);
    assert.deepEqual(
      [parts.pool, parts.validation, parts.test].map(({ count, height }) => [count, height]),
      [
        [59_900, 28],
        [100, 28],
        [10_000, 28],
      ],
    );
    const shared = new Set(parts.pool.rows);
    assert.ok(parts.validation.rows.every((row) => !shared.has(row)));
    assert.equal(subset(parts.test, [0]).labels[0], 9); // the official first test image: an ankle boot
  });
});
