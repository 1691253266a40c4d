import * as tf from '@tensorflow/tfjs';
import { CourseError } from '../errors';

/** What takes the place of a layer. */
export interface Replacement {
  /** Another layer, not yet used; default a copy. */
  readonly layer?: tf.layers.Layer;
  /** Changes to the configuration of the copy. */
  readonly config?: tf.serialization.ConfigDict;
  /** By their short names, made for this; default the layer's own. */
  readonly weights?: WeightsByName;
}

/** Such as `kernel` and `bias`. TensorFlow.js's own order of a layer's weights depends on which of them are trained. */
export type WeightsByName = Readonly<Record<string, tf.Tensor>>;

export interface RebuildOptions {
  /** What takes the place of a layer; `skip` hands on what the layer would be given. Default a copy of each. */
  readonly replace?: (layer: tf.layers.Layer) => Replacement | 'skip' | undefined;
}

/** The layers that the output of `layer` depends on, and the layer itself, each after its inputs. */
export function layersUpTo(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  const ordered = new Set<tf.layers.Layer>();
  const visit = (each: tf.layers.Layer) => {
    if (ordered.has(each)) return;
    for (const input of inputsOf(each)) visit(input);
    ordered.add(each);
  };
  visit(layer);
  return [...ordered];
}

/** The layers that `layer` reads. Throws a CourseError for what cannot be copied layer by layer. */
export function inputsOf(layer: tf.layers.Layer): readonly tf.layers.Layer[] {
  if (layer instanceof tf.LayersModel || layer.inboundNodes.length > 1) {
    throw new CourseError(
      `${layer.name}: a network with a network inside, or with a layer that is used twice, cannot be a base; choose another`,
    );
  }
  return layer.inboundNodes[0].inboundLayers;
}

/**
 * Puts copies of all layers that lead to `last`, with their weights, on top of `input` in the place of the network's own,
 * and gives what the copy of `last` gives. The layers that are copied stay as they are.
 */
export function rebuild(
  last: tf.layers.Layer,
  input: tf.SymbolicTensor,
  { replace = () => undefined }: RebuildOptions = {},
): tf.SymbolicTensor {
  const outputs = new Map<tf.layers.Layer, tf.SymbolicTensor>();
  for (const layer of layersUpTo(last)) {
    if (layer.getClassName() === 'InputLayer') outputs.set(layer, input);
    else {
      const inputs = inputsOf(layer).map((each) => outputs.get(each) as tf.SymbolicTensor);
      tf.tidy(() => {
        const replacement = replace(layer);
        const only = inputs.length === 1 ? inputs[0] : inputs;
        outputs.set(layer, replacement === 'skip' ? inputs[0] : applyCopy(layer, only, replacement));
      });
    }
  }
  return outputs.get(last) as tf.SymbolicTensor;
}

function applyCopy(
  layer: tf.layers.Layer,
  inputs: tf.SymbolicTensor | tf.SymbolicTensor[],
  { config, layer: other, weights = weightsOf(layer) }: Replacement = {},
): tf.SymbolicTensor {
  const copy = other ?? copyOf(layer, config);
  const output = copy.apply(inputs) as tf.SymbolicTensor;
  for (const weight of copy.weights) weight.write(weights[shortName(weight)]);
  return output;
}

/** The present values of a layer's weights; the layer's own tensors. */
export function weightsOf(layer: tf.layers.Layer): WeightsByName {
  return Object.fromEntries(layer.weights.map((weight) => [shortName(weight), weight.read()]));
}

function shortName({ originalName }: tf.LayerVariable): string {
  return originalName.slice(originalName.lastIndexOf('/') + 1);
}

/** A layer of the same class and configuration, without weights yet. */
function copyOf(layer: tf.layers.Layer, changes: tf.serialization.ConfigDict = {}): tf.layers.Layer {
  const type = layer.constructor as tf.serialization.SerializableConstructor<tf.layers.Layer>;
  return type.fromConfig(type, { ...layer.getConfig(), ...changes });
}
