import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placeFile } from '../../../lib/data/download/place';
import { fileOf, inFolder } from './tools';

const bytes = Uint8Array.of(1, 2, 3, 4, 5);
const file = fileOf('five.bin', bytes);

/** A folder that already holds another `five.bin`. */
function inHome(work: (paths: { home: string; scratch: string }) => Promise<void>): Promise<void> {
  return inFolder(async (home) => {
    const scratch = join(home, 'scratch');
    mkdirSync(scratch);
    writeFileSync(join(home, 'five.bin'), 'old');
    await work({ home, scratch });
  });
}

describe('placeFile', () => {
  it('replaces a file by the chunks put together', () =>
    inHome(async ({ home, scratch }) => {
      await placeFile(file, [bytes.subarray(0, 2), bytes.subarray(2)], { home, scratch });
      assert.deepEqual([...readFileSync(join(home, 'five.bin'))], [1, 2, 3, 4, 5]);
      assert.deepEqual(readdirSync(scratch), []);
    }));

  for (const [what, chunks, message] of [
    ['too few bytes', [bytes.subarray(1)], 'five.bin: expected 5 bytes, got 4'],
    ['another hash', [Uint8Array.of(1, 2, 3, 4, 6)], /five\.bin: expected sha256 .*, got /],
  ] as const) {
    it(`keeps what was there when the chunks have ${what}`, () =>
      inHome(async ({ home, scratch }) => {
        await assert.rejects(placeFile(file, chunks, { home, scratch }), { message });
        assert.equal(readFileSync(join(home, 'five.bin'), 'utf8'), 'old');
        assert.deepEqual(readdirSync(scratch), []);
      }));
  }

  it('keeps what was there when the source fails half-way', () =>
    inHome(async ({ home, scratch }) => {
      async function* failing() {
        yield bytes.subarray(0, 2);
        throw new Error('cable pulled');
      }
      await assert.rejects(placeFile(file, failing(), { home, scratch }), /cable pulled/);
      assert.equal(readFileSync(join(home, 'five.bin'), 'utf8'), 'old');
      assert.deepEqual(readdirSync(scratch), []);
    }));

  it('keeps what was there when the disk is full', function () {
    if (process.platform !== 'linux') this.skip(); // /dev/full: every write fails with ENOSPC
    return inHome(async ({ home, scratch }) => {
      symlinkSync('/dev/full', join(scratch, 'five.bin'));
      await assert.rejects(placeFile(file, [bytes], { home, scratch }), { code: 'ENOSPC' });
      assert.equal(readFileSync(join(home, 'five.bin'), 'utf8'), 'old');
      assert.deepEqual(readdirSync(scratch), []);
    });
  });
});
