import assert from 'node:assert/strict';
import { readTar, type TarEntry } from '../../../lib/data/download/tar';
import { noise, tarOf } from './tools';

/** Reads an archive that comes in pieces of `step` bytes. */
async function readAll(archive: Uint8Array, { step = 700 } = {}): Promise<[string, string][]> {
  const pieces = Array.from({ length: Math.ceil(archive.length / step) }, (_, i) =>
    archive.subarray(i * step, (i + 1) * step),
  );
  const files: [string, string][] = [];
  await readTar(pieces, async (entry: TarEntry, content) => {
    const parts: Uint8Array[] = [];
    for await (const part of content) parts.push(part);
    files.push([entry.name, Buffer.concat(parts).toString('latin1')]);
    assert.equal(entry.size, files.at(-1)?.[1].length);
  });
  return files;
}

const text = (content: string): Uint8Array => Buffer.from(content, 'latin1');

describe('readTar', () => {
  it('gives each file with its bytes, however the archive is cut in pieces', async () => {
    const long = noise(1500);
    const archive = tarOf([
      { name: 'package/a.txt', bytes: text('hello') },
      { name: 'empty', bytes: text('') },
      { name: 'long', bytes: long },
    ]);
    for (const step of [1, 511, 512, 700, 100_000]) {
      assert.deepEqual(await readAll(archive, { step }), [
        ['package/a.txt', 'hello'],
        ['empty', ''],
        ['long', Buffer.from(long).toString('latin1')],
      ]);
    }
  });

  it('passes over what is not a regular file', async () => {
    const archive = tarOf([
      { name: 'folder/', bytes: text(''), type: '5' },
      { name: 'header', bytes: text('30 mtime=1.5\n'), type: 'x' },
      { name: 'link', bytes: text(''), type: '2' },
      { name: 'file', bytes: text('content') },
    ]);
    assert.deepEqual(await readAll(archive), [['file', 'content']]);
  });

  it('goes on with the next file when one is read in part or not at all', async () => {
    const archive = tarOf([
      { name: 'one', bytes: noise(5000) },
      { name: 'two', bytes: noise(600) },
      { name: 'three', bytes: text('3') },
    ]);
    const names: string[] = [];
    await readTar([archive.subarray(0, 900), archive.subarray(900)], async ({ name }, content) => {
      names.push(name);
      if (name === 'one') for await (const _ of content) break;
    });
    assert.deepEqual(names, ['one', 'two', 'three']);
  });

  it('reads on to the end of the stream, where its own check speaks', async () => {
    async function* wrongSum() {
      yield tarOf([{ name: 'file', bytes: text('content') }]);
      throw new Error('EINTEGRITY');
    }
    await assert.rejects(
      readTar(wrongSum(), async () => undefined),
      /EINTEGRITY/,
    );
  });

  it('refuses an archive that ends early', async () => {
    const archive = tarOf([{ name: 'long', bytes: noise(5000) }]);
    await assert.rejects(readAll(archive.subarray(0, 3000)), /the archive ends \d+ bytes early/);
    await assert.rejects(readAll(archive.subarray(0, 512 + 5120)), /the archive ends 512 bytes early/);
  });

  it('refuses a header whose checksum is wrong, and bytes that are no archive', async () => {
    const archive = tarOf([{ name: 'file', bytes: text('content') }]);
    archive[0] ^= 1;
    await assert.rejects(readAll(archive), /expected header checksum \d+, got \d+/);
    await assert.rejects(readAll(noise(2048)), /tar: expected/);
  });
});
