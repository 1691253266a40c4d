import { CourseError } from '../errors';
import type { Classifier } from './classifier';
import { normalizationSteps, stepsOf } from './layer-steps';
import { describeNetwork, type Network, type NetworkLayer } from './network';
import type { Operation, Step } from './operations';

/**
 * What `classifier` computes, operation by operation: from `image`, the bytes of images, over the normalization and the
 * layers to `probabilities`, [numClasses], which is the last one's name. Layers that do nothing when a network
 * predicts, such as dropout, are left out.
 * @throws CourseError for a layer, or a setting of one, that has no operation.
 */
export async function lowerClassifier({
  model,
  normalization,
  classNames,
}: Classifier): Promise<readonly Operation[]> {
  const network = await describeNetwork(model);
  requireImages(network, { channels: normalization.mean.length });
  requireClasses(network, { numClasses: classNames.length });
  const nameOf = uniqueNames();
  const operations: Operation[] = [];
  const results = new Map<string, Result>(); // of each layer
  for (const layer of network.layers) {
    const isInput = layer.className === 'InputLayer';
    const inputs = isInput
      ? [{ name: 'image', shape: network.inputShape }]
      : layer.inputs.map((input) => results.get(input) as Result); // each layer stands after its inputs
    const placed = inOrder(isInput ? normalizationSteps(normalization) : stepsOf(layer, inputs), {
      name: nameOf(isInput ? 'normalization' : layer.name),
      inputs,
      layer,
    });
    operations.push(...placed);
    const last = placed[placed.length - 1];
    results.set(layer.name, last ? { name: last.name, shape: last.outputShape } : inputs[0]);
  }
  return endInProbabilities(operations);
}

/** What a layer gives. */
interface Result {
  readonly name: string;
  /** Without the batch. */
  readonly shape: readonly number[];
}

/** The steps of one layer: the first reads the layer's inputs, each further one the step before. */
function inOrder(
  steps: readonly Step[],
  {
    name,
    inputs,
    layer,
  }: { readonly name: string; readonly inputs: readonly Result[]; readonly layer: NetworkLayer },
): Operation[] {
  let from = inputs;
  return steps.map((step, i) => {
    // A separable convolution alone changes the shape twice.
    const outputShape =
      step.kind === 'depthwise' && i < steps.length - 1
        ? [...layer.outputShape.slice(0, 2), step.kernel.shape[2] * step.kernel.shape[3]]
        : layer.outputShape;
    const operation = {
      ...step,
      name: i === 0 ? name : `${name}/${step.kind}`,
      inputs: from.map((input) => input.name),
      inputShape: from[0].shape,
      outputShape,
    };
    from = [{ name: operation.name, shape: outputShape }];
    return operation;
  });
}

/** Appends softmax where the network ends in logits. */
function endInProbabilities(operations: readonly Operation[]): Operation[] {
  const last = operations[operations.length - 1];
  const name = 'probabilities';
  if (last.kind === 'softmax') return [...operations.slice(0, -1), { ...last, name }];
  const shape = last.outputShape;
  const softmax = {
    kind: 'softmax',
    name,
    inputs: [last.name],
    inputShape: shape,
    outputShape: shape,
  } as const;
  return [...operations, softmax];
}

/**
 * Makes a layer's name one that no operation has yet. TensorFlow.js allows what TensorFlow does; a `/` is kept for the
 * parts of an operation.
 */
function uniqueNames(): (name: string) => string {
  const taken = new Set(['image', 'probabilities', 'classes', 'scores', 'class_names']);
  return (name) => {
    const plain = name.replaceAll('/', '_');
    let unique = plain;
    for (let i = 2; taken.has(unique); i++) unique = `${plain}_${i}`;
    taken.add(unique);
    return unique;
  };
}

function requireImages({ name, inputShape }: Network, { channels }: { readonly channels: number }): void {
  if (inputShape.length === 3 && inputShape.every(Number.isInteger) && inputShape[2] === channels) return;
  throw new CourseError(
    `${name}: expected a network whose input is [height, width, ${channels}], as many channels as the normalization ` +
      `has, got [${inputShape.map((size) => size ?? '?').join(', ')}]; build it for images of one size`,
  );
}

function requireClasses({ name, layers }: Network, { numClasses }: { readonly numClasses: number }): void {
  const { outputShape } = layers[layers.length - 1];
  if (outputShape.length === 1 && outputShape[0] === numClasses) return;
  throw new CourseError(
    `${name}: expected a network whose output is [${numClasses}], one number for each class name, ` +
      `got [${outputShape.join(', ')}]`,
  );
}
