import * as tf from '@tensorflow/tfjs';

/** The multiply-adds of one layer, as a row of a table. */
export type LayerWork = {
  readonly layer: string;
  /** Such as `Conv2D`. */
  readonly kind: string;
  /** Without the batch, such as `15 x 15 x 32`. */
  readonly output: string;
  /** For one image forward: products that are added up. */
  readonly multiplyAdds: number;
};

/** Floating-point operations for one image: two for each multiply-add, a product and a sum. */
export interface Flop {
  /** Forward. */
  readonly predict: number;
  /**
   * Forward, then twice as much back: one pass for the gradient of the weights, one for that of the layer's input. The
   * first layer needs no second one, since its input is the image.
   */
  readonly train: number;
}

/**
 * The multiply-adds of convolutions and dense layers, first layer first; other layers have no row. Biases, activations and
 * pooling, at most a few percent, do not count. Throws a RangeError for a layer with weights that it cannot count.
 */
export function layerWork(model: tf.LayersModel): LayerWork[] {
  return model.layers.flatMap((layer) => {
    if (layer instanceof tf.LayersModel) return layerWork(layer);
    const kernels = layer.weights.filter(({ name }) => name.includes('kernel'));
    if (kernels.length === 0) return [];
    const kind = layer.getClassName();
    if (!countable.includes(kind))
      throw new RangeError(`${layer.name}: cannot count what a ${kind} computes`);
    const output = (layer.outputShape as number[]).slice(1);
    // Every weight of a kernel takes part once at each place of the output; a dense layer has one place.
    const places = product(output.slice(0, -1));
    const weights = kernels.reduce((sum, { shape }) => sum + product(shape as number[]), 0);
    return [{ layer: layer.name, kind, output: output.join(' x '), multiplyAdds: weights * places }];
  });
}

/** What one image costs `model`, to predict and to train. */
export function flopPerImage(model: tf.LayersModel): Flop {
  const work = layerWork(model).map(({ multiplyAdds }) => multiplyAdds);
  const forward = work.reduce((sum, count) => sum + count, 0);
  const [first = 0] = work;
  return { predict: 2 * forward, train: 2 * (3 * forward - first) };
}

const countable = ['Conv1D', 'Conv2D', 'Conv3D', 'DepthwiseConv2D', 'SeparableConv2D', 'Dense'];

function product(lengths: readonly number[]): number {
  return lengths.reduce((result, length) => result * length, 1);
}
