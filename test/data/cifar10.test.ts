import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeCifarRecord, imageAt, readCifarBinary } from '../../lib/data';
import { inFolder } from './download/tools';

/** A record of label `label` in which byte i of the image is (i + shift) modulo 251. */
function record(label: number, { shift = 0, labelBytes = 1 } = {}): Uint8Array {
  const bytes = Uint8Array.from({ length: labelBytes + 3072 }, (_, i) => (i - labelBytes + shift) % 251);
  bytes.fill(99, 0, labelBytes);
  bytes[labelBytes - 1] = label;
  return bytes;
}

const classNames = ['cat', 'dog'];

describe('decodeCifarRecord', () => {
  it('puts red, green and blue of each pixel side by side', () => {
    const { label, pixels } = decodeCifarRecord(record(7));
    assert.equal(label, 7);
    for (const [y, x, c] of [
      [0, 0, 0],
      [0, 1, 2],
      [3, 5, 1],
      [31, 31, 2],
    ]) {
      assert.equal(pixels[(y * 32 + x) * 3 + c], (c * 1024 + y * 32 + x) % 251, `${y} ${x} ${c}`);
    }
  });

  it('refuses a record of another length', () => {
    assert.throws(() => decodeCifarRecord(new Uint8Array(3072)), {
      name: 'RangeError',
      message: 'expected a record of 3073 bytes, got 3072',
    });
  });
});

describe('readCifarBinary', () => {
  it('reads the records of all files in order, into shared memory', () =>
    inFolder(async (folder) => {
      const files = [join(folder, '1.bin'), join(folder, '2.bin')];
      writeFileSync(files[0], Buffer.concat([record(0), record(1, { shift: 1 })]));
      writeFileSync(files[1], record(1, { shift: 2 }));
      const dataset = await readCifarBinary(files, { classNames });
      assert.deepEqual([...dataset.labels], [0, 1, 1]);
      assert.deepEqual([dataset.count, dataset.height, dataset.width, dataset.channels], [3, 32, 32, 3]);
      for (const shift of [0, 1, 2]) {
        assert.deepEqual(imageAt(dataset, shift), decodeCifarRecord(record(0, { shift })).pixels);
      }
      assert.ok(dataset.pixels.buffer instanceof SharedArrayBuffer);
    }));

  it('reads more records than fit its buffer', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'many.bin');
      writeFileSync(
        file,
        Buffer.concat(Array.from({ length: 2005 }, (_, i) => record(i % 2, { shift: i % 251 }))),
      );
      const dataset = await readCifarBinary([file], { classNames });
      assert.equal(dataset.count, 2005);
      for (const n of [0, 999, 1000, 1999, 2004]) {
        assert.equal(dataset.labels[n], n % 2);
        assert.equal(imageAt(dataset, n)[0], n % 251);
      }
    }));

  it('takes the last of several label bytes, as CIFAR-100 needs', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'two.bin');
      writeFileSync(file, record(1, { labelBytes: 2 }));
      const dataset = await readCifarBinary([file], { classNames, labelBytes: 2 });
      assert.deepEqual([...dataset.labels], [1]);
      assert.deepEqual([...imageAt(dataset, 0).subarray(0, 3)], [0, 1024 % 251, 2048 % 251]);
    }));

  it('refuses a file that is cut short, has a wrong label, or is not there', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'x.bin');
      const read = () => readCifarBinary([file], { classNames });
      await assert.rejects(read(), { name: 'CourseError', message: `${file}: there is no such file` });
      writeFileSync(file, record(0).subarray(1));
      const message = 'x.bin: expected a multiple of 3073 bytes, got 3072';
      await assert.rejects(read(), { name: 'CourseError', message });
      writeFileSync(file, record(2));
      await assert.rejects(read(), {
        name: 'CourseError',
        message: 'x.bin: expected labels of 0 to 1, got 2',
      });
      writeFileSync(file, '');
      await assert.rejects(read(), { name: 'CourseError', message: /got 0$/ });
    }));
});
