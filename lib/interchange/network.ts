import * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';

/** A weight and its values. */
export interface NetworkWeight {
  readonly shape: readonly number[];
  /** Row-major, of `shape`, in TensorFlow's layout: a convolution's kernel is [height, width, in, out]. */
  readonly data: Float32Array;
}

/** One layer of a network, and where its inputs come from. */
export interface NetworkLayer {
  readonly name: string;
  /** TensorFlow.js's name of the layer's kind, such as `Conv2D`; that of the input is `InputLayer`. */
  readonly className: string;
  /** What the layer was made with, by TensorFlow.js's names. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The names of the layers it reads, in order. */
  readonly inputs: readonly string[];
  /** Without the batch. */
  readonly outputShape: readonly number[];
  /** By their short names: `kernel`, `bias`, `gamma`, `beta`, `moving_mean`, `moving_variance`, `depthwise_kernel`. */
  readonly weights: Readonly<Record<string, NetworkWeight>>;
}

/** A network as data: what every other framework's file is written from. */
export interface Network {
  readonly name: string;
  /** One image's: height, width, channels. */
  readonly inputShape: readonly number[];
  /** Each after those it reads; the first is the input, the last gives the output. */
  readonly layers: readonly NetworkLayer[];
}

/**
 * The layers of `model`, a Sequential or a functional one, each once, with the present values of their weights. Throws a
 * CourseError for a model with several inputs or outputs, one inside another, or a layer that is used twice.
 */
export async function describeNetwork(model: tf.LayersModel): Promise<Network> {
  if (model.inputs.length !== 1 || model.outputs.length !== 1)
    throw new CourseError(`${model.name}: only networks with one input and one output can be exported`);
  const layers = await Promise.all(inOrder(model.outputs[0].sourceLayer).map(describeLayer));
  return { name: model.name, inputShape: model.inputs[0].shape.slice(1) as number[], layers };
}

/** `last` and all layers it depends on, each after its inputs. */
function inOrder(last: tf.layers.Layer): tf.layers.Layer[] {
  const ordered = new Set<tf.layers.Layer>();
  const visit = (layer: tf.layers.Layer) => {
    if (ordered.has(layer)) return;
    for (const input of inputsOf(layer)) visit(input);
    ordered.add(layer);
  };
  visit(last);
  return [...ordered];
}

function inputsOf(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  if (layer.inboundNodes.length > 1)
    throw new CourseError(`${layer.name}: a layer that is used more than once cannot be exported`);
  return layer.inboundNodes[0].inboundLayers;
}

async function describeLayer(layer: tf.layers.Layer): Promise<NetworkLayer> {
  if (layer instanceof tf.LayersModel)
    throw new CourseError(`${layer.name}: a network inside a network cannot be exported`);
  const weights = await Promise.all(
    layer.weights.map(async (weight) => {
      const name = weight.originalName.split('/').pop() ?? weight.originalName;
      const tensor = weight.read();
      return [name, { shape: tensor.shape, data: (await tensor.data()) as Float32Array }] as const;
    }),
  );
  return {
    name: layer.name,
    className: layer.getClassName(),
    config: configOf(layer),
    inputs: inputsOf(layer).map(({ name }) => name),
    outputShape: (layer.outputShape as tf.Shape).slice(1) as number[],
    weights: Object.fromEntries(weights),
  };
}

function configOf(layer: tf.layers.Layer): Readonly<Record<string, unknown>> {
  // TensorFlow.js forgets it for a SeparableConv2D.
  const { depthMultiplier } = layer as { depthMultiplier?: number };
  return { ...(depthMultiplier !== undefined && { depthMultiplier }), ...layer.getConfig() };
}
