import * as tf from '@tensorflow/tfjs';

export interface AdaptImagesOptions {
  readonly name?: string;
  /** Height, width and channels that it gives. */
  readonly size: readonly [number, number, number];
  /** Of each channel that it gives, for inputs of 0 to 1. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * Makes of images of any size, with values of 0 to 1, what a network was trained on: resized (bilinear, the corners of
 * the pixels aligned), one channel repeated to three, or three mixed to one, and normalized.
 */
export class AdaptImages extends tf.layers.Layer {
  /** @nocollapse */
  static className = 'AdaptImages';
  /** Same way in every step: may become part of a graph. */
  static traceable = true;

  private readonly options: AdaptImagesOptions;

  constructor({ size, mean, std, ...rest }: AdaptImagesOptions) {
    super(rest);
    this.options = { size, mean, std };
  }

  override computeOutputShape([batch]: tf.Shape): tf.Shape {
    return [batch, ...this.options.size];
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { size, mean, std } = this.options;
    const [height, width, channels] = size;
    const given = (Array.isArray(inputs) ? inputs[0] : inputs) as tf.Tensor4D;
    return tf.tidy(() => {
      const sameSize = given.shape[1] === height && given.shape[2] === width;
      const resized = sameSize ? given : tf.image.resizeBilinear(given, [height, width], false, true);
      const colours = withChannels(resized, channels);
      return tf.div(tf.sub(colours, tf.tensor1d([...mean])), tf.tensor1d([...std]));
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { size, mean, std } = this.options;
    return { ...super.getConfig(), size: [...size], mean: [...mean], std: [...std] };
  }
}
tf.serialization.registerClass(AdaptImages);

/** Brightness of red, green and blue: ITU-R BT.601. */
const luma = [0.299, 0.587, 0.114];

function withChannels(images: tf.Tensor4D, channels: number): tf.Tensor4D {
  const given = images.shape[3];
  if (given === channels) return images;
  if (given === 1) return tf.tile(images, [1, 1, 1, channels]);
  return tf.sum(tf.mul(images, tf.tensor1d(luma)), 3, true);
}
