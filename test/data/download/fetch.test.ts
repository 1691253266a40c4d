import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { archiveSource, gzipFilesSource } from '../../../lib/data/download/archive';
import { fetchFiles } from '../../../lib/data/download/fetch';
import type { DataSource } from '../../../lib/data/download/source';
import { CourseError } from '../../../lib/errors';
import { contents, inFolder, noise, tarOf, tiny, withServer } from './tools';

/** Hands over the bytes it was made with. */
function memorySource(files: Readonly<Record<string, Uint8Array>>, name = 'memory'): DataSource {
  return {
    name,
    fetch: async (wanted, job) => {
      for (const file of wanted) if (files[file.name]) await job.deliver(file, [files[file.name]]);
    },
  };
}

function failingSource(error: Error, name = 'broken'): DataSource {
  return { name, fetch: () => Promise.reject(error) };
}

/** Serves NAME.gz of these files. */
function gzipServer(files: Readonly<Record<string, Uint8Array>>): RequestListener {
  return (request, response) => {
    const bytes = files[request.url?.match(/^\/(.+)\.gz$/)?.[1] ?? ''];
    if (bytes) response.end(gzipSync(bytes));
    else response.writeHead(404).end();
  };
}

/** The home folder holds exactly the dataset, and nothing left over. */
function assertComplete(folder: string): void {
  const home = join(folder, tiny.folder);
  assert.deepEqual(readdirSync(home).sort(), ['a.bin', 'b.bin', 'verified.json']);
  for (const [name, bytes] of Object.entries(contents)) {
    assert.deepEqual(new Uint8Array(readFileSync(join(home, name))), bytes, name);
  }
}

describe('fetchFiles', () => {
  it('brings all files and says where they came from', () =>
    inFolder(async (folder) => {
      const result = await fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      assertComplete(folder);
      assert.deepEqual(result, {
        folder: join(folder, 'tiny-files'),
        fetched: [
          { file: 'a.bin', source: 'memory' },
          { file: 'b.bin', source: 'memory' },
        ],
        repaired: [],
      });
    }));

  it('asks no further source when all is there', () =>
    inFolder(async (folder) => {
      let asked = false;
      const second: DataSource = {
        name: 'second',
        fetch: async () => {
          asked = true;
        },
      };
      await fetchFiles(tiny, { folder, sources: [memorySource(contents), second] });
      assert.equal(asked, false);
    }));

  it('waits for nobody and writes nothing when everything is there', () =>
    inFolder(async (folder) => {
      await fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      writeFileSync(join(folder, tiny.folder, '.lock'), String(process.pid));
      const signal = AbortSignal.timeout(2000);
      assert.deepEqual((await fetchFiles(tiny, { folder, signal })).fetched, []);
    }));

  it('stops waiting for another process with the reason of its signal', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, tiny.folder));
      writeFileSync(join(folder, tiny.folder, '.lock'), String(process.pid));
      const stop = new AbortController();
      setTimeout(() => stop.abort(new Error('enough')), 30);
      await assert.rejects(fetchFiles(tiny, { folder, signal: stop.signal }), /enough/);
    }));

  it('removes the beginning of a download that another source made needless', () =>
    inFolder(async (folder) => {
      mkdirSync(join(folder, tiny.folder));
      writeFileSync(join(folder, tiny.folder, 'x.tar.gz.part'), 'begun');
      await fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      assertComplete(folder);
    }));

  it('asks no source when everything is there', () =>
    inFolder(async (folder) => {
      await fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      const result = await fetchFiles(tiny, { folder, sources: [failingSource(new Error('asked'))] });
      assert.deepEqual(result.fetched, []);
    }));

  it('fetches only the damaged file again, and names it', () =>
    inFolder(async (folder) => {
      await fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      const home = join(folder, tiny.folder);
      const kept = statSync(join(home, 'b.bin')).ino;
      truncateSync(join(home, 'a.bin'), 1024);
      const { fetched, repaired } = await fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      assert.deepEqual(fetched, [{ file: 'a.bin', source: 'memory' }]);
      assert.deepEqual(repaired, ['a.bin: expected 200000 bytes, got 1024']);
      assert.equal(statSync(join(home, 'b.bin')).ino, kept);
      assertComplete(folder);
    }));

  it('goes on to the next source for what the first could not bring', () =>
    inFolder(async (folder) => {
      const half = memorySource({ 'b.bin': contents['b.bin'] }, 'half');
      const sources = [failingSource(new Error('no network')), half, memorySource(contents)];
      const { fetched } = await fetchFiles(tiny, { folder, sources });
      assert.deepEqual(fetched, [
        { file: 'b.bin', source: 'half' },
        { file: 'a.bin', source: 'memory' },
      ]);
      assertComplete(folder);
    }));

  it('takes nothing from a mirror whose file has another hash', () =>
    inFolder(async (folder) => {
      const wrong = { ...contents, 'b.bin': noise(3000, 99) };
      await withServer(gzipServer(wrong), async (baseUrl) => {
        const attempt = fetchFiles(tiny, { folder, sources: [gzipFilesSource({ name: 'mirror', baseUrl })] });
        await assert.rejects(attempt, (error: Error) => {
          assert.ok(error instanceof CourseError);
          assert.match(
            error.message,
            /^tiny: no source could bring b\.bin \(mirror: b\.bin: expected sha256 .*npx course data tiny$/,
          );
          return true;
        });
      });
      // What was right is kept; nothing else stays.
      assert.deepEqual(readdirSync(join(folder, tiny.folder)).sort(), ['a.bin', 'verified.json']);
    }));

  it('gets the files from an archive on the web', () =>
    inFolder(async (folder) => {
      const files = Object.entries(contents).map(([name, bytes]) => ({ name: `top/${name}`, bytes }));
      const archive = gzipSync(tarOf([{ name: 'top/readme.html', bytes: noise(50) }, ...files]));
      await withServer(
        (_, response) => response.end(archive),
        (url) =>
          fetchFiles(tiny, { folder, sources: [archiveSource({ name: 'site', url: `${url}/x.tar.gz` })] }),
      );
      assertComplete(folder);
    }));

  it('continues an archive whose download was interrupted', () =>
    inFolder(async (folder) => {
      const archive = gzipSync(tarOf(Object.entries(contents).map(([name, bytes]) => ({ name, bytes }))));
      const ranges: (string | undefined)[] = [];
      const flaky: RequestListener = (request, response) => {
        const { range } = request.headers;
        ranges.push(range);
        const start = Number(range?.match(/\d+/)?.[0] ?? 0);
        const content = `bytes ${start}-${archive.length - 1}/${archive.length}`;
        response.writeHead(range ? 206 : 200, {
          'content-length': archive.length - start,
          'content-range': content,
        });
        if (range) response.end(archive.subarray(start));
        else response.write(archive.subarray(0, 50_000), () => setTimeout(() => response.destroy(), 50));
      };
      await withServer(flaky, async (url) => {
        const options = { folder, sources: [archiveSource({ name: 'site', url: `${url}/x.tar.gz` })] };
        await assert.rejects(
          fetchFiles(tiny, options),
          /tiny: no source could bring a\.bin, b\.bin \(site: /,
        );
        assert.deepEqual(readdirSync(join(folder, tiny.folder)), ['x.tar.gz.part']);
        await fetchFiles(tiny, options);
      });
      assert.deepEqual(ranges, [undefined, 'bytes=50000-']);
      assertComplete(folder);
    }));

  it('forgets an archive that turns out to be rubbish', () =>
    inFolder(async (folder) => {
      await withServer(
        (_, response) => response.end('<html>log in to the hotel network</html>'),
        async (url) => {
          const sources = [archiveSource({ name: 'site', url: `${url}/x.tar.gz` })];
          await assert.rejects(fetchFiles(tiny, { folder, sources }), /site: incorrect header check/);
        },
      );
      assert.deepEqual(readdirSync(join(folder, tiny.folder)), []);
    }));

  it('reports every source when there is no network', () =>
    inFolder(async (folder) => {
      const sources = [
        failingSource(new Error('ENOTFOUND one'), 'first'),
        failingSource(new Error('ENOTFOUND two'), 'second'),
      ];
      await assert.rejects(fetchFiles(tiny, { folder, sources }), {
        name: 'CourseError',
        message: /\(first: ENOTFOUND one; second: ENOTFOUND two\); check the network connection/,
      });
    }));

  it('stops at a full disk, keeps what is good and leaves nothing else', () =>
    inFolder(async (folder) => {
      const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      async function* filling() {
        yield new Uint8Array(100);
        throw full;
      }
      let asked = false;
      const sources: DataSource[] = [
        memorySource({ 'b.bin': contents['b.bin'] }),
        { name: 'filling', fetch: ([file], job) => job.deliver(file, filling()) },
        {
          name: 'never asked',
          fetch: async () => {
            asked = true;
          },
        },
      ];
      await assert.rejects(fetchFiles(tiny, { folder, sources }), {
        name: 'CourseError',
        message: /tiny-files: the disk is full \(ENOSPC\); free about .* npx course data tiny$/,
      });
      assert.equal(asked, false);
      assert.deepEqual(readdirSync(join(folder, tiny.folder)).sort(), ['b.bin', 'verified.json']);
    }));

  it('names a folder that cannot be written', () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), '');
      const below = fetchFiles(tiny, { folder: join(folder, 'file'), sources: [memorySource(contents)] });
      await assert.rejects(below, {
        name: 'CourseError',
        message: /file\/tiny-files: this folder cannot be written \(ENOTDIR\)/,
      });
    }));

  it('names a folder without the right to write', function () {
    if (process.getuid?.() === 0 || process.platform === 'win32') this.skip(); // nothing is forbidden to root
    return inFolder(async (folder) => {
      mkdirSync(join(folder, tiny.folder));
      chmodSync(join(folder, tiny.folder), 0o555);
      const attempt = fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      await assert.rejects(attempt, /cannot be written \(EACCES\)/);
    });
  });

  it('stops with the reason of its signal and can be run again', () =>
    inFolder(async (folder) => {
      const stop = new AbortController();
      const slow: DataSource = {
        name: 'slow',
        fetch: async ([file], job) => {
          await job.deliver(file, [contents['a.bin']]);
          stop.abort(new Error('enough'));
          job.signal?.throwIfAborted();
        },
      };
      await assert.rejects(fetchFiles(tiny, { folder, sources: [slow], signal: stop.signal }), /enough/);
      assert.ok(!readdirSync(join(folder, tiny.folder)).includes('.lock'));
      const { fetched } = await fetchFiles(tiny, { folder, sources: [memorySource(contents)] });
      assert.deepEqual(fetched, [{ file: 'b.bin', source: 'memory' }]);
      assertComplete(folder);
    }));

  it('fetches once when asked twice at the same time', () =>
    inFolder(async (folder) => {
      const options = { folder, sources: [memorySource(contents)] };
      const results = await Promise.all([fetchFiles(tiny, options), fetchFiles(tiny, options)]);
      assert.deepEqual(results.map(({ fetched }) => fetched.length).sort(), [0, 2]);
      assertComplete(folder);
    }));
});
