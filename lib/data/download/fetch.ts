import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CourseError } from '../../errors';
import { dataFolder } from '../../paths';
import type { OnProgress } from '../../progress';
import { catalogue, type DatasetName, type DatasetSpec } from '../catalogue';
import { diskError } from './disk-error';
import { withLock } from './lock';
import { placeFile } from './place';
import type { DataSource, SourceJob } from './source';
import { defaultSources } from './sources';
import { checkFiles, type FileProblem } from './verify';

export interface FetchOptions {
  /** The data folder; each dataset has its own folder in it. */
  readonly folder?: string;
  readonly onProgress?: OnProgress;
  /** Stops the work; the promise rejects with the signal's reason. A later run continues. */
  readonly signal?: AbortSignal;
  /** Tried in order until all files are there. */
  readonly sources?: readonly DataSource[];
  /** Longest wait for the next bytes from the network. */
  readonly stallMs?: number;
}

export interface FetchResult {
  /** The folder that now holds the dataset's files. */
  readonly folder: string;
  /** The files that were brought, and by which source; empty when all were there already. */
  readonly fetched: readonly { readonly file: string; readonly source: string }[];
  /** What was found damaged, and replaced; such as `data_batch_1.bin: expected 30730000 bytes, got 1024`. */
  readonly repaired: readonly string[];
}

/**
 * Brings a dataset into `folder`, complete and checked, and touches neither network nor subprocess when it is there
 * already. Missing and damaged files are replaced one by one, each only by a file whose sha256 is right.
 * @throws CourseError when every source failed, or the folder cannot be written.
 */
export function fetchDataset(name: DatasetName, options: FetchOptions = {}): Promise<FetchResult> {
  return fetchFiles(catalogue[name], { sources: defaultSources(name), ...options });
}

/** The same for any set of files and sources. */
export async function fetchFiles(
  spec: DatasetSpec,
  { folder = dataFolder(), sources = [], ...options }: FetchOptions,
): Promise<FetchResult> {
  const home = join(folder, spec.folder);
  const found = await checkFiles(spec, { folder });
  if (found.length === 0) return { folder: home, fetched: [], repaired: [] };
  try {
    await mkdir(home, { recursive: true });
    return await withLock(
      join(home, '.lock'),
      () => fetchLocked(spec, home, { folder, sources, ...options }),
      {
        signal: options.signal,
      },
    );
  } catch (error) {
    options.signal?.throwIfAborted();
    throw diskError(error, { home, name: spec.name }) ?? error;
  }
}

async function fetchLocked(
  spec: DatasetSpec,
  home: string,
  {
    folder,
    sources,
    onProgress,
    signal,
    stallMs = 60_000,
  }: FetchOptions & { folder: string; sources: readonly DataSource[] },
): Promise<FetchResult> {
  let problems = await checkFiles(spec, { folder }); // again: another process may just have fetched it
  const repaired = problems.filter(({ kind }) => kind === 'damaged').map(({ message }) => message);
  const fetched: { file: string; source: string }[] = [];
  const reasons: string[] = [];
  const scratch = join(home, '.scratch');
  for (const source of sources) {
    if (problems.length === 0) break;
    signal?.throwIfAborted();
    await rm(scratch, { recursive: true, force: true });
    await mkdir(scratch, { recursive: true });
    const job: SourceJob = {
      scratch,
      partials: home,
      onProgress,
      signal,
      stallMs,
      deliver: async (file, chunks) => {
        await placeFile(file, chunks, { home, scratch });
        fetched.push({ file: file.name, source: source.name });
      },
    };
    try {
      await source.fetch(
        problems.map(({ file }) => file),
        job,
      );
    } catch (error) {
      signal?.throwIfAborted();
      if (diskError(error, { home, name: spec.name })) throw error;
      reasons.push(`${source.name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
    problems = await checkFiles(spec, { folder });
  }
  if (problems.length > 0) throw noSourceWorked(spec, problems, reasons);
  for (const name of await readdir(home)) if (name.endsWith('.part')) await rm(join(home, name));
  return { folder: home, fetched, repaired };
}

function noSourceWorked(
  spec: DatasetSpec,
  problems: readonly FileProblem[],
  reasons: readonly string[],
): CourseError {
  const files = problems.map(({ file }) => file.name).join(', ');
  return new CourseError(
    `${spec.name}: no source could bring ${files} (${reasons.join('; ') || 'no sources given'}); ` +
      `check the network connection or place the files by hand as data/README.md says, then run: npx course data ${spec.name}`,
  );
}
