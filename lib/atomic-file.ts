import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CourseError } from './errors';

/**
 * Writes `content` as `file`, all or nothing, whatever happens meanwhile, a power failure included: to a new file
 * beside it first, flushed to the disk, then renamed over what was there. The folder must exist.
 * @throws CourseError when the disk refuses, with `file` as it was.
 */
export async function writeFileAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}-${randomUUID()}`);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first error is the one to tell
    throw writeError(file, error);
  }
  await syncFolder(folder);
}

/** The CourseError for what the system answered to writing `file`; any other error comes back as it is. */
export function writeError(file: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error;
  const { code } = error;
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  const cause = full
    ? `the disk is full (${code}); free some space`
    : `${error.message}; choose another place`;
  return new CourseError(`${file}: cannot be written: ${cause} and try again`);
}

/**
 * Flushes a folder, so that a rename in it outlives a power failure. Where the platform cannot (Windows, some network
 * disks) the file is in place all the same.
 */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close().catch(() => undefined);
}
