import { lstatSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { CourseError } from '../../errors';
import { courseRoot } from '../../paths';
import { chapterNames } from '../chapter';
import { readSubmission, submissionLimits } from '../sandbox/submission';
import { parseInstant } from './late-policy';
import { chapterInName } from './names';
import { filesOfStudent, type NotebookFile, notebookFiles, shown, stemOf } from './notebook-files';
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
