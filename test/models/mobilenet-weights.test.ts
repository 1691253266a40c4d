import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import type * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import type { DatasetSpec } from '../../lib/data/catalogue';
import { buildMobilenet, fetchMobilenet, loadMobilenet } from '../../lib/models';
import { fileOf, inFolder, withServer } from '../data/download/tools';

describe('loadMobilenet', () => {
  let published: Map<string, Uint8Array>; // what a server has, by name
  let files: DatasetSpec;
  let expected: Map<string, number[]>;

  before(async () => {
    await useBackend();
    const model = buildMobilenet({ inputShape: [32, 32, 3], alpha: 1 / 32, numClasses: 3, seed: 7 });
    published = new Map(
      model.layers
        .filter(({ weights }) => weights.length > 0)
        .map((layer, i) => [`group${i + 1}-shard1of1`, bytesOf(layer)]),
    );
    files = {
      name: 'tiny',
      folder: 'tiny',
      files: [...published].map(([name, bytes]) => fileOf(name, bytes)),
    };
    expected = weightsOf(model);
    model.dispose();
  });

  const server =
    (asked: string[] = []): RequestListener =>
    (request, response) => {
      const name = request.url?.slice(1) ?? '';
      asked.push(name);
      const bytes = published.get(name);
      if (bytes) response.end(bytes);
      else response.writeHead(404).end();
    };

  /** A folder that has all files. */
  const inFilledFolder = (work: (folder: string) => Promise<void>) =>
    inFolder(async (folder) => {
      for (const [name, bytes] of published) writeFileSync(join(folder, name), bytes);
      await work(folder);
    });

  const load = (weights: string) => loadMobilenet({ weights, files, inputShape: [32, 32, 3] });

  it('downloads the weights, sets each by its name, and keeps them', () =>
    inFolder((folder) =>
      withServer(server(), async (url) => {
        const model = await loadMobilenet({ folder, url, files, inputShape: [32, 32, 3] });
        assert.deepEqual(weightsOf(model), expected);
        model.dispose();
        const there = readdirSync(join(folder, 'tiny'));
        assert.deepEqual(there.sort(), [...published.keys(), 'verified.json'].sort());
        const offline = await loadMobilenet({ folder, url: 'http://127.0.0.1:9', files });
        offline.dispose();
      }),
    ));

  it('downloads only the file that is damaged again', () =>
    inFolder((folder) =>
      withServer(server(), async (url) => {
        const place = await fetchMobilenet({ folder, url, files });
        const kept = statSync(join(place, 'group6-shard1of1')).ino;
        truncateSync(join(place, 'group5-shard1of1'), 3);
        const asked: string[] = [];
        await withServer(server(asked), (again) => fetchMobilenet({ folder, url: again, files }));
        assert.deepEqual(asked, ['group5-shard1of1']);
        assert.equal(statSync(join(place, 'group6-shard1of1')).ino, kept);
        const repaired = readFileSync(join(place, 'group5-shard1of1'));
        assert.ok(repaired.equals(published.get('group5-shard1of1') ?? Buffer.of()));
      }),
    ));

  it('says without a network how else to get the weights, and leaves nothing half done', () =>
    inFolder(async (folder) => {
      await assert.rejects(fetchMobilenet({ folder, url: 'http://127.0.0.1:9', files }), {
        name: 'CourseError',
        message:
          /^MobileNet's weights: 55 files are not there yet, and the download failed \(.+\); connect .+ --weights FOLDER or COURSE_MOBILENET$/,
      });
      assert.deepEqual(readdirSync(join(folder, 'tiny')), []);
    }));

  it('names the damaged file where it cannot be replaced', () =>
    inFolder((folder) =>
      withServer(server(), async (url) => {
        const place = await fetchMobilenet({ folder, url, files });
        truncateSync(join(place, 'group5-shard1of1'), 3);
        await assert.rejects(fetchMobilenet({ folder, url: `${url}/nowhere`, files }), {
          name: 'CourseError',
          message: /group5-shard1of1: expected \d+ bytes, got 3, and the download failed/,
        });
      }),
    ));

  it("reads a user's folder with a manifest, whatever its files are called", () =>
    inFolder(async (folder) => {
      const model = buildMobilenet({ inputShape: [32, 32, 3], alpha: 1 / 16, seed: 3 });
      const layers = model.layers.filter(({ weights }) => weights.length > 0);
      const weights = layers.flatMap((layer) =>
        layer.weights.map(({ originalName, shape }) => ({ name: originalName, shape, dtype: 'float32' })),
      );
      writeFileSync(join(folder, 'all.bin'), Buffer.concat(layers.map(bytesOf)));
      const weightsManifest = [{ paths: ['all.bin'], weights }];
      writeFileSync(join(folder, 'model.json'), JSON.stringify({ modelTopology: null, weightsManifest }));
      const loaded = await load(folder);
      assert.deepEqual(loaded.outputs[0].shape, [null, 64]);
      assert.deepEqual(weightsOf(loaded), weightsOf(model));
      for (const each of [model, loaded]) each.dispose();
    }));

  it('finds the folder that COURSE_MOBILENET names', () =>
    inFilledFolder(async (folder) => {
      process.env.COURSE_MOBILENET = folder;
      try {
        const model = await loadMobilenet({ files, inputShape: [32, 32, 3] });
        assert.deepEqual(weightsOf(model), expected);
        model.dispose();
      } finally {
        delete process.env.COURSE_MOBILENET;
      }
    }));

  it('refuses a file that is cut short, by its name', () =>
    inFilledFolder(async (folder) => {
      truncateSync(join(folder, 'group9-shard1of1'), 8);
      await assert.rejects(load(folder), {
        name: 'CourseError',
        message: /group9-shard1of1: expected \d+ bytes of weights, got 8; get the file again$/,
      });
    }));

  it('refuses a published file with a changed bit', () =>
    inFilledFolder(async (folder) => {
      const bytes = Uint8Array.from(published.get('group9-shard1of1') ?? []);
      bytes[2] ^= 1;
      writeFileSync(join(folder, 'group9-shard1of1'), bytes);
      await assert.rejects(load(folder), {
        name: 'CourseError',
        message: /group9-shard1of1: damaged: expected sha256 \w+\.\.\., got \w+\.\.\.; get the file again$/,
      });
    }));

  it('refuses a folder without weights, and the weights of another network', () =>
    inFolder(async (folder) => {
      await assert.rejects(load(folder), {
        name: 'CourseError',
        message:
          /group1-shard1of1: there is no such file; expected a folder with the weights of MobileNet V1/,
      });
      const weights = [{ name: 'dense/kernel', shape: [1], dtype: 'float32' }];
      writeFileSync(join(folder, 'all.bin'), new Uint8Array(4));
      writeFileSync(
        join(folder, 'model.json'),
        JSON.stringify({ weightsManifest: [{ paths: ['all.bin'], weights }] }),
      );
      await assert.rejects(load(folder), {
        name: 'CourseError',
        message:
          /expected the weights of MobileNet V1: conv1\/kernel should be 3 x 3 x 3 x 32, got nothing of that name$/,
      });
    }));

  it('reads no file outside of the folder', () =>
    inFolder(async (folder) => {
      const weightsManifest = [{ paths: ['../secret'], weights: [] }];
      writeFileSync(join(folder, 'model.json'), JSON.stringify({ weightsManifest }));
      await assert.rejects(load(folder), {
        name: 'CourseError',
        message: /\.\.\/secret is outside of the folder/,
      });
    }));
});

/** The weights of a layer, one after the other. */
function bytesOf(layer: tf.layers.Layer): Uint8Array {
  return Buffer.concat(
    layer.getWeights().map((tensor) => new Uint8Array(Float32Array.from(tensor.dataSync()).buffer)),
  );
}

function weightsOf(model: tf.LayersModel): Map<string, number[]> {
  return new Map(
    model.layers.flatMap(({ weights }) =>
      weights.map((weight) => [weight.originalName, Array.from(weight.read().dataSync())]),
    ),
  );
}
