import type * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';
import { buildBaseline, type ModelOptions } from './baseline';

const builders: Readonly<Record<string, (options: ModelOptions) => tf.LayersModel>> = {
  baseline: buildBaseline,
};

/** The names that `buildModel` knows. */
export const modelNames: readonly string[] = Object.keys(builders);

/** Builds the network called `name`. Throws a CourseError that lists the known names for any other. */
export function buildModel(name: string, options: ModelOptions): tf.LayersModel {
  if (!Object.hasOwn(builders, name)) {
    throw new CourseError(`unknown model ${name}; expected one of: ${modelNames.join(', ')}`);
  }
  return builders[name](options);
}
