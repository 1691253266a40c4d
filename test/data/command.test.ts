import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataCommand } from '../../lib/cli/data';
import { datasetFolder, fetchDataset } from '../../lib/data';
import { dataFolder } from '../../lib/paths';
import { inFolder } from './download/tools';

/** What `course data ...` prints on standard output. */
async function run(...args: string[]): Promise<string> {
  const { log } = console;
  const lines: string[] = [];
  console.log = (line: string) => void lines.push(line);
  try {
    await dataCommand().parseAsync(args, { from: 'user' });
  } finally {
    console.log = log;
  }
  return lines.join('\n');
}

describe('course data', () => {
  before(async function () {
    this.timeout(600_000);
    await fetchDataset('cifar10');
    await fetchDataset('fashion-mnist');
  });

  it('takes CIFAR-10 when no dataset is named', async () => {
    assert.equal(
      await run(),
      `cifar10: all files were there, every sha256 right; in ${datasetFolder('cifar10')}`,
    );
  });

  it('prints its result as JSON', async () => {
    const folder = join(dataFolder(), 'fashion-mnist');
    const expected = { dataset: 'fashion-mnist', folder, fetched: [], repaired: [] };
    assert.deepEqual(JSON.parse(await run('fashion-mnist', '--json', '--check')), expected);
  });

  it('only looks with --check, and names what is wrong', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, 'cifar-10-batches-bin'));
      writeFileSync(join(folder, 'cifar-10-batches-bin', 'data_batch_1.bin'), 'short');
      await assert.rejects(run('--check', '--folder', folder), {
        name: 'CourseError',
        message: /^data_batch_1\.bin: expected 30730000 bytes, got 5, .* npx course data cifar10$/,
      });
    }));

  it('reads every byte with --check, though size and time of a file are as before', () =>
    inFolder(async (folder) => {
      const home = datasetFolder('fashion-mnist', { folder });
      cpSync(datasetFolder('fashion-mnist'), home, { recursive: true });
      const file = join(home, 't10k-labels-idx1-ubyte');
      utimesSync(file, 1, 1);
      await run('fashion-mnist', '--folder', folder);
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0, 5000, 5009));
      utimesSync(file, 1, 1);
      await run('fashion-mnist', '--folder', folder);
      await assert.rejects(
        run('fashion-mnist', '--folder', folder, '--check'),
        /t10k-labels-idx1-ubyte: expected sha256/,
      );
    }));

  it('names the known datasets when asked for another', async () => {
    await assert.rejects(
      run('imagenet'),
      /unknown dataset imagenet; expected one of: cifar10, fashion-mnist/,
    );
  });
});
