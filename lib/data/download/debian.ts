import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip } from 'node:zlib';
import type { DataFile } from '../catalogue';
import type { DataSource, SourceJob } from './source';

/** Where Debian's package puts the four gzipped files. */
const installed = 'usr/share/datasets/fashion-mnist';
const packageName = 'dataset-fashion-mnist';

/** Fashion-MNIST from Debian's package, if it is installed on this machine. */
export function installedFashionMnistSource({ root = '/' }: { root?: string } = {}): DataSource {
  return {
    name: `installed Debian package ${packageName}`,
    fetch: (wanted, job) => unpackFrom(join(root, installed), wanted, job),
  };
}

/** Fashion-MNIST from Debian's package, downloaded and unpacked to a temporary folder: nothing is installed. */
export function aptFashionMnistSource(): DataSource {
  return {
    name: `Debian package ${packageName}`,
    fetch: async (wanted, job) => {
      const run = promisify(execFile);
      const options = { cwd: job.scratch, signal: job.signal, timeout: 10 * job.stallMs };
      job.onProgress?.({ label: `downloading ${packageName}`, done: 0, unit: 'bytes' });
      await run('apt-get', ['download', packageName], options).catch(explain);
      const archive = (await readdir(job.scratch)).find((name) => name.endsWith('.deb'));
      if (!archive) throw new Error(`apt-get download ${packageName} left no .deb file`);
      await run('dpkg', ['-x', archive, 'unpacked'], options).catch(explain);
      await unpackFrom(join(job.scratch, 'unpacked', installed), wanted, job);
    },
  };
}

async function unpackFrom(folder: string, wanted: readonly DataFile[], job: SourceJob): Promise<void> {
  for (const [i, file] of wanted.entries()) {
    job.signal?.throwIfAborted();
    const path = join(folder, `${file.name}.gz`);
    await access(path).catch(() => {
      throw new Error(`${path} is not there`);
    });
    await pipeline(createReadStream(path), createGunzip(), (unpacked) => job.deliver(file, unpacked));
    job.onProgress?.({ label: 'unpacking Fashion-MNIST', done: i + 1, total: wanted.length, unit: 'files' });
  }
}

/** The last line a failed command said, in place of its whole output. */
function explain(error: Error & { stderr?: string; code?: unknown }): never {
  if (error.name === 'AbortError') throw error;
  if (error.code === 'ENOENT') throw new Error('apt-get and dpkg are not on this machine');
  const lines = error.stderr?.trim().split('\n') ?? [];
  throw new Error(lines.find((line) => line.startsWith('E:')) ?? lines.at(-1) ?? error.message);
}
