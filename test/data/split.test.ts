import assert from 'node:assert/strict';
import {
  classCounts,
  type ImageDataset,
  splitTrainValidation,
  stratifiedSplit,
  takeStratified,
} from '../../lib/data';
import { labelled } from './images';

/** 60 images of class 0, 30 of class 1, 10 of class 2. */
const uneven = labelled(Array.from({ length: 100 }, (_, i) => (i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2)));
const rows = (dataset: ImageDataset): number[] => [...dataset.rows];

describe('stratifiedSplit', () => {
  it('gives each part the same shares of the classes', () => {
    const parts = stratifiedSplit(uneven, { counts: [50, 30, 20] });
    assert.deepEqual(parts.map(classCounts), [
      [30, 15, 5],
      [18, 9, 3],
      [12, 6, 2],
    ]);
  });

  it('is off by at most one where a share is no whole number', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const [part] = stratifiedSplit(uneven, { counts: [7], seed });
      const counts = classCounts(part);
      for (const [i, exact] of [4.2, 2.1, 0.7].entries()) {
        assert.ok(Math.abs(counts[i] - exact) < 1, `seed ${seed}: ${counts}`);
      }
      assert.equal(part.count, 7);
    }
  });

  it('puts every image into exactly one part', () => {
    const parts = stratifiedSplit(uneven, { fractions: [0.25, 0.75], seed: 5 });
    assert.deepEqual(
      parts.map(({ count }) => count),
      [25, 75],
    );
    assert.deepEqual(
      parts.flatMap(rows).sort((a, b) => a - b),
      rows(uneven),
    );
  });

  it('keeps the order of the dataset, labels with their images, and the store', () => {
    for (const part of stratifiedSplit(uneven, { counts: [40, 60] })) {
      assert.deepEqual(rows(part), [...part.rows.slice().sort()]);
      for (let i = 0; i < part.count; i++) assert.equal(part.labels[i], uneven.labels[part.rows[i]]);
      assert.equal(part.pixels, uneven.pixels);
    }
  });

  it('chooses by the seed: the same for the same, another for another', () => {
    const chosen = (seed: number) => rows(stratifiedSplit(uneven, { counts: [20], seed })[0]);
    assert.deepEqual(chosen(1), chosen(1));
    assert.notDeepEqual(chosen(1), chosen(2));
  });

  it('refuses sizes that make no sense', () => {
    for (const counts of [[], [101], [60, 41], [0, 5], [2.5], [-1]]) {
      assert.throws(() => stratifiedSplit(uneven, { counts }), {
        name: 'RangeError',
        message: /labelled: expected counts/,
      });
    }
    assert.throws(() => stratifiedSplit(uneven, {}), RangeError);
  });
});

describe('splitTrainValidation', () => {
  it('sets the validation images apart', () => {
    const { train, validation } = splitTrainValidation(uneven, { validationCount: 10, seed: 3 });
    assert.deepEqual(classCounts(validation), [6, 3, 1]);
    assert.deepEqual(classCounts(train), [54, 27, 9]);
    assert.equal(new Set([...rows(train), ...rows(validation)]).size, 100);
  });
});

describe('takeStratified', () => {
  it('takes as many as asked for, in proportion', () => {
    assert.deepEqual(classCounts(takeStratified(uneven, { count: 20 })), [12, 6, 2]);
  });

  it('gives the dataset itself when there are no more', () => {
    assert.equal(takeStratified(uneven, { count: 100 }), uneven);
    assert.equal(takeStratified(uneven, { count: 1000 }), uneven);
  });
});
