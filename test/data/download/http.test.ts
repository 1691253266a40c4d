import assert from 'node:assert/strict';
import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { download } from '../../../lib/data/download/http';
import type { Progress } from '../../../lib/progress';
import { inFolder, noise, withServer } from './tools';

const bytes = noise(300_000);
const options = { label: 'downloading', stallMs: 2000 };

/** Serves `bytes`, from the middle where a range is asked for; notes what was asked. */
function rangeServer(ranges: (string | undefined)[]): RequestListener {
  return (request, response) => {
    const range = request.headers.range;
    ranges.push(range);
    const start = Number(range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    if (start >= bytes.length) return response.writeHead(416).end();
    response.writeHead(range ? 206 : 200, {
      'content-length': bytes.length - start,
      ...(range && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    response.end(bytes.subarray(start));
  };
}

/** A free file name, and a check that it holds `bytes` at the end. */
function intoFile(work: (path: string) => Promise<void>): Promise<void> {
  return inFolder(async (folder) => {
    const path = join(folder, 'file.part');
    await work(path);
    assert.deepEqual(new Uint8Array(readFileSync(path)), bytes);
  });
}

describe('download', () => {
  it('writes the file and reports its bytes', () =>
    intoFile(async (path) => {
      const reports: Progress[] = [];
      await withServer(rangeServer([]), (url) =>
        download(url, path, { ...options, onProgress: (report) => reports.push(report) }),
      );
      assert.deepEqual(reports.at(-1), {
        label: 'downloading',
        done: 300_000,
        total: 300_000,
        unit: 'bytes',
      });
    }));

  it('continues after a lost connection from the bytes it has', () =>
    intoFile(async (path) => {
      const cut: RequestListener = (_, response) => {
        response.writeHead(200, { 'content-length': bytes.length });
        response.write(bytes.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 50));
      };
      await assert.rejects(
        withServer(cut, (url) => download(url, path, options)),
        /127\.0\.0\.1/,
      );
      assert.deepEqual(new Uint8Array(readFileSync(path)), bytes.subarray(0, 100_000));
      const ranges: (string | undefined)[] = [];
      await withServer(rangeServer(ranges), (url) => download(url, path, options));
      assert.deepEqual(ranges, ['bytes=100000-']);
    }));

  it('begins again where the server ignores ranges', () =>
    intoFile(async (path) => {
      writeFileSync(path, bytes.subarray(0, 1000));
      await withServer(
        (_, response) => response.end(bytes),
        (url) => download(url, path, options),
      );
    }));

  it('begins again when what it has is longer than the file', () =>
    intoFile(async (path) => {
      writeFileSync(path, noise(400_000, 5));
      const ranges: (string | undefined)[] = [];
      await withServer(rangeServer(ranges), (url) => download(url, path, options));
      assert.deepEqual(ranges, ['bytes=400000-', undefined]);
    }));

  it('names address and status of a refusal', () =>
    inFolder((folder) =>
      withServer(
        (_, response) => response.writeHead(404).end(),
        async (url) => {
          const attempt = download(`${url}/x.gz`, join(folder, 'x.part'), options);
          await assert.rejects(attempt, { message: `${url}/x.gz: HTTP 404` });
        },
      ),
    ));

  it('names the reason where there is no server', () =>
    inFolder(async (folder) => {
      const gone = await withServer(
        () => undefined,
        async (url) => url,
      );
      await assert.rejects(download(gone, join(folder, 'x.part'), options), /ECONNREFUSED/);
    }));

  it('gives up on a server that says nothing, and on one that stops half-way', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'x.part');
      const impatient = { ...options, stallMs: 150 };
      const silent: RequestListener = () => undefined;
      await assert.rejects(
        withServer(silent, (url) => download(url, path, impatient)),
        /no bytes for 0\.15 s/,
      );
      const stopping: RequestListener = (_, response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write(bytes.subarray(0, 10));
      };
      await assert.rejects(
        withServer(stopping, (url) => download(url, path, impatient)),
        /no bytes for 0\.15 s/,
      );
      assert.equal(readFileSync(path).length, 10);
    }));

  it('removes the beginning when the disk is full', function () {
    if (process.platform !== 'linux') this.skip(); // /dev/full: every write fails with ENOSPC
    return inFolder(async (folder) => {
      const path = join(folder, 'x.part');
      symlinkSync('/dev/full', path);
      const attempt = withServer(rangeServer([]), (url) => download(url, path, options));
      await assert.rejects(attempt, { code: 'ENOSPC' });
      assert.ok(!existsSync(path));
    });
  });
});
