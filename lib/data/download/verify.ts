import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CourseError } from '../../errors';
import type { DataFile, DatasetSpec } from '../catalogue';

/** One file that is not as it should be. */
export interface FileProblem {
  readonly file: DataFile;
  readonly kind: 'missing' | 'damaged';
  /** Such as `data_batch_1.bin: expected 30730000 bytes, got 1024`. */
  readonly message: string;
}

/** What `verified.json` remembers of a file whose hash was right. */
interface VerifiedFile {
  readonly sha256: string;
  readonly size: number;
  readonly mtimeMs: number;
}

type Verified = Record<string, VerifiedFile>;

/**
 * The files of `spec` that are missing or damaged; none when the dataset is whole. A file is hashed once and
 * remembered in `verified.json`; it is hashed again when its size or its time of change differ, or with `rehash`.
 */
export async function checkFiles(
  spec: DatasetSpec,
  { folder, rehash = false }: { folder: string; rehash?: boolean },
): Promise<readonly FileProblem[]> {
  const home = join(folder, spec.folder);
  const before = await readVerified(home);
  const after: Verified = {};
  const problems: FileProblem[] = [];
  for (const file of spec.files) {
    const problem = await checkFile(home, file, rehash ? undefined : before[file.name], after);
    if (problem) problems.push(problem);
  }
  if (JSON.stringify(after) !== JSON.stringify(before)) await writeVerified(home, after);
  return problems;
}

/** Throws a CourseError that names every missing or damaged file and the command that brings them. */
export function refuseProblems(spec: DatasetSpec, problems: readonly FileProblem[]): void {
  if (problems.length === 0) return;
  const found = problems.map((problem) => problem.message).join(', ');
  throw new CourseError(`${found}; run: npx course data ${spec.name}`);
}

/** The sha256 of a file, in hexadecimal. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

async function checkFile(
  home: string,
  file: DataFile,
  known: VerifiedFile | undefined,
  verified: Verified,
): Promise<FileProblem | undefined> {
  const path = join(home, file.name);
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return { file, kind: 'missing', message: `${file.name}: not there` };
  if (info.size !== file.bytes) {
    const message = `${file.name}: expected ${file.bytes} bytes, got ${info.size}`;
    return { file, kind: 'damaged', message };
  }
  const unchanged = known?.size === info.size && known.mtimeMs === info.mtimeMs;
  const sha256 = unchanged ? known.sha256 : await hashFile(path);
  if (sha256 !== file.sha256) {
    const message = `${file.name}: expected sha256 ${file.sha256.slice(0, 12)}..., got ${sha256.slice(0, 12)}...`;
    return { file, kind: 'damaged', message };
  }
  verified[file.name] = { sha256, size: info.size, mtimeMs: info.mtimeMs };
  return undefined;
}

/** The record, or an empty one where there is none or it cannot be read: then the files are hashed again. */
async function readVerified(home: string): Promise<Verified> {
  try {
    const record: unknown = JSON.parse(await readFile(join(home, 'verified.json'), 'utf8'));
    return record !== null && typeof record === 'object' && !Array.isArray(record)
      ? (record as Verified)
      : {};
  } catch {
    return {};
  }
}

/** Writes the record; a folder that may only be read (a shared disk) is still usable without it. */
async function writeVerified(home: string, verified: Verified): Promise<void> {
  await writeFile(join(home, 'verified.json'), `${JSON.stringify(verified, null, 2)}\n`).catch(
    () => undefined,
  );
}
