import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The course's root folder: the nearest one above this file that holds `notebooks/` and `package.json`. */
export function courseRoot(): string {
  let folder = __dirname;
  while (!(existsSync(join(folder, 'notebooks')) && existsSync(join(folder, 'package.json')))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no course folder above ${__dirname}`);
    folder = parent;
  }
  return folder;
}

/** Where datasets and runs are kept: `COURSE_DATA`, or `data/` in the course. */
export function dataFolder(): string {
  return process.env.COURSE_DATA || join(courseRoot(), 'data');
}

/** What the set-up made: the Python environment, the native backend. Ignored by git, safe to delete. */
export function stateFolder(): string {
  return join(courseRoot(), '.course');
}
