import { existsSync } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CourseError } from '../errors';
import { type Classifier, loadClassifier, saveClassifier } from './classifier';
import { isHdf5 } from './hdf5';
import { readKeras, writeKeras } from './keras-file';
import { readKerasH5, writeKerasH5 } from './keras-h5';
import { classNamesFor, forChannels, type ImportOptions } from './model-file';
import { writeOnnx } from './onnx';
import { readSafetensorsModel, writeSafetensorsModel } from './safetensors-model';
import { writeSavedModel } from './saved-model';

interface ExportFormat {
  /** Of a file; folders have none. */
  readonly extension?: string;
  readonly write: (classifier: Classifier, path: string) => Promise<void>;
  /** One line that loads `path` in the framework, which is given as a quoted text. */
  readonly load: (path: string) => string;
}

const formats = {
  tfjs: {
    write: writeTfjs,
    load: (path) => `tf.loadLayersModel("file://" + ${path} + "/model.json")`,
  },
  savedmodel: {
    write: writeSavedModel,
    load: (path) => `tf.saved_model.load(${path}).signatures["serving_default"]`,
  },
  keras: {
    extension: '.keras',
    write: writeKeras,
    load: (path) => `keras.saving.load_model(${path})`,
  },
  h5: {
    extension: '.h5',
    write: writeKerasH5,
    load: (path) => `keras.saving.load_model(${path})`,
  },
  onnx: {
    extension: '.onnx',
    write: writeOnnx,
    load: (path) => `onnxruntime.InferenceSession(${path})`,
  },
  safetensors: {
    extension: '.safetensors',
    write: writeSafetensorsModel,
    load: (path) => `module.load_state_dict(safetensors.torch.load_file(${path}))`,
  },
} as const satisfies Readonly<Record<string, ExportFormat>>;

export type ExportFormatName = keyof typeof formats;

/** What `exportClassifier` can write. */
export const exportFormats = Object.keys(formats) as readonly ExportFormatName[];

/**
 * Writes `classifier` to `path` in the format `to`: `tfjs` and `savedmodel` are folders, all others files. What is written
 * as `savedmodel`, `keras`, `h5` or `onnx` takes bytes and gives probabilities, as float32; `tfjs` and `safetensors` are
 * the network alone, with the normalization beside it.
 * @throws CourseError for a layer that the format has no equal of, by its name, and when the disk refuses.
 */
export async function exportClassifier(
  classifier: Classifier,
  path: string,
  { to }: { readonly to: ExportFormatName },
): Promise<void> {
  await formats[to].write(classifier, path);
}

/** What comes behind the name of a file in this format, such as `.onnx`; `` for a folder. */
export function extensionOf(format: ExportFormatName): string {
  const { extension = '' }: ExportFormat = formats[format];
  return extension;
}

/** The line that loads an export in its framework. */
export function loadingLine(format: ExportFormatName, path: string): string {
  return formats[format].load(JSON.stringify(path));
}

/**
 * The classifier in a file of Keras, `.keras` or `.h5`, or of safetensors, or in a folder of this course; what it is tells
 * its content, not its name. It may come from anywhere.
 * @throws CourseError that names the file, when it is damaged, or has something that is not known here.
 */
export async function importClassifier(path: string, options: ImportOptions = {}): Promise<Classifier> {
  const found = await stat(path).catch(() => {
    throw new CourseError(`${path}: there is no such file or folder`);
  });
  if (found.isDirectory()) return importFolder(path, options);
  if (basename(path) === 'model.json') return importFolder(dirname(path), options);
  const start = await firstBytes(path, 9);
  if (isHdf5(start)) return readKerasH5(path, options);
  if (start.subarray(0, 4).equals(zipStart)) return readKeras(path, options);
  if (start[8] === openingBrace) return readSafetensorsModel(path, options); // behind the header's length
  throw new CourseError(
    `${path}: not a model that can be read here; those are .keras, .h5, .safetensors, and folders with a model.json`,
  );
}

const zipStart = Buffer.from('PK\x03\x04', 'latin1');
const openingBrace = 0x7b;

async function importFolder(folder: string, options: ImportOptions): Promise<Classifier> {
  if (existsSync(join(folder, 'saved_model.pb')))
    throw new CourseError(
      `${folder}: a SavedModel is written here, but not read; save the network from Keras as .keras, and import that`,
    );
  const classifier = await loadClassifier(folder);
  const { model } = classifier;
  const channels = Number(model.inputs[0].shape[3]);
  return {
    ...classifier,
    classNames: classNamesFor(model, options.classNames ?? classifier.classNames),
    normalization: forChannels(channels, options.normalization ?? classifier.normalization),
  };
}

async function firstBytes(file: string, count: number): Promise<Buffer> {
  try {
    const handle = await open(file, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(count), 0, count, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new CourseError(`${file}: cannot be read: ${(error as Error).message}`);
  }
}

/** `saveClassifier` replaces a folder with all in it; here one was named that may be another. */
async function writeTfjs(classifier: Classifier, folder: string): Promise<void> {
  const others = existsSync(folder) ? await readdir(folder).catch(() => ['a file']) : [];
  if (others.some((name) => !['model.json', 'weights.bin'].includes(name)))
    throw new CourseError(`${folder}: there is something else here; name a new folder`);
  await saveClassifier(classifier, folder);
}
