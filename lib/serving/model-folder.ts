import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

/** A version of a model on the disk. */
export interface ModelVersion {
  readonly version: number;
  readonly folder: string;
  /** Another one when its files change. */
  readonly stamp: string;
}

/** A model on the disk, its newest version first. */
export interface ModelOnDisk {
  readonly name: string;
  readonly versions: readonly ModelVersion[];
}

/**
 * The models in `folder`: a model or a run, which is version 1; or the versions of one model, in folders `1`, `2`, ...;
 * or the models themselves, `NAME/1`, `NAME/2`, ... and `OTHER/1`. Names that begin with a dot are left out, so a version
 * can be written as `.new` and appear by being renamed.
 */
export async function findModels(folder: string): Promise<ModelOnDisk[]> {
  const root = resolve(folder);
  if (isModel(root)) return [{ name: nameOf(root), versions: [await describe(root, 1)] }];
  const versions = await versionsIn(root);
  if (versions.length > 0) return [{ name: nameOf(root), versions }];
  const names = (await foldersIn(root)).filter((name) => /^[A-Za-z0-9][\w.-]*$/.test(name)).sort();
  const models = await Promise.all(
    names.map(async (name) => ({ name, versions: await versionsIn(join(root, name)) })),
  );
  return models.filter((model) => model.versions.length > 0);
}

function isModel(folder: string): boolean {
  return [folder, join(folder, 'model')].some((place) => existsSync(join(place, 'model.json')));
}

/** Runs keep their model in a folder `model`. */
function nameOf(folder: string): string {
  return basename(basename(folder) === 'model' ? dirname(folder) : folder);
}

async function versionsIn(folder: string): Promise<ModelVersion[]> {
  const numbers = (await foldersIn(folder)).filter((name) => /^[1-9]\d{0,14}$/.test(name)).map(Number);
  const newestFirst = numbers.sort((a, b) => b - a);
  return Promise.all(newestFirst.map((version) => describe(join(folder, String(version)), version)));
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // gone, or no folder
  const found = await Promise.all(
    entries.map(
      async (entry) => entry.isDirectory() || (entry.isSymbolicLink() && isFolder(folder, entry.name)),
    ),
  );
  return entries.filter((_, i) => found[i]).map(({ name }) => name);
}

async function isFolder(folder: string, name: string): Promise<boolean> {
  return (await stat(join(folder, name)).catch(() => undefined))?.isDirectory() ?? false;
}

async function describe(folder: string, version: number): Promise<ModelVersion> {
  const files = ['model.json', 'weights.bin', 'model/model.json', 'model/weights.bin'];
  const facts = await Promise.all(
    files.map((file) =>
      stat(join(folder, file)).then(
        ({ size, mtimeMs }) => `${size}@${mtimeMs}`,
        () => '',
      ),
    ),
  );
  return { version, folder, stamp: facts.join(' ') };
}
