import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs `work` while holding the lock file at `path`, so that two notebooks do not fetch the same files at once. Waits
 * for another process that holds it; a lock left behind by a process that is gone is taken over.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { signal, pollMs = 250 }: { signal?: AbortSignal; pollMs?: number } = {},
): Promise<T> {
  while (!(await takeLock(path))) {
    signal?.throwIfAborted();
    const holder = Number(await readFile(path, 'utf8').catch(() => Number.NaN));
    if (Number.isInteger(holder) && holder > 0 && !isAlive(holder)) await rm(path, { force: true });
    else await sleep(pollMs, undefined, { signal });
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function takeLock(path: string): Promise<boolean> {
  try {
    const handle = await open(path, 'wx'); // fails where the file exists
    await handle.writeFile(String(process.pid)).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // asks only
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // someone else's process
  }
}
