import { CourseError } from '../../errors';
import { type Augmentation, compose } from './augmentation';
import { cutout } from './cutout';
import { alternatingFlip, horizontalFlip } from './flip';
import { brightness, contrast } from './light';
import { randomCrop, shift } from './shift';
import { rotate, zoom } from './warp';

const builders = {
  alternatingFlip,
  brightness,
  contrast,
  cutout,
  horizontalFlip,
  randomCrop,
  rotate,
  shift,
  zoom,
} as const;

type Builders = typeof builders;

/** One augmentation as plain JSON: the function's name beside its options, such as `{ name: 'randomCrop', padding: 4 }`. */
export type AugmentationSpec = {
  [Name in keyof Builders]: { readonly name: Name } & NonNullable<Parameters<Builders[Name]>[0]>;
}[keyof Builders];

export const augmentationNames: readonly string[] = Object.keys(builders);

/**
 * The augmentations that `specs` describe, one after the other; undefined where there are none. `seed` is for those that
 * have one. Throws a CourseError for a name that is not known.
 */
export function buildAugmentation(
  specs: readonly AugmentationSpec[],
  { seed = 1 }: { seed?: number } = {},
): Augmentation | undefined {
  if (specs.length === 0) return undefined;
  return compose(
    ...specs.map(({ name, ...options }) => {
      if (!Object.hasOwn(builders, name)) {
        throw new CourseError(
          `unknown augmentation ${name}; expected one of: ${augmentationNames.join(', ')}`,
        );
      }
      const build = builders[name] as (options: object) => Augmentation;
      return build({ seed, ...options });
    }),
  );
}
