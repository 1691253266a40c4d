import { CourseError } from '../errors';
import { shown } from './layer-kinds';
import type { LayerOutline, NetworkOutline } from './network-outline';

/** Which of TensorFlow's features comes first, second and so on in PyTorch. */
export type FeatureOrder = Int32Array;

/**
 * The order of what a layer gives, by its name, where PyTorch has another one than TensorFlow: flattened images, which
 * PyTorch takes channel by channel and TensorFlow pixel by pixel, and what is made of them up to the next dense layer.
 * @throws CourseError for a layer that mixes them up.
 */
export function featureOrders({ layers }: NetworkOutline): ReadonlyMap<string, FeatureOrder> {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  const orders = new Map<string, FeatureOrder>();
  let numbers = 0;
  for (const layer of layers) {
    const inputs = layer.inputs.flatMap((name) => byName.get(name) ?? []);
    const isReordered = inputs.some(({ name }) => orders.has(name)) || flattensImages(layer, inputs);
    if (!isReordered || layer.className === 'Dense') continue; // the rows of a dense layer's kernel are put in order
    numbers += layer.outputShape[0];
    if (numbers > maxNumbers)
      throw new CourseError(
        `layer ${shown(layer.name)}: expected at most ${maxNumbers} flattened numbers, got ${numbers}`,
      );
    orders.set(layer.name, orderAfter(layer, inputs, orders));
  }
  return orders;
}

const maxNumbers = 2 ** 24; // far more than networks flatten; beyond it, a file is out to harm

/** Whether a layer flattens images that PyTorch would flatten in another order. */
function flattensImages({ className, outputShape }: LayerOutline, inputs: readonly LayerOutline[]): boolean {
  if (!['Flatten', 'Reshape'].includes(className) || outputShape.length !== 1) return false;
  const [height, width, channels] = inputs[0]?.outputShape ?? [];
  return height * width > 1 && channels > 1 && height * width * channels === outputShape[0];
}

function orderAfter(
  layer: LayerOutline,
  inputs: readonly LayerOutline[],
  orders: ReadonlyMap<string, FeatureOrder>,
): FeatureOrder {
  const { name, className, outputShape } = layer;
  const [length, ...more] = outputShape;
  const given = inputs.map((input) => orders.get(input.name));
  if (given.every((order) => order === undefined)) return channelsFirst(inputs[0].outputShape);
  const lengths = inputs.map((input) => input.outputShape[0]);
  const total = lengths.reduce((sum, each) => sum + each, 0);
  if (className === 'Concatenate' && total === length) {
    const result = new Int32Array(length);
    let start = 0;
    for (const [i, order] of given.entries()) {
      for (let at = 0; at < lengths[i]; at++) result[start + at] = start + (order ? order[at] : at);
      start += lengths[i];
    }
    return result;
  }
  const [first] = given;
  const isElementwise = more.length === 0 && lengths.every((each) => each === length);
  if (first && isElementwise && given.every((order) => order?.every((place, i) => place === first[i])))
    return first;
  throw new CourseError(
    `layer ${shown(name)}: PyTorch has no counterpart for the ${className} of flattened images; pool them instead`,
  );
}

/** The places of [height, width, channels] numbers in the order of [channels, height, width]. */
function channelsFirst([height, width, channels]: readonly number[]): FeatureOrder {
  const pixels = height * width;
  return Int32Array.from(
    { length: pixels * channels },
    (_, i) => (i % pixels) * channels + Math.floor(i / pixels),
  );
}
