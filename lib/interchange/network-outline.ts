import { CourseError } from '../errors';
import { optionsOf, shown } from './layer-kinds';
import { parseJson } from './model-file';
import type { Network, NetworkLayer } from './network';

/** A layer without the numbers of its weights. */
export interface LayerOutline extends Omit<NetworkLayer, 'weights'> {
  /** The shape of each weight. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

/** A network without the numbers of its weights. */
export interface NetworkOutline extends Omit<Network, 'layers'> {
  readonly layers: readonly LayerOutline[];
}

/** `network` without its numbers; of each layer's config what it takes to build it again. */
export function outlineOf({ name, inputShape, layers }: Network): NetworkOutline {
  return {
    name,
    inputShape,
    layers: layers.map((layer) => ({
      ...layer,
      config:
        layer.className === 'InputLayer'
          ? {}
          : { ...optionsOf(layer), trainable: layer.config.trainable !== false },
      weights: Object.fromEntries(
        Object.entries(layer.weights).map(([weight, { shape }]) => [weight, shape]),
      ),
    })),
  };
}

/**
 * An outline from its JSON, which may come from anywhere. Only its form is checked: whether the layers are known and fit
 * together turns out when they are built.
 * @throws CourseError that says what was expected.
 */
export function parseOutline(json: string): NetworkOutline {
  const { name, inputShape, layers } = parseJson('network', json);
  expect(typeof name === 'string', 'a name of the network', name);
  expect(
    isSizes(inputShape) && inputShape.length === 3,
    'height, width and channels as inputShape',
    inputShape,
  );
  expect(
    Array.isArray(layers) && layers.length <= maxLayers,
    `a list of at most ${maxLayers} layers`,
    layers,
  );
  const parsed = layers.map(parseLayer);
  const names = new Set(parsed.map((layer) => layer.name));
  expect(names.size === parsed.length, `${parsed.length} different names of layers`, names.size);
  return { name, inputShape, layers: parsed };
}

const maxLayers = 10_000;

function parseLayer(value: unknown): LayerOutline {
  const { name, className, config, inputs, outputShape, weights } = fieldsOf(value, 'a layer');
  expect(typeof name === 'string' && name.length <= 1000, 'the name of a layer', name);
  const of = `of layer ${shown(name)}`;
  expect(typeof className === 'string', `the kind ${of}`, className);
  expect(
    Array.isArray(inputs) && inputs.every((input) => typeof input === 'string'),
    `the inputs ${of}`,
    inputs,
  );
  expect(isSizes(outputShape), `the outputShape ${of}`, outputShape);
  const shapes = Object.entries(fieldsOf(weights, `the weights ${of}`)).map(([weight, shape]) => {
    expect(isSizes(shape), `the shape of ${shown(weight)} ${of}`, shape);
    return [weight, shape] as const;
  });
  return {
    name,
    className,
    config: fieldsOf(config, `the config ${of}`),
    inputs,
    outputShape,
    weights: Object.fromEntries(shapes),
  };
}

function fieldsOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  expect(typeof value === 'object' && value !== null && !Array.isArray(value), `an object as ${what}`, value);
  return value as Readonly<Record<string, unknown>>;
}

function isSizes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length >= 1 &&
    value.length <= 8 &&
    value.every((one) => Number.isInteger(one) && one > 0 && one < 2 ** 31)
  );
}

function expect(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new CourseError(`expected ${expected}, got ${shown(came)}`);
}
