import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { installedFashionMnistSource } from '../../../lib/data/download/debian';
import { fetchFiles } from '../../../lib/data/download/fetch';
import { contents, inFolder, tiny } from './tools';

describe('installedFashionMnistSource', () => {
  it('unpacks the files of the installed package', () =>
    inFolder(async (root) => {
      const installed = join(root, 'usr/share/datasets/fashion-mnist');
      mkdirSync(installed, { recursive: true });
      for (const [name, bytes] of Object.entries(contents)) {
        writeFileSync(join(installed, `${name}.gz`), gzipSync(bytes));
      }
      const folder = join(root, 'data');
      const { fetched } = await fetchFiles(tiny, {
        folder,
        sources: [installedFashionMnistSource({ root })],
      });
      assert.equal(fetched.length, 2);
      const placed = readFileSync(join(folder, tiny.folder, 'b.bin'));
      assert.deepEqual(new Uint8Array(placed), contents['b.bin']);
    }));

  it('says which file is not there', () =>
    inFolder(async (root) => {
      const attempt = fetchFiles(tiny, { folder: root, sources: [installedFashionMnistSource({ root })] });
      await assert.rejects(attempt, /fashion-mnist\/a\.bin\.gz is not there/);
    }));
});
