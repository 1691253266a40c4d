import * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';
import { optionsOf, shown, weightShapes } from './layer-kinds';
import type { Network, NetworkLayer } from './network';

/** A network as read from a file: what its layers give is found when it is built. */
export interface NetworkToBuild extends Omit<Network, 'layers'> {
  readonly layers: readonly Omit<NetworkLayer, 'outputShape'>[];
}

const maxInputs = 100;
const maxOutputSize = 2 ** 26; // numbers that a layer gives for one image; beyond it, a file is out to harm

/**
 * The model that `describeNetwork` describes, with its weights; not compiled. Initializers, regularizers and constraints
 * are not kept. The network may come from anywhere: kinds of layers, options and the shapes of the weights are checked
 * before anything is allocated.
 * @throws CourseError that names the layer.
 */
export function buildNetwork({ name, inputShape, layers }: NetworkToBuild): tf.LayersModel {
  const outputs = new Map<string, tf.SymbolicTensor>();
  const made: tf.layers.Layer[] = [];
  try {
    const [first, ...rest] = layers;
    if (first?.className !== 'InputLayer' || rest.length === 0)
      throw new CourseError('expected an input and layers behind it');
    const input = tf.input({ shape: [...inputShape], name: first.name });
    outputs.set(first.name, input);
    let output = input;
    for (const layer of rest) {
      output = addLayer(layer, { outputs, made });
      outputs.set(layer.name, output);
    }
    return tf.model({ name, inputs: input, outputs: output });
  } catch (error) {
    for (const weight of made.flatMap(({ weights }) => weights)) weight.dispose();
    if (error instanceof CourseError) throw error;
    throw new CourseError(`the layers do not fit together: ${(error as Error).message}`);
  }
}

interface Built {
  readonly outputs: ReadonlyMap<string, tf.SymbolicTensor>;
  readonly made: tf.layers.Layer[];
}

function addLayer(layer: NetworkToBuild['layers'][number], { outputs, made }: Built): tf.SymbolicTensor {
  const { name, className, inputs, weights } = layer;
  if (outputs.has(name)) throw new CourseError(`layer ${shown(name)}: there are two of that name`);
  const tensors = inputs.map((input) => {
    const tensor = outputs.get(input);
    if (!tensor)
      throw new CourseError(`layer ${shown(name)}: its input ${shown(input)} is not a layer before it`);
    return tensor;
  });
  if (tensors.length === 0 || tensors.length > maxInputs)
    throw new CourseError(`layer ${shown(name)}: expected 1 to ${maxInputs} inputs, got ${tensors.length}`);
  checkWeights(layer, tensors[0].shape.slice(1) as number[]);
  const trainable = layer.config.trainable !== false;
  const config = {
    ...optionsOf(layer),
    ...startAtZero(className),
    name,
    trainable,
  } as tf.serialization.ConfigDict;
  const [type, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[className];
  const built = fromConfig(type, config) as tf.layers.Layer;
  made.push(built);
  const output = built.apply(tensors.length === 1 ? tensors[0] : tensors) as tf.SymbolicTensor;
  checkOutput(layer, tensors[0].shape.slice(1), output.shape.slice(1));
  tf.tidy(() => {
    for (const weight of built.weights) {
      const { shape, data } = weights[shortName(weight)];
      weight.write(tf.tensor(data, [...shape], 'float32'));
    }
  });
  return output;
}

/** Quick to compute; the values are replaced at once. */
function startAtZero(className: string): object {
  if (className !== 'SeparableConv2D') return { kernelInitializer: 'zeros', depthwiseInitializer: 'zeros' };
  return { depthwiseInitializer: 'zeros', pointwiseInitializer: 'zeros' }; // it refuses to be told of a kernel's
}

function shortName({ originalName }: tf.LayerVariable): string {
  return originalName.slice(originalName.lastIndexOf('/') + 1);
}

/** Before TensorFlow.js allocates: whoever asks for a large layer has to bring its weights. */
function checkWeights(layer: NetworkToBuild['layers'][number], inputShape: readonly number[]): void {
  const expected = weightShapes(layer, inputShape);
  const [names, got] = [expected, layer.weights].map((each) => Object.keys(each).sort().join(', ') || 'none');
  if (names !== got)
    throw new CourseError(`layer ${shown(layer.name)}: expected the weights ${names}, got ${got}`);
  for (const [weight, shape] of Object.entries(expected)) {
    const { shape: actual, data } = layer.weights[weight];
    if (String(actual) !== String(shape) || data.length !== tf.util.sizeFromShape([...shape]))
      throw new CourseError(
        `layer ${shown(layer.name)}: expected a ${weight} of [${shape.join(', ')}], got [${actual.join(', ')}]`,
      );
    if (!data.every(Number.isFinite))
      throw new CourseError(
        `layer ${shown(layer.name)}: expected finite numbers in its ${weight}; the training had diverged, or the file is damaged`,
      );
  }
}

type Shape = readonly (number | null)[];

function checkOutput({ name, className }: NetworkToBuild['layers'][number], from: Shape, to: Shape): void {
  const size = tf.util.sizeFromShape(to as number[]);
  const possible = to.every((one) => Number.isInteger(one) && Number(one) > 0) && size <= maxOutputSize;
  // TensorFlow.js would find out with the first image.
  const keepsNumbers = className !== 'Reshape' || size === tf.util.sizeFromShape(from as number[]);
  if (possible && keepsNumbers) return;
  throw new CourseError(
    `layer ${shown(name)}: it cannot give an output of [${to.join(', ')}] from [${from.join(', ')}]`,
  );
}
