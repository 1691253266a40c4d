import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeIdx, imageAt, readIdx } from '../../lib/data';
import { inFolder } from './download/tools';

/** 2 images of 2 x 3. */
const images = Uint8Array.of(
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  3,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  9,
  10,
  11,
  12,
);
const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 0);
const classNames = ['Trouser', 'Coat'];

/** A copy with one byte changed. */
function changed(bytes: Uint8Array, index: number, value: number): Uint8Array {
  const copy = bytes.slice();
  copy[index] = value;
  return copy;
}

describe('decodeIdx', () => {
  it('reads kind, shape and numbers', () => {
    const { type, shape, data } = decodeIdx(images);
    assert.deepEqual([type, shape], ['uint8', [2, 2, 3]]);
    assert.deepEqual([...data], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it('reads a view into a larger buffer, and sizes above 255', () => {
    const large = Buffer.concat([
      Uint8Array.of(9, 9),
      Uint8Array.of(0, 0, 8, 1, 0, 0, 1, 2),
      new Uint8Array(258),
    ]);
    assert.deepEqual(decodeIdx(large.subarray(2)).shape, [258]);
  });

  it('counts the bytes of wider numbers', () => {
    const floats = Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 1, 63, 128, 0, 0);
    assert.deepEqual({ ...decodeIdx(floats), data: null }, { type: 'float32', shape: [1], data: null });
    assert.throws(() => decodeIdx(floats.subarray(0, 9)), /expected 12 bytes for IDX shape \[1\], got 9/);
  });

  for (const [what, bytes, message] of [
    ['is empty', new Uint8Array(0), 'expected an IDX header of 4 bytes or more, got 0'],
    ['does not begin with zeros', changed(images, 0, 31), 'expected an IDX file to begin with 0 0, got 31 0'],
    [
      'has an unknown kind of number',
      changed(images, 2, 10),
      'expected an IDX number type of 8, 9, 11, 12, 13, 14, got 10',
    ],
    [
      'has no dimension',
      changed(images, 3, 0),
      'expected at least 1 IDX dimensions, but the file has 28 bytes',
    ],
    [
      'ends inside its header',
      images.subarray(0, 12),
      'expected 3 IDX dimensions, but the file has 12 bytes',
    ],
    ['is cut short', images.subarray(0, 27), 'expected 28 bytes for IDX shape [2, 2, 3], got 27'],
    ['is too long', Buffer.concat([images, labels]), 'expected 28 bytes for IDX shape [2, 2, 3], got 38'],
    [
      'claims to be huge',
      changed(images, 4, 255),
      /^expected 25669140508 bytes for IDX shape \[4278190082, 2, 3\], got 28$/,
    ],
  ] as const) {
    it(`refuses a file that ${what}`, () => {
      assert.throws(() => decodeIdx(bytes), { name: 'RangeError', message });
    });
  }
});

describe('readIdx', () => {
  const read = (folder: string) => readIdx(join(folder, 'images'), join(folder, 'labels'), { classNames });

  it('gives grey images with their labels, in shared memory', () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, 'images'), images);
      writeFileSync(join(folder, 'labels'), labels);
      const dataset = await read(folder);
      assert.deepEqual([dataset.count, dataset.height, dataset.width, dataset.channels], [2, 2, 3, 1]);
      assert.deepEqual([...dataset.labels], [1, 0]);
      assert.deepEqual([...imageAt(dataset, 1)], [7, 8, 9, 10, 11, 12]);
      assert.ok(dataset.pixels.buffer instanceof SharedArrayBuffer);
    }));

  it('names the file that is wrong, and why', () =>
    inFolder(async (folder) => {
      const refuses = async (message: string | RegExp) =>
        assert.rejects(read(folder), { name: 'CourseError', message });
      writeFileSync(join(folder, 'labels'), labels);
      await refuses(/images: there is no such file/);
      writeFileSync(join(folder, 'images'), images.subarray(0, 20));
      await refuses('images: expected 28 bytes for IDX shape [2, 2, 3], got 20');
      writeFileSync(join(folder, 'images'), labels);
      await refuses('images: expected uint8 of 3 dimensions, got uint8 of 1');
      writeFileSync(join(folder, 'images'), images);
      writeFileSync(join(folder, 'labels'), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 1));
      await refuses('labels: expected 2 labels, got 1');
      writeFileSync(join(folder, 'labels'), changed(labels, 8, 2));
      await refuses('labels: expected labels of 0 to 1, got 2');
    }));
});
