import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../atomic-file';
import { CourseError } from '../errors';

/** What has been done already, so that it need not be done again after an interruption. */
export interface Store {
  /** What `compute` gave when it was first asked for under this name; plain JSON. */
  once<T>(name: string, compute: () => Promise<T>): Promise<T>;
}

/**
 * Keeps results in `folder`, a file each, for work with these `settings`. Throws a CourseError where the folder holds the
 * results of work with others.
 */
export async function openStore(folder: string, settings: object): Promise<Store> {
  await mkdir(folder, { recursive: true });
  const place = (name: string) => join(folder, `${name}.json`);
  const read = (name: string) => readJson(place(name));
  const write = (name: string, value: unknown) =>
    writeFileAtomically(place(name), `${JSON.stringify(value, null, 2)}\n`);
  const before = await read('settings');
  if (before === undefined) await write('settings', settings);
  else if (JSON.stringify(before) !== JSON.stringify(settings)) {
    throw new CourseError(`${folder}: holds an experiment with other settings; choose another folder`);
  }
  return {
    once: async <T>(name: string, compute: () => Promise<T>) => {
      const known = await read(name);
      if (known !== undefined) return known as T;
      const value = await compute();
      await write(name, value);
      return value;
    },
  };
}

/** Undefined where there is no such file, or none that can be read. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
