import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** A file as it was found, or why it is not read. */
export type ReadFile = { readonly content: Buffer } | { readonly problem: string };

/** Reads a file that others wrote: no link is followed, no pipe or device is waited for, nothing too large is held. */
export function readPlainFile(path: string, { maxBytes }: { readonly maxBytes: number }): ReadFile {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { problem: code === 'ELOOP' ? 'is a link' : `cannot be read (${code})` };
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return { problem: 'is not a plain file' };
    if (stat.size > maxBytes) return { problem: `has ${stat.size} bytes, at most ${maxBytes} are read` };
    const buffer = Buffer.alloc(stat.size);
    let length = 0;
    for (let count = -1; count !== 0 && length < buffer.length; length += count) {
      count = readSync(file, buffer, length, buffer.length - length, length);
    }
    return { content: buffer.subarray(0, length) };
  } finally {
    closeSync(file);
  }
}

/** sha256 in hex. */
export function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
