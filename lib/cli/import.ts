import { basename, extname } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { useBackend } from '../backend';
import type { Normalization } from '../data';
import { CourseError } from '../errors';
import {
  type Classifier,
  exportClassifier,
  type ImportOptions,
  importClassifier,
  loadClassifier,
} from '../interchange';
import { buildModel, type ModelOptions } from '../models';
import { count } from './format';

interface ImportCommandOptions {
  readonly out?: string;
  readonly classes?: readonly string[];
  readonly normalization?: NormalizationName;
  readonly model?: string;
  readonly shape: readonly [number, number, number];
  readonly like?: string;
  readonly json?: boolean;
}

/** `course import`: a model of another framework as one that `course predict` and `evaluate` take. */
export function importCommand(): Command {
  return new Command('import')
    .description('read a model of Keras (.keras, .h5) or PyTorch (.safetensors)')
    .argument('<file>', 'file or folder of the model')
    .option('--out <folder>', 'where to put the model (default: here, named like the file)')
    .option('--classes <names>', 'names of the outputs, with commas between', commaSeparated)
    .addOption(
      new Option(
        '--normalization <name>',
        'what the network takes for a byte, where the file does not say (default: unit)',
      ).choices(Object.keys(normalizations)),
    )
    .addOption(
      new Option('--model <name>', "of weights alone: the course's network that they belong to").conflicts(
        'like',
      ),
    )
    .option('--shape <sizes>', 'with --model: height x width x channels', sizes, [32, 32, 3])
    .option('--like <folder>', 'of weights alone: a model with the same layers')
    .option('--json', 'print the result as JSON')
    .action(async (file: string, { out, json, ...options }: ImportCommandOptions) => {
      await useBackend();
      const classifier = await importClassifier(file, await importOptions(options));
      const folder = out ?? basename(file, extname(file));
      await exportClassifier(withSource(classifier, file), folder, { to: 'tfjs' });
      const [, ...shape] = classifier.model.inputs[0].shape;
      const { classNames, normalization } = classifier;
      const parameters = classifier.model.countParams();
      if (json) console.log(JSON.stringify({ file, folder, shape, parameters, classNames, normalization }));
      else {
        console.log(`${file} -> ${folder}: ${count(parameters)} weights, images of ${shape.join(' x ')}`);
        console.log(
          `classes: ${classNames.join(', ')}\nuse it with: npx course predict photo.jpg --model ${folder}`,
        );
      }
    });
}

type NormalizationName = keyof typeof normalizations;

/** By what a byte becomes: 0 to 1, -1 to 1, or itself. One channel stands for all. */
const normalizations = {
  unit: { kind: 'scale', mean: [0], std: [1] },
  symmetric: { kind: 'standardize', mean: [0.5], std: [0.5] },
  bytes: { kind: 'standardize', mean: [0], std: [1 / 255] },
} as const satisfies Readonly<Record<string, Normalization>>;

async function importOptions({
  classes,
  normalization,
  model,
  shape,
  like,
}: Omit<ImportCommandOptions, 'out' | 'json'>): Promise<ImportOptions> {
  const given = { classNames: classes, normalization: normalization && normalizations[normalization] };
  if (model) {
    if (!classes) throw new CourseError('--model: how many outputs it has is not known; add --classes');
    return { ...given, like: build(model, { inputShape: shape, numClasses: classes.length }) };
  }
  if (like === undefined) return given;
  const example = await loadClassifier(like);
  return {
    like: example.model,
    classNames: classes ?? example.classNames,
    normalization: given.normalization ?? example.normalization,
  };
}

/** TensorFlow.js throws its own errors where the images are too small. */
function build(name: string, options: ModelOptions) {
  try {
    return buildModel(name, options);
  } catch (error) {
    if (error instanceof CourseError) throw error;
    throw new CourseError(
      `--model ${name} --shape ${options.inputShape.join('x')}: ${(error as Error).message}`,
    );
  }
}

function withSource(classifier: Classifier, file: string): Classifier {
  return { ...classifier, training: { ...classifier.training, importedFrom: basename(file) } };
}

function commaSeparated(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('expected names with commas between.');
}

function sizes(text: string): readonly [number, number, number] {
  const [height, width, channels, ...more] = text.split(/[x ,]+/).map(Number);
  if (more.length === 0 && [height, width, channels].every((size) => Number.isInteger(size) && size > 0))
    return [height, width, channels];
  throw new InvalidArgumentError('expected height x width x channels, such as 28x28x1.');
}
