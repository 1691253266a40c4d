import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkFiles, refuseProblems } from '../../../lib/data/download/verify';
import { contents, inFolder, tiny } from './tools';

function writeAll(folder: string): string {
  const home = join(folder, tiny.folder);
  mkdirSync(home);
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(home, name), bytes);
  return home;
}

describe('checkFiles', () => {
  it('finds nothing wrong with whole files, and remembers them', () =>
    inFolder(async (folder) => {
      const home = writeAll(folder);
      assert.deepEqual(await checkFiles(tiny, { folder }), []);
      const record = JSON.parse(readFileSync(join(home, 'verified.json'), 'utf8'));
      assert.equal(record['a.bin'].sha256, tiny.files[0].sha256);
      assert.equal(record['a.bin'].size, 200_000);
    }));

  it('names a file that is missing and one that is cut short', () =>
    inFolder(async (folder) => {
      const home = writeAll(folder);
      truncateSync(join(home, 'a.bin'), 1024);
      const problems = await checkFiles(
        { ...tiny, files: [...tiny.files, { ...tiny.files[0], name: 'c.bin' }] },
        { folder },
      );
      assert.deepEqual(
        problems.map(({ kind, message }) => [kind, message]),
        [
          ['damaged', 'a.bin: expected 200000 bytes, got 1024'],
          ['missing', 'c.bin: not there'],
        ],
      );
    }));

  it('finds one changed byte after the file was changed, though size and record are right', () =>
    inFolder(async (folder) => {
      const home = writeAll(folder);
      await checkFiles(tiny, { folder });
      const changed = contents['a.bin'].slice();
      changed[77] ^= 1;
      writeFileSync(join(home, 'a.bin'), changed);
      utimesSync(join(home, 'a.bin'), 1, 1);
      const [problem] = await checkFiles(tiny, { folder });
      assert.equal(problem.kind, 'damaged');
      assert.match(problem.message, /a\.bin: expected sha256 [0-9a-f]{12}\.\.\., got/);
    }));

  it('trusts the record while size and time are the same, unless told to rehash', () =>
    inFolder(async (folder) => {
      const home = writeAll(folder);
      utimesSync(join(home, 'a.bin'), 1, 1);
      await checkFiles(tiny, { folder });
      const changed = contents['a.bin'].slice();
      changed[77] ^= 1;
      writeFileSync(join(home, 'a.bin'), changed);
      utimesSync(join(home, 'a.bin'), 1, 1);
      assert.deepEqual(await checkFiles(tiny, { folder }), []);
      assert.equal((await checkFiles(tiny, { folder, rehash: true })).length, 1);
    }));

  it('does not trust a record that is damaged or claims another hash', () =>
    inFolder(async (folder) => {
      const home = writeAll(folder);
      writeFileSync(join(home, 'verified.json'), '{"a.bin": nonsense');
      assert.deepEqual(await checkFiles(tiny, { folder }), []);
      writeFileSync(join(home, 'a.bin'), contents['a.bin'].slice().fill(0, 0, 9));
      writeFileSync(join(home, 'verified.json'), '[]');
      assert.equal((await checkFiles(tiny, { folder })).length, 1);
    }));
});

describe('refuseProblems', () => {
  it('says what is wrong and what to do, in one sentence', () => {
    const [file] = tiny.files;
    const problem = { file, kind: 'damaged', message: 'a.bin: expected 200000 bytes, got 1024' } as const;
    assert.throws(() => refuseProblems(tiny, [problem]), {
      name: 'CourseError',
      message: 'a.bin: expected 200000 bytes, got 1024; run: npx course data tiny',
    });
    assert.doesNotThrow(() => refuseProblems(tiny, []));
  });
});
