import type { NetworkName } from './networks';
import { ratiosOf, type Spread, spreadOf } from './statistics';
import type { Task } from './work';

/** A whole run of `course bench`, as it is written to a file. Plain JSON; the figures read it. */
export interface BenchResult {
  readonly format: 'course-bench 1';
  readonly task: Task;
  /** When it began, ISO 8601. */
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  /** Threads that each contender may compute with; WebAssembly and plain JavaScript use 1. */
  readonly threads: number;
  readonly seed: number;
  /** Whether rounds were cut short for a fast look. */
  readonly quick: boolean;
  readonly comparisons: readonly Comparison[];
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGB: number;
  readonly system: string;
  readonly node: string;
}

/** Contenders that did the same work in one interleaved run. */
export interface Comparison {
  /** Such as `train small`. */
  readonly name: string;
  /** What was done, in one sentence. */
  readonly work: string;
  readonly network?: NetworkName;
  readonly batchSize: number;
  /** Floating-point operations of convolutions and dense layers for one image; absent where there is no network. */
  readonly flopPerImage?: number;
  /** The fastest first, then those that could not be measured. */
  readonly contenders: readonly ContenderResult[];
  /** Ours against the best peer; absent where one of them has no figure. */
  readonly ratio?: Ratio;
  readonly peak?: Peak;
}

export type Family = 'ours' | 'peer';

export type ContenderResult = MeasuredContender | FailedContender;

export interface MeasuredContender {
  readonly name: string;
  readonly family: Family;
  readonly versions: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** Images of one round. */
  readonly imagesPerRound: number;
  /** Of each round, in the order they ran. */
  readonly seconds: readonly number[];
  readonly imagesPerSecond: Spread;
  /** The most memory its process ever had, libraries and all, in MB of 10^6 bytes. */
  readonly peakMB?: number;
  /** From the median. */
  readonly gflops?: number;
  /** `gflops` as a share of the convolution peak, 0 to 1. */
  readonly shareOfPeak?: number;
}

export interface FailedContender {
  readonly name: string;
  readonly family: Family;
  /** Why there is no figure, in one line. */
  readonly reason: string;
}

/** How many times as fast as the best peer our best is. */
export interface Ratio {
  readonly ours: string;
  readonly peer: string;
  /** Median of the ratios of each round. */
  readonly medianOfRatios: number;
  /** Ratio of the two medians. */
  readonly ratioOfMedians: number;
}

/** The speed of convolutions alone, measured between the contenders' rounds; a whole network cannot be expected to reach it. */
export interface Peak {
  /** Of the best case: the median of its rounds. */
  readonly gflops: number;
  /** Which convolution, such as `3x3 256->256 on 8x8, channels_last`. */
  readonly best: string;
  /** What was measured, in one sentence. */
  readonly work: string;
  /** GFLOP/s of each case in each round. */
  readonly cases: Readonly<Record<string, readonly number[]>>;
}

export function isMeasured(contender: ContenderResult): contender is MeasuredContender {
  return 'seconds' in contender;
}

/** Our best against the best peer, both by their medians. */
export function ratioOf(contenders: readonly ContenderResult[]): Ratio | undefined {
  const best = (family: Family) =>
    contenders
      .filter(isMeasured)
      .filter((contender) => contender.family === family)
      .sort((a, b) => b.imagesPerSecond.median - a.imagesPerSecond.median)[0];
  const ours = best('ours');
  const peer = best('peer');
  if (!ours || !peer) return undefined;
  return { ours: ours.name, peer: peer.name, ...ratiosOf(rates(ours), rates(peer)) };
}

/** The best case by the median of its rounds. */
export function peakOf(rounds: readonly Readonly<Record<string, number>>[], work: string): Peak {
  const cases = Object.fromEntries(
    Object.keys(rounds[0]).map((name) => [name, rounds.map((speeds) => round3(speeds[name]))]),
  );
  const [best, speeds] = Object.entries(cases).sort(
    ([, a], [, b]) => spreadOf(b).median - spreadOf(a).median,
  )[0];
  return { gflops: spreadOf(speeds).median, best, work, cases };
}

/** Images a second of each round. */
export function rates({ imagesPerRound, seconds }: MeasuredContender): number[] {
  return seconds.map((duration) => imagesPerRound / duration);
}

/** The result as JSON for people too: indented, with lists of numbers on one line. */
export function formatJson(result: BenchResult): string {
  const text = JSON.stringify(result, null, 2);
  return `${text.replace(/\[\s+([-\d.,e\s]+?)\s+\]/g, (_, list: string) => `[${list.replace(/\s+/g, ' ')}]`)}\n`;
}

/** Rounded to three digits after the point, which no timing here exceeds. */
export function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}
