import { randomUUID } from 'node:crypto';
import {
  closeSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { CourseError } from '../errors';
import { isAlive, type Owner, ownOwner } from './owner';

export interface LockOptions {
  /** How long the same lock may stay before it counts as left behind; default 30,000, as Optuna has it. */
  readonly graceMs?: number;
}

/**
 * Runs `work` while holding the lock of a journal, the file `FILE.lock`, which Optuna's two locks respect and which
 * respects theirs. Waits for other holders, a few milliseconds each, and blocks the thread meanwhile; takes over the
 * lock of a process of this machine that is gone at once, any other after the grace. Throws a CourseError where the
 * folder forbids it.
 */
export function withJournalLock<T>(
  journal: string,
  work: () => T,
  { graceMs = 30_000 }: LockOptions = {},
): T {
  const path = `${journal}.lock`;
  const token = JSON.stringify(ownOwner());
  let seen: { readonly identity: string; readonly since: number } | undefined;
  for (let waitMs = 1; !take(path, token); waitMs = Math.min(2 * waitMs, 50)) {
    const identity = identityOf(path);
    if (identity === undefined) continue; // released meanwhile
    if (seen?.identity !== identity) seen = { identity, since: performance.now() };
    const holder = holderOf(path);
    if ((holder && isAlive(holder) === false) || performance.now() - seen.since > graceMs) {
      remove(path, identity);
    } else {
      Atomics.wait(sleeper, 0, 0, waitMs);
    }
  }
  try {
    return work();
  } finally {
    // not ours any more if this process slept so long that another one took it over
    if (readText(path) === token) rmSync(path, { force: true });
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** An ordinary file, as Optuna's JournalFileOpenLock makes it, with the holder in it. */
function take(path: string, token: string): boolean {
  try {
    const file = openSync(path, 'wx'); // fails where there is anything, a link that leads nowhere included
    try {
      writeSync(file, token);
    } finally {
      closeSync(file);
    }
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return false;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      rmSync(path, { force: true });
      throw new CourseError(`${path}: the disk is full (${code}); free some space and try again`);
    }
    throw new CourseError(
      `${path}: cannot make this lock file (${code ?? error}); allow writing in ${dirname(path)} or choose another place`,
    );
  }
}

/** Which lock it is: another one at the same place has other numbers, the same one moved aside has the same. */
function identityOf(path: string): string | undefined {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat && `${stat.ino} ${stat.mtimeNs}`;
}

function holderOf(path: string): Owner | undefined {
  const text = readText(path);
  if (!text?.startsWith('{')) return undefined; // Optuna's locks do not say
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the lock file says; undefined for a link, such as Optuna's to the journal itself. */
function readText(path: string): string | undefined {
  try {
    return lstatSync(path).isFile() ? readFileSync(path, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Removes a lock left behind. Two processes may find it at once, and the slower one then holds in its hands the new lock
 * of the faster one: it moves the file aside first, looks at it, and puts it back if it is another.
 */
function remove(path: string, identity: string): void {
  const aside = `${path}${randomUUID()}.rename`; // named as Optuna's
  try {
    if (identityOf(path) !== identity) return;
    renameSync(path, aside);
  } catch {
    return; // somebody else was faster
  }
  try {
    if (identityOf(aside) !== identity) linkSync(aside, path);
  } catch {
    // a third process holds a lock already
  } finally {
    rmSync(aside, { force: true });
  }
}
