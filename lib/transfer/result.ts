import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import type { Environment } from '../runs';
import type { TransferSettings } from './settings';

/** How an experiment trains: a head on features that stay, all of it, or a network that has seen nothing before. */
export type TransferMethod = (typeof transferMethods)[number];

export const transferMethods = ['frozen', 'fine-tuned', 'from scratch'] as const;

/** One training, and the test images, which it looked at once. */
export interface TransferRun {
  readonly method: TransferMethod;
  /** Training images of each class. */
  readonly perClass: number;
  /** Which images, the initial weights, the order. */
  readonly seed: number;
  /** 0 to 1. */
  readonly testAccuracy: number;
  /** Of training; with a base, its features of the training images and the head included. */
  readonly seconds: number;
  /** Of the last training; absent for a frozen base. */
  readonly epochs?: number;
  /** Strength of the head's penalty, chosen on validation images; absent from scratch. */
  readonly l2?: number;
}

/** An experiment as it is kept in a file. */
export interface TransferResult {
  readonly format: 'course-transfer 1';
  readonly command: string;
  readonly date: string;
  readonly environment: Environment;
  /** Such as `mobilenet`. */
  readonly base: string;
  readonly dataset: string;
  readonly validationImages: number;
  readonly settings: TransferSettings;
  /** The features of all test images by the base, computed once for all heads. */
  readonly testFeatures: { readonly images: number; readonly seconds: number };
  /** By size, seed and method. */
  readonly runs: readonly TransferRun[];
}

/** What an experiment found for one method and one size, over its seeds. */
export interface TransferSummary {
  readonly method: TransferMethod;
  readonly perClass: number;
  /** Of the test accuracy, 0 to 1. */
  readonly mean: number;
  readonly lowest: number;
  readonly highest: number;
  /** Median. */
  readonly seconds: number;
  /** Number of seeds. */
  readonly n: number;
}

/** Mean and range of the test accuracies, by size and method. */
export function summarizeTransfer({ runs }: Pick<TransferResult, 'runs'>): TransferSummary[] {
  const sizes = [...new Set(runs.map(({ perClass }) => perClass))].sort((a, b) => a - b);
  return sizes.flatMap((perClass) =>
    transferMethods.flatMap((method) => {
      const same = runs.filter((run) => run.perClass === perClass && run.method === method);
      if (same.length === 0) return [];
      const accuracies = same.map(({ testAccuracy }) => testAccuracy);
      const seconds = same.map((run) => run.seconds).sort((a, b) => a - b);
      return [
        {
          method,
          perClass,
          mean: accuracies.reduce((sum, each) => sum + each, 0) / same.length,
          lowest: Math.min(...accuracies),
          highest: Math.max(...accuracies),
          seconds: (seconds[(same.length - 1) >> 1] + seconds[same.length >> 1]) / 2,
          n: same.length,
        },
      ];
    }),
  );
}

/** Where the experiment `name`, such as `mobilenet-cifar10`, comes with the course. */
export function recordedTransfer(name: string): string {
  return join(courseRoot(), 'data', 'transfer', `${name}.json`);
}

/** A recorded experiment. Throws a CourseError where `file` is none. */
export async function readTransfer(file: string): Promise<TransferResult> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CourseError(`${file}: there is no transfer experiment; make one with: npx course transfer`);
  });
  try {
    const result = JSON.parse(text);
    if (result?.format === 'course-transfer 1') return result;
  } catch {
    // the message below fits
  }
  throw new CourseError(`${file}: expected a transfer experiment (course-transfer 1), got something else`);
}
