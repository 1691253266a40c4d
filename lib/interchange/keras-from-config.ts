import { CourseError } from '../errors';
import type { NetworkToBuild } from './build-network';
import { activationFrom, optionNameOf } from './keras-names';
import { shown, weightShapes } from './layer-kinds';
import type { NetworkWeight } from './network';

type Json = Readonly<Record<string, unknown>>;
type Layer = NetworkToBuild['layers'][number];

/** Gives the weights of a layer in Keras' order. */
export type WeightsOf = (layer: {
  readonly name: string;
  readonly className: string;
}) => readonly NetworkWeight[];

/**
 * The network of a Keras model, functional or sequential, that may come from anywhere; `weightsOf` is asked for each layer
 * behind the input, in Keras' order. Reads what Keras 3 writes, and Keras 2 where it differs. Nothing of it is run.
 * @throws CourseError for whatever would compute something else here than in Keras.
 */
export function fromKerasModel(model: unknown, weightsOf: WeightsOf): NetworkToBuild {
  const { class_name: className, config } = asObject(model, 'a model');
  const { name, layers: listed, ...rest } = asObject(config, "the model's config");
  if (!['Functional', 'Model', 'Sequential'].includes(className as string) || !Array.isArray(listed))
    throw new CourseError(`expected a Sequential or Functional model, got ${shown(className)}`);
  if (listed.length > 10_000) throw new CourseError(`expected at most 10,000 layers, got ${listed.length}`);
  const entries = listed.map((entry) => asObject(entry, 'a layer'));
  const connected = className === 'Sequential' ? inARow(entries, rest.build_input_shape) : entries;
  const [input, ...others] = connected;
  if (input?.class_name !== 'InputLayer')
    throw new CourseError('expected a model that begins with one input');
  if (className !== 'Sequential') checkEnds(rest, connected);
  return {
    name: typeof name === 'string' ? name : 'keras',
    inputShape: inputShapeOf(asObject(input.config, 'the input')),
    layers: [
      { name: nameOf(input), className: 'InputLayer', config: {}, inputs: [], weights: {} },
      ...others.map((entry) => layerOf(entry, weightsOf)),
    ],
  };
}

function layerOf(entry: Json, weightsOf: WeightsOf): Layer {
  const name = nameOf(entry);
  const className = String(entry.class_name);
  const config = asObject(entry.config, `layer ${shown(name)}`);
  const options = optionsFrom({ name, className, config });
  const layer = { name, className, config: options, inputs: inputsOf(entry.inbound_nodes, name) };
  const weights = weightsOf(layer);
  const scales = [config.scale, config.offset].some(Array.isArray);
  if (className === 'Normalization' || (className === 'Rescaling' && scales))
    return { ...layer, ...normalization(layer, weights), weights: {} };
  const names = Object.keys(weightShapes(layer, [])); // which there are depends on no shape
  if (names.length > 0 && weights.length !== names.length)
    throw new CourseError(
      `layer ${shown(name)}: expected the weights ${names.join(', ')}, got ${weights.length} weights`,
    );
  return { ...layer, weights: Object.fromEntries(names.map((weight, i) => [weight, weights[i]])) };
}

/** Keras' options by TensorFlow.js's names. */
function optionsFrom({ name, className, config }: Pick<Layer, 'name' | 'className' | 'config'>): Json {
  const options: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(config)) {
    const option = optionNameOf(className, key);
    if (Object.hasOwn(usual, option) && value !== usual[option])
      throw new CourseError(
        `layer ${shown(name)}, a ${className}: expected ${shown(usual[option])} as ${key}, got ${shown(value)}`,
      );
    options[option] = option === 'activation' ? activationFrom(value) : value;
  }
  return { ...options, dataFormat: undefined };
}

/** Options of Keras that TensorFlow.js has not; with any other value a layer computes something else. */
const usual: Json = {
  dataFormat: 'channels_last',
  groups: 1,
  negativeSlope: 0,
  threshold: 0,
  keepdims: false,
  rmsScaling: false,
  renorm: false,
  invert: false,
};

/** A layer of the kind that `withPreprocessing` adds, from Keras' Rescaling or Normalization. */
function normalization(
  { name, className, config }: Pick<Layer, 'name' | 'className' | 'config'>,
  weights: readonly NetworkWeight[],
): Pick<Layer, 'className' | 'config'> {
  const given = className === 'Rescaling' ? [config.scale, config.offset] : [config.mean, config.variance];
  const adapted = given.every((each) => each === null || each === undefined);
  const [a, b] = adapted
    ? weights.map(({ data }) => [...data])
    : given.map((each) => [each].flat(4) as number[]);
  for (const numbers of [a, b]) {
    if (!numbers?.length || !numbers.every(Number.isFinite))
      throw new CourseError(
        `layer ${shown(name)}, a ${className}: expected finite numbers, got ${shown(numbers)}`,
      );
  }
  if (className === 'Rescaling') return { className: 'Normalization', config: { scale: a, offset: b } };
  const axis = [config.axis].flat();
  if (axis.length !== 1 || !(axis[0] === -1 || axis[0] === 3))
    throw new CourseError(
      `layer ${shown(name)}, a Normalization: expected -1 as axis, got ${shown(config.axis)}`,
    );
  if (a.length !== b.length)
    throw new CourseError(`layer ${shown(name)}: expected ${a.length} variances, got ${b.length}`);
  const deviation = b.map((each) => Math.max(Math.sqrt(each), 1e-7)); // as Keras does
  return {
    className,
    config: {
      scale: deviation.map((each) => 1 / each),
      offset: a.map((mean, c) => -mean / deviation[c]),
    },
  };
}

/** The layers of a Sequential, each connected to the one before it. */
function inARow(entries: readonly Json[], inputShape: unknown): readonly Json[] {
  const config = asObject(entries[0]?.config ?? {}, 'the first layer');
  const shape = config.batch_shape ?? config.batch_input_shape ?? inputShape;
  const input = { class_name: 'InputLayer', config: { name: 'input', batch_shape: shape } };
  const all = entries[0]?.class_name === 'InputLayer' ? entries : [input, ...entries];
  return all.map((entry, i) => ({
    ...entry,
    inbound_nodes: i === 0 ? [] : [[[nameOf(all[i - 1]), 0, 0, {}]]],
  }));
}

/** Only one input and one output, which is the last layer. */
function checkEnds({ input_layers: inputs, output_layers: outputs }: Json, entries: readonly Json[]): void {
  const names = [inputs, outputs].map((ends) => namesOfEnds(ends));
  const expected = [nameOf(entries[0]), nameOf(entries[entries.length - 1])];
  if (String(names) !== String(expected))
    throw new CourseError(
      `expected one input, ${shown(expected[0])}, and one output, ${shown(expected[1])}, got ${shown(names.flat())}`,
    );
}

/** `["dense", 0, 0]` or, as older Keras has it, a list of such. */
function namesOfEnds(ends: unknown): unknown[] {
  if (!Array.isArray(ends)) return [];
  return Array.isArray(ends[0]) ? ends.map((end) => (Array.isArray(end) ? end[0] : end)) : [ends[0]];
}

/** The names of the layers that a layer reads, from Keras 3's nodes with `args`, or Keras 2's `[["conv", 0, 0, {}]]`. */
function inputsOf(nodes: unknown, name: string): string[] {
  if (!Array.isArray(nodes) || nodes.length !== 1)
    throw new CourseError(
      `layer ${shown(name)}: expected a layer that is used once, got one used ${shown(nodes)}`,
    );
  const [node] = nodes;
  const tensors: unknown[] = Array.isArray(node) ? node : [asObject(node, 'a node').args].flat(2);
  return tensors.map((tensor) => {
    const history = Array.isArray(tensor) ? tensor : historyOf(tensor);
    if (Array.isArray(history) && typeof history[0] === 'string') return history[0];
    throw new CourseError(`layer ${shown(name)}: expected layers as its inputs, got ${shown(tensor)}`);
  });
}

function historyOf(tensor: unknown): unknown {
  return asObject(asObject(tensor, 'an input').config, 'an input').keras_history;
}

function inputShapeOf({ batch_shape, batch_input_shape }: Json): number[] {
  const shape = batch_shape ?? batch_input_shape;
  const sizes = Array.isArray(shape) ? shape.slice(1) : [];
  if (sizes.length === 3 && sizes.every((size) => Number.isInteger(size) && size > 0 && size < 2 ** 16))
    return sizes;
  throw new CourseError(
    `expected a model for images of one size, [batch, height, width, channels], got ${shown(shape)}`,
  );
}

function nameOf(entry: Json): string {
  const name = entry.name ?? asObject(entry.config, 'a layer').name;
  if (typeof name === 'string' && name.length <= 1000) return name;
  throw new CourseError(`expected the name of a layer, got ${shown(name)}`);
}

function asObject(value: unknown, what: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new CourseError(`expected an object as ${what}, got ${shown(value)}`);
}
