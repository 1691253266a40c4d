import {
  type DatasetName,
  type ImageDataset,
  loadTestImages,
  loadTrainingImages,
  splitTrainValidation,
  takeStratified,
} from '../../data';
import { cifar10ClassNames, fashionMnistClassNames } from '../../data/catalogue';

/** Images that models are judged by. All have the same size and classes. */
export interface ModelImages {
  /** Height, width and channels. */
  readonly inputShape: readonly [number, number, number];
  /** In the order of the labels, which is the order of a model's outputs. */
  readonly classNames: readonly string[];
  /** For a check in the notebook: images that students may choose by. */
  readonly validation: () => Promise<ImageDataset>;
  /** For the grade: images that they may not. */
  readonly heldOut: () => Promise<ImageDataset>;
}

/**
 * The images of a dataset of the course: 2,000 for validation, which the course never trains on, and of the published test
 * images `count`, default all 10,000, always the same. Their labels are public: whoever trains on test images is not
 * found out. An instructor who has images of their own takes those instead:
 * `{ ...publishedImages('cifar10'), heldOut: () => readImageFolder('photos', { height: 32, width: 32 }) }`.
 */
export function publishedImages(name: DatasetName, { count = 10_000 } = {}): ModelImages {
  return {
    ...(name === 'cifar10'
      ? { inputShape: [32, 32, 3], classNames: cifar10ClassNames }
      : { inputShape: [28, 28, 1], classNames: fashionMnistClassNames }),
    validation: async () => {
      const { validation } = splitTrainValidation(await loadTrainingImages(name, { download: false }));
      return takeStratified(validation, { count: 2000 });
    },
    heldOut: async () => takeStratified(await loadTestImages(name, { download: false }), { count }),
  };
}
