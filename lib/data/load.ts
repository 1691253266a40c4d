import { join } from 'node:path';
import { CourseError } from '../errors';
import { dataFolder } from '../paths';
import type { OnProgress } from '../progress';
import { catalogue, cifar10ClassNames, type DatasetName, fashionMnistClassNames } from './catalogue';
import { readCifarBinary } from './cifar10';
import type { ImageDataset } from './dataset';
import { fetchDataset } from './download/fetch';
import { checkFiles, refuseProblems } from './download/verify';
import { readIdx } from './idx';
import { splitTrainValidation } from './split';

export interface LoadOptions {
  /** The data folder; default `COURSE_DATA`, or `data/` in the course. */
  readonly folder?: string;
  /** Whether missing files are fetched; default true. Damaged files are never replaced unasked. */
  readonly download?: boolean;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** A dataset as it is published. */
export interface TrainTest {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

/** A dataset ready for training: `validation` was taken from the published training images. */
export interface Splits extends TrainTest {
  readonly validation: ImageDataset;
}

/** `name` as a known dataset; throws a CourseError that lists them for any other. */
export function parseDatasetName(name: string): DatasetName {
  if (Object.hasOwn(catalogue, name)) return name as DatasetName;
  throw new CourseError(`unknown dataset ${name}; expected one of: ${Object.keys(catalogue).join(', ')}`);
}

/** Where the files of a dataset are. */
export function datasetFolder(name: string, { folder = dataFolder() }: { folder?: string } = {}): string {
  return join(folder, catalogue[parseDatasetName(name)].folder);
}

/**
 * Loads `cifar10` or `fashion-mnist` into memory, after checking its files; fetches them first where they are missing.
 * @throws CourseError when the name is unknown, a file is damaged, or files are missing and cannot be fetched.
 */
export async function loadDataset(name: string, options: LoadOptions = {}): Promise<TrainTest> {
  const { train, test } = await openDataset(name, options);
  return { train: await train(), test: await test() };
}

/** The published training images alone: the test images stay on the disk. Throws as `loadDataset`. */
export async function loadTrainingImages(name: string, options: LoadOptions = {}): Promise<ImageDataset> {
  return (await openDataset(name, options)).train();
}

/** The published test images alone. Throws as `loadDataset`. */
export async function loadTestImages(name: string, options: LoadOptions = {}): Promise<ImageDataset> {
  return (await openDataset(name, options)).test();
}

async function openDataset(name: string, options: LoadOptions): Promise<Readers> {
  const known = parseDatasetName(name);
  const { folder = dataFolder(), download = true, onProgress, signal } = options;
  let problems = await checkFiles(catalogue[known], { folder });
  if (download && problems.length > 0 && problems.every(({ kind }) => kind === 'missing')) {
    await fetchDataset(known, { folder, onProgress, signal });
    problems = [];
  }
  refuseProblems(catalogue[known], problems);
  return readers[known](datasetFolder(known, { folder }));
}

/** CIFAR-10: 50,000 and 10,000 colour photographs, [32, 32, 3], of 10 classes. */
export function loadCifar10(options: LoadOptions = {}): Promise<TrainTest> {
  return loadDataset('cifar10', options);
}

/** Fashion-MNIST: 60,000 and 10,000 grey pictures of clothes, [28, 28, 1], of 10 classes. */
export function loadFashionMnist(options: LoadOptions = {}): Promise<TrainTest> {
  return loadDataset('fashion-mnist', options);
}

/** The dataset with `validationCount` training images set apart: 45,000, 5,000 and 10,000 images for CIFAR-10. */
export async function loadSplits(
  name: string,
  {
    validationCount = 5000,
    seed = 1,
    ...options
  }: LoadOptions & { validationCount?: number; seed?: number } = {},
): Promise<Splits> {
  const { train, test } = await loadDataset(name, options);
  return { ...splitTrainValidation(train, { validationCount, seed }), test };
}

interface Readers {
  readonly train: () => Promise<ImageDataset>;
  readonly test: () => Promise<ImageDataset>;
}

const readers: Readonly<Record<DatasetName, (home: string) => Readers>> = {
  cifar10: (home) => {
    const read = (names: readonly string[]) =>
      readCifarBinary(
        names.map((name) => join(home, `${name}.bin`)),
        { classNames: cifar10ClassNames, name: 'cifar10' },
      );
    return {
      train: () => read([1, 2, 3, 4, 5].map((n) => `data_batch_${n}`)),
      test: () => read(['test_batch']),
    };
  },
  'fashion-mnist': (home) => {
    const read = (part: string) =>
      readIdx(join(home, `${part}-images-idx3-ubyte`), join(home, `${part}-labels-idx1-ubyte`), {
        classNames: fashionMnistClassNames,
        name: 'fashion-mnist',
      });
    return { train: () => read('train'), test: () => read('t10k') };
  },
};
