import { writeFileAtomically } from '../atomic-file';
import { parseNormalization } from '../data';
import { CourseError } from '../errors';
import { decodeSafetensors, encodeSafetensors, type NamedArray, type Safetensors } from '../safetensors';
import type { NetworkToBuild } from './build-network';
import type { Classifier } from './classifier';
import { shown } from './layer-kinds';
import { classifierOf, type ImportOptions, parseJson, reading, readModelFile } from './model-file';
import { describeNetwork } from './network';
import { type NetworkOutline, outlineOf, parseOutline } from './network-outline';
import { fromTorch, type TorchTensor, torchTensors, toTorch } from './torch-layout';

/**
 * Writes `classifier` as `file`, .safetensors, which a PyTorch module of the same layers takes as it is:
 * `module.load_state_dict(safetensors.torch.load_file(file))`. Weights have PyTorch's names and its order, see
 * `torchTensors`. Beside them, as JSON: `network`, the layers without their numbers, `normalization`, `class_names` and
 * `training`.
 * @throws CourseError for a layer that cannot be exported, by its name, or where the disk refuses.
 */
export async function writeSafetensorsModel(classifier: Classifier, file: string): Promise<void> {
  const { model, normalization, classNames, training } = classifier;
  const network = await describeNetwork(model);
  const outline = outlineOf(network);
  const tensors = torchTensors(outline).flatMap((ofLayer, i) =>
    ofLayer.map((tensor) => {
      const { data } = network.layers[i].weights[tensor.weight];
      return [tensor.name, { shape: tensor.shape, data: toTorch(data, tensor) }] as const;
    }),
  );
  const metadata = {
    format: 'pt', // where it is missing, some programs refuse the file
    network: JSON.stringify(outline),
    normalization: JSON.stringify(normalization),
    class_names: JSON.stringify(classNames),
    training: JSON.stringify(training),
  };
  await writeFileAtomically(file, encodeSafetensors({ tensors: Object.fromEntries(tensors), metadata }));
}

/**
 * Reads what `writeSafetensorsModel` wrote or, with `like`, the weights that PyTorch saved of a module with the layers of
 * that model: `safetensors.torch.save_file(module.state_dict(), file)`. The file may come from anywhere.
 * @throws CourseError that names the file, where it is damaged, or its tensors are not those of the network.
 */
export async function readSafetensorsModel(file: string, options: ImportOptions = {}): Promise<Classifier> {
  const bytes = await readModelFile(file);
  const { tensors, metadata } = decodeSafetensors(bytes, { source: file });
  return reading(file, async () => {
    const { network: json, normalization, class_names: classNames, training } = metadata;
    if (!options.like && !json)
      throw new CourseError(
        'it has tensors, but not the network that they belong to; name that, with --like',
      );
    const outline = options.like ? outlineOf(await describeNetwork(options.like)) : parseOutline(json);
    const found = {
      network: withNumbers(outline, tensors),
      normalization: normalization
        ? parseNormalization(parseJson('normalization', normalization))
        : undefined,
      classNames: classNames ? JSON.parse(classNames) : undefined,
      training: training ? parseJson('training', training) : undefined,
    };
    return classifierOf(found, options);
  });
}

/** The network with the file's numbers. */
function withNumbers(outline: NetworkOutline, tensors: Safetensors['tensors']): NetworkToBuild {
  const expected = torchTensors(outline);
  checkTensors(expected.flat(), tensors);
  const layers = outline.layers.map((layer, i) => {
    const weights = expected[i].map((tensor) => {
      const data = fromTorch(finite(tensor.name, tensors[tensor.name]), tensor);
      return [tensor.weight, { shape: layer.weights[tensor.weight], data }] as const;
    });
    return { ...layer, weights: Object.fromEntries(weights) };
  });
  return { ...outline, layers };
}

/** Counts batches in PyTorch's batch normalization, which does nothing with the number unless told to. */
const counter = /(^|\.)num_batches_tracked$/;

/** The file must have exactly the network's tensors. */
function checkTensors(expected: readonly TorchTensor[], tensors: Safetensors['tensors']): void {
  const names = new Set(expected.map(({ name }) => name));
  const extra = Object.keys(tensors).filter((name) => !names.has(name) && !counter.test(name));
  const missing = [...names].filter((name) => !tensors[name]);
  const other = expected
    .filter(({ name, shape }) => tensors[name] && String(tensors[name].shape) !== String(shape))
    .map(
      ({ name, shape }) =>
        `${shown(name)} of [${tensors[name].shape.join(', ')}] instead of [${shape.join(', ')}]`,
    );
  const problems = [
    ...(missing.length > 0 ? [`it lacks ${some(missing.map(shown))}`] : []),
    ...(extra.length > 0 ? [`it has ${some(extra.map(shown))}, which the network has not`] : []),
    ...(other.length > 0 ? [`it has ${some(other)}`] : []),
  ];
  if (problems.length > 0)
    throw new CourseError(`the tensors do not fit the network: ${problems.join('; ')}`);
}

/** The first of a list that may be long. */
function some(texts: readonly string[], most = 3): string {
  const more = texts.length - most;
  return texts.slice(0, most).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Numbers of a weight as float32. */
function finite(name: string, { data }: NamedArray): Float32Array {
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new CourseError(`tensor ${shown(name)}: expected floating-point numbers, got whole ones`);
  const numbers = Float32Array.from(data);
  const place = numbers.findIndex((value) => !Number.isFinite(value));
  if (place < 0) return numbers;
  throw new CourseError(
    `tensor ${shown(name)}: expected finite numbers, got ${data[place]} at ${place}; the training had diverged, or the file is damaged`,
  );
}
