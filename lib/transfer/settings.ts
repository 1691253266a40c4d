import type { AugmentationSpec } from '../data';
import type { Base } from './base';
import { l2Grid } from './head';

/** All that a transfer experiment depends on besides base, images and seeds; plain JSON, kept with the result. */
export interface TransferSettings {
  /** Strengths of the head's penalty, of which validation images choose. */
  readonly l2s: readonly number[];
  readonly fineTuning: {
    /** The first layer that is trained; null for all. */
    readonly from: string | null;
    readonly epochs: number;
    readonly batchSize: number;
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly augment: readonly AugmentationSpec[];
  };
  readonly fromScratch: {
    readonly batchSize: number;
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly dropout: number;
    readonly augment: readonly AugmentationSpec[];
    /** It trains that long even where the budget of seconds is used up before. */
    readonly leastSteps: number;
  };
}

const flip: AugmentationSpec = { name: 'horizontalFlip' };

/**
 * What was chosen on validation images, with a training set that no run uses. MobileNet is trained from its sixth pair of
 * convolutions on, which is as good as from the first and takes half the time. `height` is that of the images.
 */
export function settingsFor({ model }: Base, { height }: { readonly height: number }): TransferSettings {
  const crop: AugmentationSpec = { name: 'randomCrop', padding: height < 32 ? 2 : Math.round(height / 8) };
  const common = { batchSize: 32, weightDecay: 0.01 };
  return {
    l2s: l2Grid,
    fineTuning:
      model.name === 'mobilenet'
        ? { ...common, from: 'conv_dw_6', epochs: 10, learningRate: 2e-4, augment: [flip] }
        : { ...common, from: null, epochs: 12, learningRate: 3e-4, augment: [flip, crop] },
    fromScratch: {
      batchSize: 32,
      learningRate: 0.003,
      weightDecay: 0.05,
      dropout: 0.1,
      augment: [flip, crop],
      leastSteps: 800,
    },
  };
}
