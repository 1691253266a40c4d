import { cpus, release, type } from 'node:os';
import type { BackendReport } from '../backend';

/** Where a training ran; kept with its result. */
export interface Environment {
  /** How it was asked for, where it was by a command. */
  readonly command?: string;
  readonly backend: Pick<BackendReport, 'name' | 'device' | 'version'>;
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly date: string;
}

/** This machine and this moment. */
export function describeEnvironment({ name, device, version }: BackendReport): Environment {
  return {
    backend: { name, device, version },
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    system: `${type()} ${release()} ${process.arch}`,
    node: process.versions.node,
    date: new Date().toISOString(),
  };
}
