import { lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashOf, readPlainFile } from '../class/read-file';

/** A model that a student handed in beside the notebook, in `models/QUESTION/`. */
export interface HandedInModel {
  /** Such as `q4.6`. */
  readonly question: string;
  readonly files: readonly ModelFile[];
  /** Why it is not looked at, such as a link in it; then there are no files. */
  readonly problem?: string;
}

export interface ModelFile {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
}

/** The folder, beside a notebook, of what a question's model is handed in as. */
export function modelFolder(question: string): string {
  return `models/${question}`;
}

/** What is read of a model at most, whatever its question allows. */
export const modelLimits = { bytes: 200_000_000, files: 8, models: 100 } as const;

/** The models beside a notebook, in the order of their questions. Anything may lie there: nothing of it is opened. */
export function modelsBeside(notebookPath: string): readonly HandedInModel[] {
  const place = join(dirname(notebookPath), 'models');
  if (!isPlainFolder(place)) return [];
  const names = readdirSync(place).filter((name) => /^q\d{1,4}\.\d{1,4}$/.test(name));
  return names
    .sort()
    .slice(0, modelLimits.models)
    .map((question) => modelIn(join(place, question), question));
}

/** The model in a folder. */
export function modelIn(folder: string, question: string): HandedInModel {
  const refused = (problem: string): HandedInModel => ({ question, files: [], problem });
  if (!lstatSync(folder, { throwIfNoEntry: false })) return refused(`there is no ${modelFolder(question)}`);
  if (!isPlainFolder(folder)) return refused(`${modelFolder(question)} is a link or a file, not a folder`);
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  if (names.length > modelLimits.files)
    return refused(
      `${modelFolder(question)} has ${names.length} files, at most ${modelLimits.files} are read`,
    );
  const files: ModelFile[] = [];
  for (const name of names.sort()) {
    const path = join(folder, name);
    const stat = lstatSync(path);
    if (!stat.isFile())
      return refused(`${modelFolder(question)}: ${JSON.stringify(name).slice(0, 80)} is no plain file`);
    files.push({ name, path, bytes: stat.size });
  }
  const bytes = bytesOf({ files });
  if (bytes > modelLimits.bytes)
    return refused(`${modelFolder(question)} has ${bytes} bytes, at most ${modelLimits.bytes} are read`);
  return { question, files };
}

/** Of all files together. */
export function bytesOf({ files }: Pick<HandedInModel, 'files'>): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** A hash of what was handed in: equal hashes, equal models. */
export function modelHash(models: readonly HandedInModel[]): string {
  const parts = models.map(({ question, problem, files }) => {
    const contents = files.map(({ name, path }) => {
      const read = readPlainFile(path, { maxBytes: modelLimits.bytes });
      return [name, 'content' in read ? hashOf(read.content) : read.problem];
    });
    return [question, problem ?? '', contents];
  });
  return hashOf(JSON.stringify(parts));
}

/**
 * Copies a model to `folder`, byte by byte, for a sandbox to see that and nothing else of the student's. Returns why not
 * where a file turns out to be something else meanwhile.
 */
export async function copyModel({ files }: HandedInModel, folder: string): Promise<string | undefined> {
  await mkdir(folder, { recursive: true });
  for (const { name, path, bytes } of files) {
    const read = readPlainFile(path, { maxBytes: bytes });
    if ('problem' in read) return `${JSON.stringify(name).slice(0, 80)} ${read.problem}`;
    writeFileSync(join(folder, name), read.content);
  }
  return undefined;
}

function isPlainFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
