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
   * Forward, then as much again for the gradient of the kernel, where it is trained, and for that of the layer's input,
   * where something before it is trained. The first layer's input is the image, which needs no gradient.
   */
  readonly train: number;
}

/**
 * The multiply-adds of convolutions and dense layers, first layer first; other layers have no row. Biases, activations,
 * pooling, normalization and sums, at most a few percent, do not count. Throws a RangeError for a layer with weights that
 * it cannot count.
 */
export function layerWork(model: tf.LayersModel): LayerWork[] {
  return flatLayers(model).flatMap((layer) => {
    const multiplyAdds = multiplyAddsOf(layer);
    if (multiplyAdds === undefined) return [];
    const output = (layer.outputShape as number[]).slice(1).join(' x ');
    return [{ layer: layer.name, kind: layer.getClassName(), output, multiplyAdds }];
  });
}

/** What one image costs `model`, to predict and to train. */
export function flopPerImage(model: tf.LayersModel): Flop {
  let predict = 0;
  let train = 0;
  let trainsBefore = false; // whether the gradient must get through the layer, to weights before it
  for (const layer of flatLayers(model)) {
    const flop = 2 * (multiplyAddsOf(layer) ?? 0);
    const trainsKernel = layer.trainableWeights.some(isKernel);
    predict += flop;
    train += flop * (1 + Number(trainsKernel) + Number(trainsBefore));
    trainsBefore ||= layer.trainableWeights.length > 0;
  }
  return { predict, train };
}

/** The layers in the order of computation, those of a model that is a layer in its place. */
function flatLayers(model: tf.LayersModel): tf.layers.Layer[] {
  return model.layers.flatMap((layer) => (layer instanceof tf.LayersModel ? flatLayers(layer) : [layer]));
}

function isKernel({ name }: tf.LayerVariable): boolean {
  return name.includes('kernel');
}

/** Undefined for a layer without kernels. */
function multiplyAddsOf(layer: tf.layers.Layer): number | undefined {
  const kernels = layer.weights.filter(isKernel);
  if (kernels.length === 0) return undefined;
  const kind = layer.getClassName();
  if (!countable.includes(kind)) throw new RangeError(`${layer.name}: cannot count what a ${kind} computes`);
  // Every weight of a kernel takes part once at each place of the output; a dense layer has one place.
  const places = product((layer.outputShape as number[]).slice(1, -1));
  const weights = kernels.reduce((sum, { shape }) => sum + product(shape as number[]), 0);
  return weights * places;
}

const countable = ['Conv1D', 'Conv2D', 'Conv3D', 'DepthwiseConv2D', 'SeparableConv2D', 'Dense'];

function product(lengths: readonly number[]): number {
  return lengths.reduce((result, length) => result * length, 1);
}
