import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataFile, DatasetSpec } from '../../../lib/data/catalogue';

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A file that is right when it holds exactly `bytes`. */
export function fileOf(name: string, bytes: Uint8Array): DataFile {
  return { name, bytes: bytes.length, sha256: sha256(bytes) };
}

/** Bytes that gzip hardly shrinks and that differ for each seed. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

/** A dataset of two files, `a.bin` and `b.bin`, and what they hold. */
export const contents = { 'a.bin': noise(200_000, 1), 'b.bin': noise(3_000, 2) };
export const tiny: DatasetSpec = {
  name: 'tiny',
  folder: 'tiny-files',
  files: [fileOf('a.bin', contents['a.bin']), fileOf('b.bin', contents['b.bin'])],
};

/** Runs `work` in a new folder, which is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'course-data-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs `work` with a server on this machine that answers by `listener`. */
export async function withServer<T>(
  listener: RequestListener,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** A tar archive (ustar) of regular files. */
export function tarOf(files: readonly { name: string; bytes: Uint8Array; type?: string }[]): Buffer {
  const blocks: Uint8Array[] = [];
  for (const { name, bytes, type = '0' } of files) {
    const header = Buffer.alloc(512);
    header.write(name, 0, 'utf8');
    header.write('0000644\0', 100);
    header.write(`${bytes.length.toString(8).padStart(11, '0')}\0`, 124);
    header.write('        ', 148); // the checksum counts as spaces
    header.write(type, 156);
    header.write('ustar\x0000', 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    blocks.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
