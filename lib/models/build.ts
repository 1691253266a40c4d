import type * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';
import { type AirbenchOptions, buildAirbench } from './airbench';
import { buildBaseline, type ModelOptions } from './baseline';
import { buildRegularized, type RegularizedOptions } from './regularized';
import { buildResnet, type ResnetOptions } from './resnet';
import { buildVgg, type VggOptions } from './vgg';

/** What each network can be told; all of it is plain JSON. */
export interface ModelOptionsByName {
  readonly baseline: ModelOptions;
  readonly regularized: RegularizedOptions;
  readonly vgg: VggOptions;
  readonly resnet: ResnetOptions;
  readonly airbench: AirbenchOptions;
}

export type ModelName = keyof ModelOptionsByName;

/** The options of the network `Name`; of one whose name is known only at run time, any that are more than `ModelOptions`. */
export type OptionsOf<Name extends string> = Name extends ModelName
  ? ModelOptionsByName[Name]
  : ModelOptions | (ModelOptions & Readonly<Record<string, unknown>>);

interface Builder<Options extends ModelOptions> {
  readonly build: (options: Options) => tf.LayersModel;
  /** The names of its own options, true each, so that the compiler misses none. */
  readonly own: Readonly<Record<Exclude<keyof Options, keyof ModelOptions>, true>>;
}

const builders: { readonly [Name in ModelName]: Builder<ModelOptionsByName[Name]> } = {
  baseline: { build: buildBaseline, own: {} },
  regularized: {
    build: buildRegularized,
    own: { filters: true, batchNormalization: true, dropout: true, l2: true },
  },
  vgg: { build: buildVgg, own: { blocks: true, dropout: true } },
  resnet: { build: buildResnet, own: { width: true, blocksPerStage: true } },
  airbench: {
    build: buildAirbench,
    own: { widths: true, batchNormMomentum: true, scalingFactor: true, dirac: true },
  },
};

const common: Readonly<Record<keyof ModelOptions, true>> = {
  inputShape: true,
  numClasses: true,
  seed: true,
  output: true,
};

/** The names that `buildModel` knows. */
export const modelNames = Object.keys(builders) as readonly ModelName[];

/**
 * Builds the network called `name`. Throws a CourseError that lists the known names for any other name, and the known
 * options for any other option.
 */
export function buildModel<Name extends string>(name: Name, options: OptionsOf<Name>): tf.LayersModel {
  if (!Object.hasOwn(builders, name)) {
    throw new CourseError(`unknown model ${name}; expected one of: ${modelNames.join(', ')}`);
  }
  const { build, own } = builders[name as ModelName] as Builder<ModelOptions>;
  const known = Object.keys({ ...common, ...own });
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown) {
    throw new CourseError(
      `unknown option ${unknown} of the model ${name}; expected one of: ${known.join(', ')}`,
    );
  }
  return build(options);
}
