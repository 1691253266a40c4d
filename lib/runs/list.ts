import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { History } from '../training';
import type { TrainingConfig } from './config';
import type { Environment } from './environment';
import { type RunResult, runFiles } from './run';

/** A run as its folder tells it. */
export interface Run {
  /** The folder's name. */
  readonly name: string;
  readonly folder: string;
  readonly config: TrainingConfig;
  readonly environment?: Environment;
  /** Empty until it has ended. */
  readonly history: History;
  /** Absent until it has ended. */
  readonly result?: RunResult;
}

/** The runs in `folder`, by name; what is no run, or cannot be read as one, is left out. */
export async function listRuns(folder: string): Promise<readonly Run[]> {
  const names = await readdir(folder).catch(() => []);
  const runs = await Promise.all(names.sort().map((name) => readRun(join(folder, name))));
  return runs.filter((run): run is Run => run !== undefined);
}

/** The run in `folder`; undefined where there is none. */
export async function readRun(folder: string): Promise<Run | undefined> {
  const config = await readJson<TrainingConfig>(join(folder, runFiles.config));
  if (!config?.model) return undefined;
  return {
    name: basename(folder),
    folder,
    config,
    environment: await readJson(join(folder, runFiles.environment)),
    history: (await readJson<History>(join(folder, runFiles.history))) ?? [],
    result: await readJson(join(folder, runFiles.result)),
  };
}

/** The settings in which the runs differ, each with its value in every run. */
export function compareConfigs(
  runs: readonly Run[],
): readonly { readonly setting: string; readonly values: readonly string[] }[] {
  const settings = [...new Set(runs.flatMap(({ config }) => Object.keys(config)))];
  return settings
    .map((setting) => ({
      setting,
      values: runs.map(({ config }) => JSON.stringify(config[setting as keyof TrainingConfig]) ?? '-'),
    }))
    .filter(({ values }) => new Set(values).size > 1);
}

async function readJson<T>(file: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
