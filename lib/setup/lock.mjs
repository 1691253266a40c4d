// One set-up at a time in one folder: the lock is a file that names the process that holds it.
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';

// A holder renews its lock every 5 s, so one that was not renewed for so long belongs to a process that is gone
// and whose number another process may have by now.
const staleAfterMs = 120_000;

/** @typedef {{ release: () => void }} Lock */

/**
 * Waits until the lock is free or its holder is gone, then takes it.
 *
 * @param {string} file
 * @param {{ onWait?: (holder: string) => void, pollMs?: number }} [options]
 * @returns {Promise<Lock>}
 */
export async function acquireLock(file, { onWait, pollMs = 300 } = {}) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = JSON.stringify({
    pid: process.pid,
    host: hostname(),
    token: `${Date.now()}-${Math.floor(performance.now() * 1000)}`,
  });
  for (let waits = 0; ; waits++) {
    if (create(file, mine)) break;
    const held = read(file);
    if (held === undefined) continue; // released between the two calls
    if (isStale(file, held)) {
      steal(file, held);
      continue;
    }
    if (waits === 0) onWait?.(holderOf(held));
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const renewal = setInterval(() => touch(file), 5000);
  renewal.unref();
  return {
    release() {
      clearInterval(renewal);
      if (read(file) === mine) rmSync(file, { force: true });
    },
  };
}

/** @param {string} file @param {string} content */
function create(file, content) {
  try {
    const descriptor = openSync(file, 'wx');
    writeSync(descriptor, content);
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'EEXIST') return false;
    throw error;
  }
}

/** @param {string} file */
function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {string} file @param {string} content */
function isStale(file, content) {
  const ageMs = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  if (ageMs > staleAfterMs) return true;
  try {
    const { pid, host } = JSON.parse(content);
    return host === hostname() && !isAlive(pid);
  } catch {
    return ageMs > 5000; // empty: its holder was killed between creating and writing it
  }
}

/**
 * Moves the stale lock away; where another process was quicker and the file is already a new lock, puts it back.
 *
 * @param {string} file @param {string} stale
 */
function steal(file, stale) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const moved = read(aside);
  if (moved !== undefined && moved !== stale) create(file, moved);
  rmSync(aside, { force: true });
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'; // alive, but another user's
  }
}

/** @param {string} content */
function holderOf(content) {
  try {
    const { pid, host } = JSON.parse(content);
    return host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  } catch {
    return 'another process';
  }
}

/** @param {string} file */
function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Released, or the folder was deleted: nothing to renew.
  }
}
