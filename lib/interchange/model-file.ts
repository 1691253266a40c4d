import { readFile, stat } from 'node:fs/promises';
import type * as tf from '@tensorflow/tfjs';
import { type Normalization, scaleOnly } from '../data';
import { CourseError } from '../errors';
import { buildNetwork, type NetworkToBuild } from './build-network';
import type { Classifier } from './classifier';
import { shown } from './layer-kinds';
import { withoutPreprocessing } from './preprocessing';

/** What a file may not say of its classifier. */
export interface ImportOptions {
  /** Default: those in the file, else `class 0`, `class 1` and so on. */
  readonly classNames?: readonly string[];
  /** Default: that of the file's first layer, else values in [0, 1]. One of a single channel stands for all channels. */
  readonly normalization?: Normalization;
  /** A network with the file's layers, for a file that has weights alone; it is left as it is. */
  readonly like?: tf.LayersModel;
}

const maxFileBytes = 2 ** 30;

/** The bytes of a model's file. Throws a CourseError when it cannot be read or is larger than 1 GiB. */
export async function readModelFile(file: string): Promise<Uint8Array> {
  const { size } = await stat(file).catch(() => {
    throw new CourseError(`${file}: there is no such file`);
  });
  if (size > maxFileBytes)
    throw new CourseError(`${file}: expected at most ${maxFileBytes} bytes, got ${size}`);
  return readFile(file).catch((error: Error) => {
    throw new CourseError(`${file}: cannot be read: ${error.message}`);
  });
}

/** Runs `read`, and names `file` in whatever goes wrong in it: an error in reading is one of the file. */
export async function reading<T>(file: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    throw new CourseError(`${file}: ${cause.message}`, { cause });
  }
}

/** An object of JSON, from UTF-8; `name` says where it stands. */
export function parseJson(name: string, text: Uint8Array | string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(typeof text === 'string' ? text : new TextDecoder().decode(text));
    if (isObject(value)) return value;
  } catch (error) {
    throw new CourseError(`${name}: expected JSON: ${shown((error as Error).message)}`);
  }
  throw new CourseError(`${name}: expected an object of JSON`);
}

/** A network from a file with what the file says beside it. */
export interface FoundModel {
  readonly network: NetworkToBuild;
  readonly classNames?: unknown;
  readonly training?: unknown;
}

/** The classifier of a network that was read: without the layers that take bytes and give probabilities. */
export function toClassifier(found: FoundModel, options: ImportOptions = {}): Classifier {
  return classifierOf({ ...found, ...withoutPreprocessing(found.network) }, options);
}

/** The classifier of a network that has no such layers, but maybe a normalization beside it. */
export function classifierOf(
  { network, normalization, classNames, training }: FoundModel & { readonly normalization?: Normalization },
  options: ImportOptions = {},
): Classifier {
  const model = buildNetwork(network);
  try {
    const channels = network.inputShape[2];
    return {
      model,
      normalization: forChannels(channels, options.normalization ?? normalization ?? scaleOnly(channels)),
      classNames: classNamesFor(model, options.classNames ?? classNames),
      training: isObject(training) ? training : {},
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** `normalization`, where it fits that number of channels. Throws a CourseError where not. */
export function forChannels(channels: number, normalization: Normalization): Normalization {
  const { kind, mean, std } = normalization;
  if (mean.length === channels) return normalization;
  if (mean.length === 1)
    return { kind, mean: new Array(channels).fill(mean[0]), std: new Array(channels).fill(std[0]) };
  throw new CourseError(
    `expected a normalization of ${channels} channels, as the network has, got ${mean.length}`,
  );
}

/** `names`, where there is one for each output of `model`; numbered ones for undefined. Throws a CourseError. */
export function classNamesFor(model: tf.LayersModel, names: unknown): readonly string[] {
  const [, numClasses, ...more] = model.outputs[0].shape;
  if (more.length > 0 || typeof numClasses !== 'number')
    throw new CourseError(
      `expected an output of one number a class, got [${model.outputs[0].shape.join(', ')}]`,
    );
  if (names === undefined) return Array.from({ length: numClasses }, (_, i) => `class ${i}`);
  if (Array.isArray(names) && names.every((name) => typeof name === 'string') && names.length === numClasses)
    return names;
  throw new CourseError(
    `expected ${numClasses} class names, one for each output, got ${Array.isArray(names) ? names.length : typeof names}; name them`,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
