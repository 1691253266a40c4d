// Stamps: small files that say from which inputs a folder was made, so that a step with nothing to do is skipped.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * One short key for a set of inputs; any change of any of them changes it.
 *
 * @param {Readonly<Record<string, string | number>>} inputs
 */
export function keyOf(inputs) {
  const sorted = Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 16);
}

/** @param {string} file */
export function hashOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
}

/**
 * The stamp's content, or undefined where the file is missing, cut off or of another key.
 *
 * @param {string} file
 * @param {string} key
 * @returns {{ key: string, [name: string]: string } | undefined}
 */
export function readStamp(file, key) {
  try {
    const stamp = JSON.parse(readFileSync(file, 'utf8'));
    return stamp.key === key ? stamp : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Written beside and renamed, so that an interruption leaves the old stamp or the new one, never a half.
 *
 * @param {string} file
 * @param {{ key: string, [name: string]: string }} stamp
 */
export function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(temporary, file);
}
