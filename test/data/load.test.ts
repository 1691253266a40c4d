import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  catalogue,
  classCounts,
  datasetFolder,
  fetchDataset,
  fitStandardization,
  imageAt,
  loadCifar10,
  loadDataset,
  loadFashionMnist,
  loadSplits,
} from '../../lib/data';
import { courseRoot } from '../../lib/paths';
import { inFolder } from './download/tools';

const bytesOf = (sum: number, byte: number): number => sum + byte;

describe('loadDataset', function () {
  this.timeout(600_000); // the first run fetches both datasets

  before(async () => {
    await fetchDataset('cifar10');
    await fetchDataset('fashion-mnist');
  });

  it('loads CIFAR-10 as it is published', async () => {
    const { train, test } = await loadCifar10();
    assert.deepEqual([train.count, train.height, train.width, train.channels], [50_000, 32, 32, 3]);
    assert.deepEqual([test.count, test.name], [10_000, 'cifar10']);
    assert.deepEqual(classCounts(train), new Array(10).fill(5000));
    assert.deepEqual(classCounts(test), new Array(10).fill(1000));
    // The first images are a frog, a truck, a truck; the first test image is a cat.
    const name = (label: number) => train.classNames[label];
    assert.deepEqual([...train.labels.subarray(0, 3)].map(name), ['frog', 'truck', 'truck']);
    assert.equal(name(test.labels[0]), 'cat');
    // keras.datasets.cifar10.load_data()[0][0][0, 0]: 59, 62, 63
    assert.deepEqual([...imageAt(train, 0).subarray(0, 3)], [59, 62, 63]);
    // Published: mean 0.49139968, 0.48215841, 0.44653091; std 0.24703223, 0.24348513, 0.26158784
    const { mean, std } = fitStandardization(train);
    for (const [i, value] of [0.49139968, 0.48215841, 0.44653091].entries())
      assert.ok(Math.abs(mean[i] - value) < 1e-6);
    for (const [i, value] of [0.24703223, 0.24348513, 0.26158784].entries())
      assert.ok(Math.abs(std[i] - value) < 1e-6);
  });

  it('needs less than 400 MB for all of CIFAR-10', () => {
    const [load, memory] = ['data/load', 'bench/memory'].map((name) =>
      JSON.stringify(require.resolve(`../../lib/${name}`)),
    );
    const script = `require(${load}).loadCifar10()
      .then(() => console.log(require(${memory}).peakMegabytes()))`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['-r', 'ts-node/register/transpile-only', '-e', script],
      {
        cwd: courseRoot(),
        encoding: 'utf8',
      },
    );
    const megabytes = Number(stdout);
    assert.ok(megabytes > 184 && megabytes < 400, `${megabytes} MB ${stderr}`);
  });

  it('loads Fashion-MNIST as it is published', async () => {
    const { train, test } = await loadFashionMnist();
    assert.deepEqual([train.count, train.height, train.width, train.channels], [60_000, 28, 28, 1]);
    assert.deepEqual(classCounts(train), new Array(10).fill(6000));
    assert.deepEqual(classCounts(test), new Array(10).fill(1000));
    assert.equal(train.classNames[train.labels[0]], 'Ankle boot');
    // keras.datasets.fashion_mnist.load_data()[0][0][0].sum(): 76247
    assert.equal(imageAt(train, 0).reduce(bytesOf, 0), 76_247);
  });

  it('splits CIFAR-10 into 45,000, 5,000 and 10,000 with equal classes', async () => {
    const { train, validation, test } = await loadSplits('cifar10');
    assert.deepEqual(classCounts(train), new Array(10).fill(4500));
    assert.deepEqual(classCounts(validation), new Array(10).fill(500));
    assert.equal(test.count, 10_000);
    assert.equal(new Set([...train.rows, ...validation.rows]).size, 50_000);
  });

  it('names the known datasets when asked for another', async () => {
    const message = 'unknown dataset toString; expected one of: cifar10, fashion-mnist';
    await assert.rejects(loadDataset('toString'), { name: 'CourseError', message });
    assert.throws(() => datasetFolder('mnist'), /unknown dataset mnist/);
  });

  it('refuses missing files when it may not fetch', () =>
    inFolder(async (folder) => {
      await assert.rejects(loadDataset('cifar10', { folder, download: false }), {
        name: 'CourseError',
        message: /^data_batch_1\.bin: not there, .*test_batch\.bin: not there; run: npx course data cifar10$/,
      });
    }));

  it('refuses a damaged file and leaves it alone, though it may fetch', () =>
    inFolder(async (folder) => {
      const home = copyDataset('fashion-mnist', folder);
      const file = join(home, 't10k-labels-idx1-ubyte');
      rmSync(file);
      writeFileSync(file, 'x');
      await assert.rejects(loadDataset('fashion-mnist', { folder }), {
        name: 'CourseError',
        message: 't10k-labels-idx1-ubyte: expected 10008 bytes, got 1; run: npx course data fashion-mnist',
      });
      truncateSync(file, 10_008);
      const handle = openSync(file, 'r+');
      writeSync(handle, 'right size, wrong bytes');
      closeSync(handle);
      await assert.rejects(
        loadDataset('fashion-mnist', { folder }),
        /t10k-labels-idx1-ubyte: expected sha256 .*run: npx/,
      );
    }));

  it('touches nothing but the files when they are all there', () =>
    inFolder(async (folder) => {
      copyDataset('fashion-mnist', folder);
      const path = process.env.PATH;
      const { fetch } = globalThis;
      process.env.PATH = ''; // no subprocess
      globalThis.fetch = () => Promise.reject(new Error('network touched'));
      try {
        assert.equal((await loadDataset('fashion-mnist', { folder })).test.count, 10_000);
        assert.deepEqual((await fetchDataset('fashion-mnist', { folder })).fetched, []);
      } finally {
        process.env.PATH = path;
        globalThis.fetch = fetch;
      }
    }));

  /** A copy of the dataset in `folder`, without its record. */
  function copyDataset(name: 'cifar10' | 'fashion-mnist', folder: string): string {
    const home = datasetFolder(name, { folder });
    mkdirSync(home);
    for (const file of catalogue[name].files)
      copyFileSync(join(datasetFolder(name), file.name), join(home, file.name));
    return home;
  }
});
