import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { CourseError } from '../../errors';
import { courseRoot } from '../../paths';
import { chapterNames } from '../chapter';
import { readSubmission, submissionLimits } from '../sandbox/submission';
import { parseInstant } from './late-policy';
import { chapterInName, studentInName, withoutCopyMark } from './names';
import { byText, plainLine } from './plain-text';
import { readPlainFile } from './read-file';

/** The notebook of one student for one chapter. */
export interface Submission {
  /** The student's id: the name of their folder, or what their file is called beside the chapter. */
  readonly student: string;
  readonly chapter: string;
  readonly path: string;
  /** Of the file, and of the models beside it. */
  readonly sha256: string;
  /** Whether the folder it lies in is the student's own, with all that is in it. */
  readonly inOwnFolder?: boolean;
  /** When it was handed in, where that is known. */
  readonly timestamp?: Date;
  /** Why it cannot be graded at all: the student's doing, such as a file that is too large. */
  readonly refused?: string;
  /** For the instructor, in a sentence each. */
  readonly notes: readonly string[];
}

export interface FoundSubmissions {
  /** In the order of chapters, then students. */
  readonly submissions: readonly Submission[];
  /** What was left aside, and why, in a sentence each. */
  readonly problems: readonly string[];
}

export interface FindOptions {
  /** The course's folder. */
  readonly root?: string;
  /** Look for this chapter alone. */
  readonly chapter?: string;
  /** Look for this student alone. */
  readonly student?: string;
  /** Take the date of a file as the date of handing in where there is no timestamp.txt. */
  readonly dateFromFile?: boolean;
  /** Folders to pass over, such as the one with results. */
  readonly skip?: readonly string[];
}

const maxEntries = 10_000;

/**
 * The notebooks below a folder, in nbgrader's layout (`submitted/STUDENT/ASSIGNMENT/NAME.ipynb`, or the same from STUDENT on),
 * as `STUDENT/NAME.ipynb`, as `CHAPTER/STUDENT.ipynb`, or flat as `STUDENT.ipynb` or `NAME_STUDENT.ipynb`. The chapter is
 * the one whose questions a notebook holds, else the one in its name. Links are not followed: they may lead anywhere.
 */
export function findSubmissions(
  folder: string,
  { root = courseRoot(), chapter, student, dateFromFile = false, skip = [] }: FindOptions = {},
): FoundSubmissions {
  const problems: string[] = [];
  const chapters = chapterNames({ root });
  const files = notebookFiles(folder, { chapters, problems, skip: skip.map((path) => resolve(path)) });
  const wanted = files.filter((file) => student === undefined || file.student === student);
  return submissionsIn(wanted, { folder, chapters, chapter, dateFromFile, problems });
}

/** The notebooks of one student, each of another chapter: those in a folder of theirs, or one file. */
export function findNotebooksOf(
  path: string,
  { root = courseRoot(), chapter }: Pick<FindOptions, 'root' | 'chapter'> = {},
): FoundSubmissions {
  const problems: string[] = [];
  const walk = { chapters: chapterNames({ root }), problems, skip: [] };
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) throw new CourseError(`no notebook and no folder ${path}`);
  const student = 'submission';
  const named = chapterInName(stemOf(path), walk.chapters);
  const files = stat.isDirectory()
    ? filesOfStudent(path, { student, folder: path, walk })
    : [{ path, student, named, inOwnFolder: true }];
  return submissionsIn(files, {
    folder: path,
    chapters: walk.chapters,
    chapter,
    dateFromFile: false,
    problems,
  });
}

/** A notebook file as its place tells about it. */
interface NotebookFile {
  readonly path: string;
  readonly student: string;
  readonly inOwnFolder: boolean;
  /** The chapter by the name of the file, else of its folder. */
  readonly named?: string;
  /** Where nbgrader says when it was handed in. */
  readonly timestampFile?: string;
}

interface Walk {
  readonly chapters: readonly string[];
  readonly problems: string[];
  readonly skip: readonly string[];
}

interface Reading {
  readonly folder: string;
  readonly chapters: readonly string[];
  /** The one that is looked for. */
  readonly chapter?: string;
  readonly dateFromFile: boolean;
}

function submissionsIn(
  files: readonly NotebookFile[],
  { problems, ...reading }: Reading & { readonly problems: string[] },
): FoundSubmissions {
  const { folder, chapter } = reading;
  const found = files.flatMap((file) => {
    const submission = submissionIn(file, reading);
    if (typeof submission !== 'string') return [submission];
    problems.push(`${shown(file.path, folder)}: ${submission}`);
    return [];
  });
  const ofChapter = found.filter((one) => chapter === undefined || one.chapter === chapter);
  return { submissions: oneEach(ofChapter, folder), problems };
}

function notebookFiles(folder: string, walk: Walk): readonly NotebookFile[] {
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

function filesOfStudent(
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

/** The submission, or why there is none. */
function submissionIn(
  { path, student, named, inOwnFolder, timestampFile }: NotebookFile,
  { folder, chapters, chapter: wanted, dateFromFile }: Reading,
): Submission | string {
  const { size, mtime } = statSync(path);
  const tooLarge = size > submissionLimits.fileBytes;
  const read = tooLarge ? undefined : readSubmission(path, { inOwnFolder });
  const held = chapters.find(
    (name) => name === read?.chapter || Number.parseInt(name, 10) === Number(read?.chapter),
  );
  const chapter = held ?? named ?? wanted;
  if (chapter === undefined) return 'no question of any chapter in it, and none named in its name; left out';
  const notes: string[] = [];
  if (held !== undefined && named !== undefined && held !== named) {
    notes.push(
      `${shown(path, folder)} is named after ${named} but holds the questions of ${held}: graded as that`,
    );
  }
  const timestamp = timestampFile ? readTimestamp(timestampFile, { folder, notes }) : undefined;
  return {
    student,
    chapter,
    path,
    sha256: read?.sha256 ?? '',
    inOwnFolder,
    timestamp: timestamp ?? (dateFromFile ? mtime : undefined),
    ...(tooLarge
      ? { refused: `is too large: ${megabytes(size)}, at most ${megabytes(submissionLimits.fileBytes)}` }
      : {}),
    notes,
  };
}

function readTimestamp(
  path: string,
  { folder, notes }: { readonly folder: string; readonly notes: string[] },
): Date | undefined {
  const file = readPlainFile(path, { maxBytes: 1024 });
  const text = 'content' in file ? file.content.toString('utf8').trim() : file.problem;
  const timestamp = parseInstant(text, { zone: 'UTC' });
  if (!timestamp) {
    const got = plainLine(text, { length: 60 });
    notes.push(
      `${shown(path, folder)}: expected a time such as 2026-10-01 23:59:00 UTC, got "${got}"; not counted as late`,
    );
  }
  return timestamp;
}

/**
 * One notebook for each student and chapter: the one that was handed in last where both say when, else the one that is called
 * exactly like the chapter, else the first by name. The others are named in a note.
 */
function oneEach(found: readonly Submission[], folder: string): readonly Submission[] {
  const groups = new Map<string, Submission[]>();
  for (const one of found) {
    const key = JSON.stringify([one.chapter, one.student]);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  const chosen = [...groups.values()].map((group) => {
    const [first, ...others] = [...group].sort(preferred);
    if (others.length === 0) return first;
    const names = others.map(({ path }) => shown(path, folder)).join(', ');
    const note = `graded is ${shown(first.path, folder)}; there is ${names} too`;
    return { ...first, notes: [...first.notes, note] };
  });
  return chosen.sort((a, b) => byText(a.chapter, b.chapter) || byText(a.student, b.student));
}

function preferred(a: Submission, b: Submission): number {
  if (a.refused !== undefined || b.refused !== undefined) {
    return Number(a.refused !== undefined) - Number(b.refused !== undefined);
  }
  const exact = ({ path, chapter }: Submission) => Number(basename(path) !== `${chapter}.ipynb`);
  const later = a.timestamp && b.timestamp ? b.timestamp.getTime() - a.timestamp.getTime() : 0;
  return later || exact(a) - exact(b) || byText(a.path, b.path);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function isNotebook(entry: Dirent): boolean {
  return entry.isFile() && entry.name.toLowerCase().endsWith('.ipynb');
}

/** `a/02-normalization (1).ipynb` -> `02-normalization`. */
function stemOf(path: string): string {
  return withoutCopyMark(basename(path).replace(/\.ipynb$/i, ''));
}

function shown(path: string, folder: string): string {
  return plainLine(relative(folder, path) || path);
}
