import { kerasActivation, kerasNameOf } from './keras-names';
import { optionsOf, weightShapes } from './layer-kinds';
import type { Network, NetworkLayer, NetworkWeight } from './network';

type Json = Readonly<Record<string, unknown>>;

/** A Keras model as `model.get_config()` gives it, with the name of its class. */
export interface KerasModel {
  readonly class_name: string;
  readonly config: Json;
}

/** `network` with its layers in Keras' order, and without slashes in their names, which Keras allows only in paths. */
export function inKerasTerms(network: Network): Network {
  const names = new Map<string, string>();
  const taken = new Set(network.layers.map(({ name }) => name));
  for (const { name } of network.layers) {
    let allowed = name.replaceAll('/', '_');
    while (allowed !== name && taken.has(allowed)) allowed += '_';
    taken.add(allowed);
    names.set(name, allowed);
  }
  const rename = (name: string) => names.get(name) ?? name;
  const layers = network.layers.map((layer) => ({
    ...layer,
    name: rename(layer.name),
    inputs: layer.inputs.map(rename),
  }));
  return { ...network, layers: inKerasOrder(layers) };
}

/**
 * `network`, its layers in Keras' order, as Keras 3 describes a functional model. Throws a CourseError for a layer that
 * Keras has no equal of.
 */
export function toKerasModel({ name, inputShape, layers }: Network): KerasModel {
  const shapes = new Map(layers.map((layer) => [layer.name, layer.outputShape]));
  const tensor = (input: string) => ({
    class_name: '__keras_tensor__',
    config: { shape: [null, ...(shapes.get(input) ?? [])], dtype: 'float32', keras_history: [input, 0, 0] },
  });
  const end = (layer: NetworkLayer) => [layer.name, 0, 0];
  return {
    class_name: 'Functional',
    config: {
      name,
      trainable: true,
      layers: layers.map((layer) => ({
        module: 'keras.layers',
        class_name: layer.className === 'Normalization' ? 'Rescaling' : layer.className,
        config: { name: layer.name, dtype: 'float32', ...kerasOptions(layer, inputShape) },
        registered_name: null,
        name: layer.name,
        inbound_nodes: layer.inputs.length === 0 ? [] : [{ args: argumentsOf(layer, tensor), kwargs: {} }],
      })),
      input_layers: [end(layers[0])],
      output_layers: [end(layers[layers.length - 1])],
    },
  };
}

/** Layers that merge take one list, all others one tensor. */
function argumentsOf<T>({ className, inputs }: NetworkLayer, tensor: (input: string) => T): (T | T[])[] {
  const tensors = inputs.map(tensor);
  return ['Add', 'Multiply', 'Concatenate'].includes(className) ? [tensors] : tensors;
}

/**
 * Layers as Keras lists and counts them: the farthest from the output first, those equally far in the order of a walk
 * back from the output. Keras stores weights by these places, and takes the order from nothing but the connections.
 */
function inKerasOrder(layers: readonly NetworkLayer[]): readonly NetworkLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const distance = new Map<string, number>();
  for (const { name, inputs } of [...layers].reverse()) {
    const far = distance.get(name) ?? 0;
    distance.set(name, far);
    for (const input of inputs) distance.set(input, Math.max(far + 1, distance.get(input) ?? 0));
  }
  const walked = new Set<string>();
  const walk = (name: string) => {
    if (walked.has(name)) return;
    walked.add(name);
    for (const input of byName.get(name)?.inputs ?? []) walk(input);
  };
  walk(layers[layers.length - 1].name);
  const place = new Map([...walked].map((name, i) => [name, i]));
  const of = (map: ReadonlyMap<string, number>, { name }: NetworkLayer) => map.get(name) ?? 0;
  return [...layers].sort((a, b) => of(distance, b) - of(distance, a) || of(place, a) - of(place, b));
}

function kerasOptions(layer: NetworkLayer, inputShape: readonly number[]): Json {
  if (layer.className === 'InputLayer') return { batch_shape: [null, ...inputShape] };
  // Not Keras' Normalization: it takes a variance and draws its root, which Rescaling's factor spares, and a file with
  // Rescaling computes `normalizeBytes` to the last bit. It takes a number a channel in Keras, though not in TensorFlow.js.
  if (layer.className === 'Normalization') return layer.config;
  const entries = Object.entries(optionsOf(layer)).map(([option, value]) => [
    kerasNameOf(layer.className, option),
    option === 'activation' ? kerasActivation(value) : (value ?? null),
  ]);
  return { trainable: layer.config.trainable !== false, ...Object.fromEntries(entries) };
}

/** The layer's weights in Keras' order, by their short names. */
export function kerasWeights(layer: NetworkLayer): readonly (readonly [string, NetworkWeight])[] {
  if (['InputLayer', 'Normalization'].includes(layer.className)) return [];
  const names = Object.keys(weightShapes(layer, layer.outputShape)); // which there are depends on no shape
  return names.map((name) => [name, layer.weights[name]]);
}
