import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeError, writeFileAtomically } from '../lib/atomic-file';
import { inFolder } from './data/download/tools';

describe('writeFileAtomically', () => {
  it('writes bytes or text, over what was there, and leaves nothing else', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'a.bin');
      await writeFileAtomically(file, Uint8Array.of(1, 2, 3));
      assert.deepEqual([...readFileSync(file)], [1, 2, 3]);
      await writeFileAtomically(file, 'text');
      assert.equal(readFileSync(file, 'utf8'), 'text');
      assert.deepEqual(readdirSync(folder), ['a.bin']);
    }));

  it('leaves one of the contents, whole, where several write at once', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'a.bin');
      await Promise.all(
        Array.from({ length: 8 }, (_, i) => writeFileAtomically(file, new Uint8Array(100_000).fill(i))),
      );
      const bytes = readFileSync(file);
      assert.equal(bytes.length, 100_000);
      assert.ok(bytes.every((byte) => byte === bytes[0]));
      assert.deepEqual(readdirSync(folder), ['a.bin']);
    }));

  it('removes its temporary file when it fails, and says why', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'a.bin');
      mkdirSync(join(file, 'full'), { recursive: true }); // a folder cannot be replaced by a file
      await assert.rejects(writeFileAtomically(file, 'text'), {
        name: 'CourseError',
        message: /a\.bin: cannot be written: E[A-Z]+: .*; choose another place and try again$/,
      });
      assert.deepEqual(readdirSync(folder), ['a.bin']);
    }));

  it('says that the folder is missing', () =>
    inFolder(async (folder) => {
      const file = join(folder, 'none', 'a.bin');
      await assert.rejects(writeFileAtomically(file, 'text'), { name: 'CourseError', message: /: ENOENT: / });
      assert.ok(!existsSync(join(folder, 'none')));
    }));

  it('leaves the file as it was where the folder cannot be written', function () {
    if (process.platform === 'win32' || process.getuid?.() === 0) {
      if (this.test) this.test.title += ' (this user may write everywhere)';
      return this.skip();
    }
    return inFolder(async (folder) => {
      const file = join(folder, 'a.bin');
      writeFileSync(file, 'old');
      chmodSync(folder, 0o555);
      try {
        await assert.rejects(writeFileAtomically(file, 'new'), {
          name: 'CourseError',
          message: /: EACCES: /,
        });
      } finally {
        chmodSync(folder, 0o755);
      }
      assert.equal(readFileSync(file, 'utf8'), 'old');
    });
  });
});

describe('writeError', () => {
  it('says that the disk is full', function () {
    if (!existsSync('/dev/full')) {
      if (this.test) this.test.title += ' (no /dev/full here)';
      return this.skip();
    }
    assert.throws(
      () => {
        try {
          writeFileSync('/dev/full', 'text');
        } catch (error) {
          throw writeError('a.bin', error);
        }
      },
      {
        name: 'CourseError',
        message: 'a.bin: cannot be written: the disk is full (ENOSPC); free some space and try again',
      },
    );
  });

  it('lets errors of the code pass', () => {
    const error = new TypeError('mistake');
    assert.equal(writeError('a.bin', error), error);
    assert.equal(writeError('a.bin', undefined), undefined);
  });
});
