import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataFile } from '../catalogue';

/** Bytes in pieces, as they come from a download, an archive or a decoder. */
export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Writes `chunks` as `file` into `home`, all or nothing: into `scratch` first (same disk), checked against size and
 * sha256, flushed to the disk, then renamed over whatever was there. Throws, leaving `home` as it was, when the bytes
 * are not the expected ones or cannot be written.
 */
export async function placeFile(
  file: DataFile,
  chunks: Chunks,
  { home, scratch }: { home: string; scratch: string },
): Promise<void> {
  const temporary = join(scratch, file.name);
  try {
    const { bytes, sha256 } = await writeChunks(temporary, chunks);
    if (bytes !== file.bytes) throw new Error(`${file.name}: expected ${file.bytes} bytes, got ${bytes}`);
    if (sha256 !== file.sha256) {
      throw new Error(
        `${file.name}: expected sha256 ${file.sha256.slice(0, 12)}..., got ${sha256.slice(0, 12)}...`,
      );
    }
    await rename(temporary, join(home, file.name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Writes `chunks` to `path`, through to the disk; what was written, counted and hashed. */
export async function writeChunks(path: string, chunks: Chunks): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const handle = await open(path, 'w');
  try {
    for await (const chunk of chunks) {
      await handle.writeFile(chunk); // writes all of it, from the current position
      hash.update(chunk);
      bytes += chunk.length;
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
