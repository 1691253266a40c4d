import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CourseError } from '../../errors';
import { courseRoot } from '../../paths';
import type { Chapter } from '../chapter';
import { studentTests } from './student-tests';

/**
 * Writes the course to `folder`, which must be new or empty, as students get it: the notebooks of `chapters` alone, no
 * solutions, and of all tests those that `check` runs.
 */
export function writeStudentCourse(
  folder: string,
  { chapters, root = courseRoot() }: { readonly chapters: readonly Chapter[]; readonly root?: string },
): { readonly files: number } {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new CourseError(`${folder}: expected a new or empty folder, got one with files in it`);
  const names = chapters.map(({ name }) => name);
  const files = courseFiles(root).filter((file) => isForStudents(file, names));
  for (const file of files) copyFileSync(join(root, file), target(folder, file));
  for (const name of names) {
    const file = `test/chapters/${name}.test.ts`;
    writeFileSync(target(folder, file), studentTests(readFileSync(join(root, file), 'utf8')));
  }
  return { files: files.length + names.length };
}

/** Of notebooks those that are given out; whatever is not for students but for making the course stays. */
function isForStudents(file: string, chapters: readonly string[]): boolean {
  if (/^(solutions|test|\.git|\.github)\//.test(file)) return false;
  const [, notebook] = /^notebooks\/(.*)\.ipynb$/.exec(file) ?? [];
  return notebook === undefined || chapters.includes(notebook);
}

function target(folder: string, file: string): string {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  return path;
}

/** The files that git knows or would add, and that are there: no packages, no results. */
function courseFiles(root: string): readonly string[] {
  const command = ['-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
  try {
    const list = execFileSync('git', command, { encoding: 'utf8', maxBuffer: 2 ** 26, stdio: 'pipe' });
    return list.split('\0').filter((file) => file !== '' && existsSync(join(root, file)));
  } catch (error) {
    const [why] = (error as Error).message.split('\n');
    throw new CourseError(`${root}: git cannot list the course's files (${why})`);
  }
}
