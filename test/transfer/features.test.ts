import assert from 'node:assert/strict';
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { useBackend } from '../../lib/backend';
import { gather, normalize, subset } from '../../lib/data';
import { buildOnBase, cachedFeatures, computeFeatures, type Network } from '../../lib/transfer';
import { inFolder } from '../data/download/tools';
import { toyDataset } from '../helpers/toy-dataset';
import { assertClose } from '../models/checks';
import { toyBase } from './toys';

describe('features', () => {
  const images = toyDataset({ count: 21, size: 10 });
  let network: Network;

  before(async () => {
    await useBackend();
    network = buildOnBase(toyBase(), images);
  });

  it('are what the base gives, image by image, however they are put into batches', async () => {
    const { data, count, size } = await computeFeatures(network, images, { batchSize: 8 });
    assert.deepEqual([count, size], [21, 8]);
    tf.tidy(() => {
      const indices = Array.from({ length: 21 }, (_, i) => i);
      const xs = normalize(gather(images, indices), network.normalization);
      assertClose(data, (network.model.predict(xs) as tf.Tensor).dataSync(), 1e-5);
    });
  });

  it('leave no tensors behind', async () => {
    await computeFeatures(network, images);
    const before = tf.memory().numTensors;
    await computeFeatures(network, images);
    assert.equal(tf.memory().numTensors, before);
  });

  it('are computed once and then read from their file', () =>
    inFolder(async (folder) => {
      const computed: number[] = [];
      const onProgress = ({ done }: { done: number }) => computed.push(done);
      const first = await cachedFeatures(network, images, { folder, onProgress });
      const second = await cachedFeatures(network, images, { folder, onProgress });
      assert.deepEqual(second, first);
      assert.deepEqual(computed, [21]);
      assert.equal(readdirSync(folder).length, 1);
    }));

  it('are computed anew for other images, another base or another normalization', () =>
    inFolder(async (folder) => {
      await cachedFeatures(network, images, { folder });
      const inverse = subset(images, [20, 19, 18]);
      await cachedFeatures(network, inverse, { folder });
      assert.equal(readdirSync(folder).length, 2);
      await cachedFeatures(buildOnBase(toyBase({ seed: 2 }), images), images, { folder });
      assert.equal(readdirSync(folder).length, 3);
      const normalization = { kind: 'scale', mean: [0.5, 0.5, 0.5], std: [1, 1, 1] } as const;
      await cachedFeatures({ ...network, normalization }, images, { folder });
      assert.equal(readdirSync(folder).length, 4);
    }));

  it('are not believed where their file is damaged', () =>
    inFolder(async (folder) => {
      const expected = await cachedFeatures(network, images, { folder });
      const file = join(folder, readdirSync(folder)[0]);
      const changed = readFileSync(file);
      changed[changed.length - 2] ^= 1;
      for (const damage of [
        () => writeFileSync(file, changed),
        () => truncateSync(file, 100),
        () => writeFileSync(file, 'nonsense'),
      ]) {
        damage();
        const { data } = await cachedFeatures(network, images, { folder });
        assert.deepEqual(data, expected.data);
      }
    }));
});
