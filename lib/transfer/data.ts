import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { catalogue, type ImageDataset, loadDataset, readImageFolder, stratifiedSplit, subset } from '../data';
import { CourseError } from '../errors';
import type { OnProgress } from '../progress';
import { createRandom } from '../random';

/** Images in three parts that share none. */
export interface Parts {
  /** What small training sets are taken from. */
  readonly pool: ImageDataset;
  /** To choose by. */
  readonly validation: ImageDataset;
  readonly test: ImageDataset;
}

export interface TransferData {
  readonly name: string;
  /** As the base gets them. */
  readonly parts: Parts;
  /** The same images, as a network gets them that is trained from scratch. */
  readonly forScratch: Parts;
}

export interface TransferDataOptions {
  /** Height, width and channels that the base takes: pictures of a folder are read in that size. */
  readonly baseSize: readonly [number, number, number];
  /** Default 2000; of a folder of pictures a fifth, and three tenths are for the test. */
  readonly validationCount?: number;
  readonly onProgress?: OnProgress;
}

/** Side of a folder's pictures for a network from scratch, in pixels. */
const scratchSide = 64;

/**
 * `cifar10` or `fashion-mnist` with the official test images, or a folder of pictures in a folder for each class. Throws a
 * CourseError for anything else.
 */
export async function loadTransferData(
  name: string,
  { baseSize, validationCount = 2000, onProgress }: TransferDataOptions,
): Promise<TransferData> {
  if (Object.hasOwn(catalogue, name)) {
    const { train, test } = await loadDataset(name, { onProgress });
    const counts = [validationCount, train.count - validationCount];
    const [validation, pool] = stratifiedSplit(train, { counts, seed: splitSeed });
    const parts = { pool, validation, test };
    return { name, parts, forScratch: parts };
  }
  if (!existsSync(name)) {
    const known = Object.keys(catalogue).join(', ');
    throw new CourseError(`${name}: expected ${known}, or a folder of pictures; there is no such folder`);
  }
  const [height, width, channels] = baseSize;
  const folder = basename(resolve(name));
  const read = (size: { height: number; width: number }) =>
    readImageFolder(name, { name: folder, channels, ...size, onProgress }).then(splitFolder);
  return {
    name: folder,
    parts: await read({ height, width }),
    forScratch: await read({ height: Math.min(height, scratchSide), width: Math.min(width, scratchSide) }),
  };
}

const splitSeed = 1000; // the same for all runs, so that no test or validation image is ever trained on

function splitFolder(images: ImageDataset): Parts {
  const [test, validation] = [0.3, 0.2].map((share) => Math.round(share * images.count));
  const counts = [test, validation, images.count - test - validation];
  if (Math.min(...counts) < images.classNames.length) {
    throw new CourseError(
      `${images.name}: ${images.count} pictures of ${images.classNames.length} classes are too few; have at least 10 of each`,
    );
  }
  const [testPart, validationPart, pool] = stratifiedSplit(images, { counts, seed: splitSeed });
  return { test: testPart, validation: validationPart, pool };
}

/**
 * Exactly `perClass` images of each class at random; a larger set of the same seed holds the smaller ones. Datasets with
 * the same labels give the same images. Throws a CourseError where a class has too few.
 */
export function takePerClass(
  dataset: ImageDataset,
  { perClass, seed }: { readonly perClass: number; readonly seed: number },
): ImageDataset {
  const taken = new Array<number>(dataset.classNames.length).fill(0);
  const chosen: number[] = [];
  for (const index of createRandom(seed).fork('per class').permutation(dataset.count)) {
    if (taken[dataset.labels[index]]++ < perClass) chosen.push(index);
  }
  const lacking = taken.findIndex((count) => count < perClass);
  if (lacking >= 0) {
    throw new CourseError(
      `${dataset.name}: expected ${perClass} training images of each class, got ${taken[lacking]} of ` +
        `${dataset.classNames[lacking]}; ask for fewer with --per-class`,
    );
  }
  return subset(
    dataset,
    chosen.sort((a, b) => a - b),
  );
}
