import type * as tf from '@tensorflow/tfjs';

/** One layer of a network, as a row of a table. */
export type LayerRow = {
  readonly layer: string;
  /** Such as `Conv2D`. */
  readonly kind: string;
  /** Without the batch, such as `15 x 15 x 32`. */
  readonly output: string;
  readonly parameters: number;
};

/** The layers of `model` with their output shapes and parameter counts, first layer first. */
export function layerRows(model: tf.LayersModel): LayerRow[] {
  return model.layers
    .filter((layer) => layer.getClassName() !== 'InputLayer')
    .map((layer) => ({
      layer: layer.name,
      kind: layer.getClassName(),
      output: (layer.outputShape as number[]).slice(1).join(' x '),
      parameters: layer.countParams(),
    }));
}
