import * as tf from '@tensorflow/tfjs';
import { buildBaseline, flopPerImage } from '../models';

/** The networks that are measured. */
export type NetworkName = 'small' | 'large';

/** How its weights are updated; the momentum is Nesterov's. */
export type OptimizerSpec =
  | { readonly name: 'adam'; readonly learningRate: number }
  | { readonly name: 'sgd'; readonly learningRate: number; readonly momentum: number };

/** One layer, as every framework can build it; strides are 1, a pool's its size. */
export type LayerSpec =
  | {
      readonly kind: 'conv';
      readonly filters: number;
      /** Side of the square kernel. */
      readonly kernel: number;
      readonly padding: 'same' | 'valid';
      readonly bias: boolean;
    }
  | { readonly kind: 'maxPool'; readonly size: number }
  | { readonly kind: 'batchNorm'; readonly momentum: number; readonly epsilon: number }
  | { readonly kind: 'relu' }
  | { readonly kind: 'flatten' }
  | { readonly kind: 'dense'; readonly inputs: number; readonly units: number };

/** A network as data: read off our own model and handed to every peer, so that all build the same. */
export interface NetworkSpec {
  readonly name: NetworkName;
  /** Height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  readonly layers: readonly LayerSpec[];
  readonly optimizer: OptimizerSpec;
  /** Trained numbers, without batch normalization's running mean and variance. */
  readonly parameters: number;
  /** Floating-point operations of convolutions and dense layers for one image, two for each multiply-add. */
  readonly flop: { readonly predict: number; readonly train: number };
}

const networks: Readonly<
  Record<NetworkName, { build: () => tf.LayersModel; optimizer: OptimizerSpec; batchSize: number }>
> = {
  small: {
    build: () => buildBaseline({ inputShape: [32, 32, 3], numClasses: 10 }),
    optimizer: { name: 'adam', learningRate: 0.001 },
    batchSize: 64,
  },
  large: {
    build: buildLarge,
    optimizer: { name: 'sgd', learningRate: 0.01, momentum: 0.9 },
    batchSize: 256,
  },
};

export const networkNames = Object.keys(networks) as readonly NetworkName[];

/** Images a training step. */
export function batchSizeOf(name: NetworkName): number {
  return networks[name].batchSize;
}

/** The network on the current backend, not compiled. */
export function buildNetwork(name: NetworkName): tf.LayersModel {
  return networks[name].build();
}

/** The optimizer as TensorFlow.js has it. */
export function buildOptimizer(optimizer: OptimizerSpec): tf.Optimizer {
  return optimizer.name === 'adam'
    ? tf.train.adam(optimizer.learningRate)
    : tf.train.momentum(optimizer.learningRate, optimizer.momentum, true);
}

/** The network as data, with its work counted. */
export function describeNetwork(name: NetworkName): NetworkSpec {
  const model = buildNetwork(name);
  try {
    return {
      name,
      inputShape: model.inputs[0].shape.slice(1) as [number, number, number],
      layers: model.layers.flatMap(describeLayer),
      optimizer: networks[name].optimizer,
      parameters: model.trainableWeights.reduce((sum, { shape }) => sum + sizeOf(shape), 0),
      flop: flopPerImage(model),
    };
  } finally {
    model.dispose();
  }
}

/**
 * Six 3x3 convolutions of 64, 64 and four times 256 filters, pooled after the first, third and fifth, each followed by
 * batch normalization and ReLU: 0.8 GFLOP an image to train, so that convolutions count and overheads do not.
 */
function buildLarge(): tf.Sequential {
  const layers: tf.layers.Layer[] = [tf.layers.inputLayer({ inputShape: [32, 32, 3] })];
  for (const [i, filters] of [64, 64, 256, 256, 256, 256].entries()) {
    const kernelInitializer = tf.initializers.heNormal({ seed: i + 1 });
    layers.push(
      tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', useBias: false, kernelInitializer }),
    );
    if (i % 2 === 0) layers.push(tf.layers.maxPooling2d({ poolSize: 2 }));
    layers.push(tf.layers.batchNormalization({ momentum: 0.9, epsilon: 1e-3 }), tf.layers.reLU());
  }
  layers.push(tf.layers.maxPooling2d({ poolSize: 4 }), tf.layers.flatten()); // [batch, 256]
  layers.push(tf.layers.dense({ units: 10, kernelInitializer: tf.initializers.glorotUniform({ seed: 7 }) }));
  return tf.sequential({ name: 'large', layers });
}

function describeLayer(layer: tf.layers.Layer): LayerSpec[] {
  const config = layer.getConfig();
  const relu: LayerSpec[] = config.activation === 'relu' ? [{ kind: 'relu' }] : [];
  switch (layer.getClassName()) {
    case 'InputLayer':
      return [];
    case 'Conv2D':
      return [
        {
          kind: 'conv',
          filters: config.filters as number,
          kernel: (config.kernelSize as number[])[0],
          padding: config.padding as 'same' | 'valid',
          bias: config.useBias as boolean,
        },
        ...relu,
      ];
    case 'MaxPooling2D':
      return [{ kind: 'maxPool', size: (config.poolSize as number[])[0] }];
    case 'BatchNormalization':
      return [{ kind: 'batchNorm', momentum: config.momentum as number, epsilon: config.epsilon as number }];
    case 'ReLU':
      return [{ kind: 'relu' }];
    case 'Flatten':
      return [{ kind: 'flatten' }];
    case 'Dense':
      return [
        {
          kind: 'dense',
          inputs: (layer.inputSpec[0].axes as Record<string, number>)[-1],
          units: config.units as number,
        },
        ...relu,
      ];
    default:
      throw new RangeError(`${layer.name}: the peers have no ${layer.getClassName()}`);
  }
}

function sizeOf(shape: readonly (number | null)[]): number {
  return shape.reduce<number>((product, length) => product * (length ?? 1), 1);
}
