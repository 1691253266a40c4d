import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { CourseError } from '../../errors';
import { chapterInName, studentInName, withoutCopyMark } from './names';
import { byText, plainLine } from './plain-text';

/** A notebook file as its place tells about it. */
export interface NotebookFile {
  readonly path: string;
  readonly student: string;
  readonly inOwnFolder: boolean;
  /** The chapter by the name of the file, else of its folder. */
  readonly named?: string;
  /** Where nbgrader says when it was handed in. */
  readonly timestampFile?: string;
}

/** What a walk through folders needs to know, and where it says what it left aside. */
export interface Walk {
  readonly chapters: readonly string[];
  readonly problems: string[];
  readonly skip: readonly string[];
}

const maxEntries = 10_000;

/** The notebooks of a class below a folder, and whose each is by its place. */
export function notebookFiles(folder: string, walk: Walk): readonly NotebookFile[] {
  if (!lstatSync(resolve(folder), { throwIfNoEntry: false })) {
    throw new CourseError(`no folder ${folder}; expected one with the notebooks of a class`);
  }
  const top = entriesOf(folder, folder, walk);
  const nbgrader = top.some((entry) => entry.name === 'submitted' && entry.isDirectory());
  const base = nbgrader ? join(folder, 'submitted') : folder;
  const entries = nbgrader ? entriesOf(base, folder, walk) : top;
  return entries.flatMap((entry) => {
    const path = join(base, entry.name);
    if (entry.name === 'models' && entries.some(isNotebook)) {
      walk.problems.push(`${shown(path, folder)}: whose are they? A model belongs in its student's folder`);
      return [];
    }
    if (isNotebook(entry)) return flatFile(path, { folder, walk });
    if (!entry.isDirectory()) return [];
    const named = chapterInName(entry.name, walk.chapters);
    if (named !== undefined) {
      const inside = entriesOf(path, folder, walk).filter(isNotebook);
      return inside.flatMap(({ name }) => flatFile(join(path, name), { folder, walk, named }));
    }
    return filesOfStudent(path, { student: entry.name, folder, walk });
  });
}

function flatFile(
  path: string,
  { folder, walk, named }: { readonly folder: string; readonly walk: Walk; readonly named?: string },
): readonly NotebookFile[] {
  const { student, chapter = named } = studentInName(stemOf(path), walk.chapters);
  if (student !== undefined)
    return [{ path, student: student.normalize('NFC'), named: chapter, inOwnFolder: false }];
  walk.problems.push(
    `${shown(path, folder)}: whose is it? Expected the student's name in it, or a folder of their name`,
  );
  return [];
}

/** Those in a folder of one student, and in its folders of assignments. */
export function filesOfStudent(
  path: string,
  { student, folder, walk }: { readonly student: string; readonly folder: string; readonly walk: Walk },
): readonly NotebookFile[] {
  const notebooksIn = (
    place: string,
    entries: readonly Dirent[],
    assignment = '',
  ): readonly NotebookFile[] => {
    const dated = entries.some((entry) => entry.name === 'timestamp.txt' && entry.isFile());
    return entries.filter(isNotebook).map(({ name }) => ({
      path: join(place, name),
      student: student.normalize('NFC'),
      inOwnFolder: true,
      named: chapterInName(stemOf(name), walk.chapters) ?? chapterInName(assignment, walk.chapters),
      timestampFile: dated ? join(place, 'timestamp.txt') : undefined,
    }));
  };
  const entries = entriesOf(path, folder, walk);
  const assignments = entries.filter((entry) => entry.isDirectory());
  const deeper = assignments.flatMap(({ name }) => {
    const place = join(path, name);
    return notebooksIn(place, entriesOf(place, folder, walk), name);
  });
  return [...notebooksIn(path, entries), ...deeper];
}

/** What a folder holds, in order, without hidden files, links, and what packers of archives leave behind. */
function entriesOf(path: string, folder: string, { problems, skip }: Walk): readonly Dirent[] {
  const entries = readdirSync(path, { withFileTypes: true }).filter(
    ({ name }) => !name.startsWith('.') && name !== '__MACOSX' && !skip.includes(resolve(path, name)),
  );
  for (const entry of entries.filter((one) => one.isSymbolicLink())) {
    problems.push(`${shown(join(path, entry.name), folder)}: a link, not followed`);
  }
  if (entries.length > maxEntries) {
    problems.push(
      `${shown(path, folder)}: ${entries.length} files; only the first ${maxEntries} are looked at`,
    );
  }
  return entries.sort((a, b) => byText(a.name, b.name)).slice(0, maxEntries);
}

function isNotebook(entry: Dirent): boolean {
  return entry.isFile() && entry.name.toLowerCase().endsWith('.ipynb');
}

/** `a/02-normalization (1).ipynb` -> `02-normalization`. */
export function stemOf(path: string): string {
  return withoutCopyMark(basename(path).replace(/\.ipynb$/i, ''));
}

/** A path for people to read. */
export function shown(path: string, folder: string): string {
  return plainLine(relative(folder, path) || path);
}
