import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { type Normalization, parseNormalization } from '../data';
import { CourseError } from '../errors';

/** A trained network with all that is needed to use it on a picture. */
export interface Classifier {
  readonly model: tf.LayersModel;
  readonly normalization: Normalization;
  /** The name of each output, [numClasses]. */
  readonly classNames: readonly string[];
  /** How it was made: seed, epochs, backend, machine, history; whatever is known, as JSON. */
  readonly training: Readonly<Record<string, unknown>>;
}

/**
 * Writes `classifier` into `folder` as TensorFlow.js's own layers format: `model.json` and `weights.bin`, with the
 * normalization, class names and training facts under `userDefinedMetadata`. The folder appears whole or not at all;
 * one that was there before is replaced.
 */
export async function saveClassifier(classifier: Classifier, folder: string): Promise<void> {
  const { model, normalization, classNames, training } = classifier;
  const target = resolve(folder);
  const temporary = join(dirname(target), `.${basename(target)}-${randomUUID()}`);
  const replaced = `${temporary}-old`;
  const metadata = JSON.parse(JSON.stringify({ normalization, classNames, training })); // it takes no undefined
  model.setUserDefinedMetadata(metadata);
  await mkdir(temporary, { recursive: true });
  try {
    await model.save(tf.io.withSaveHandler((artifacts) => writeArtifacts(artifacts, temporary)));
    const existed = await rename(target, replaced).then(
      () => true,
      () => false,
    );
    await rename(temporary, target);
    if (existed) await rm(replaced, { recursive: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    await rename(replaced, target).catch(() => undefined); // the older model, where it was moved away already
    throw new CourseError(`${folder}: the model could not be saved: ${(error as Error).message}`);
  }
}

/**
 * Reads what `saveClassifier` wrote, to `folder` or, for the folder of a run, to `model` in it. Throws a CourseError that names the file for a missing, damaged or foreign model.
 */
export async function loadClassifier(place: string): Promise<Classifier> {
  const inside = join(place, 'model');
  const folder = existsSync(join(inside, 'model.json')) ? inside : place;
  const file = join(folder, 'model.json');
  const weightsFile = join(folder, 'weights.bin');
  const text = await readFile(file, 'utf8').catch(() => {
    throw new CourseError(`${file}: there is no model here; train one with: npx course train`);
  });
  const weights = await readFile(weightsFile).catch(() => {
    throw new CourseError(`${weightsFile}: the model's weights are missing; train it again`);
  });
  try {
    const description = parseDescription(text);
    const bytes = description.weightSpecs.reduce(
      (sum, spec) => sum + 4 * tf.util.sizeFromShape(spec.shape),
      0,
    );
    if (weights.byteLength !== bytes)
      throw new Error(`expected ${bytes} bytes of weights, got ${weights.byteLength}`);
    const model = await tf.loadLayersModel(tf.io.fromMemory({ ...description, weightData: copyOf(weights) }));
    return { model, ...description.metadata };
  } catch (error) {
    throw new CourseError(`${file}: not a model that this course can read: ${(error as Error).message}`);
  }
}

interface Description {
  readonly modelTopology: object;
  readonly weightSpecs: tf.io.WeightsManifestEntry[];
  readonly metadata: Omit<Classifier, 'model'>;
}

function parseDescription(text: string): Description {
  const json = JSON.parse(text);
  const { normalization, classNames, training = {} } = json.userDefinedMetadata ?? {};
  const weightSpecs = json.weightsManifest?.flatMap(
    (group: tf.io.WeightsManifestConfig[number]) => group.weights,
  );
  if (typeof json.modelTopology !== 'object' || !Array.isArray(weightSpecs))
    throw new Error('no layers in it');
  if (!Array.isArray(classNames)) throw new Error('no class names in it');
  return {
    modelTopology: json.modelTopology,
    weightSpecs,
    metadata: { normalization: parseNormalization(normalization), classNames, training },
  };
}

async function writeArtifacts(artifacts: tf.io.ModelArtifacts, folder: string): Promise<tf.io.SaveResult> {
  const { modelTopology, weightSpecs, weightData, userDefinedMetadata } = artifacts;
  const description = {
    format: 'layers-model',
    generatedBy: artifacts.generatedBy,
    convertedBy: null,
    modelTopology,
    weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
    userDefinedMetadata,
  };
  await writeDurably(
    join(folder, 'weights.bin'),
    new Uint8Array(tf.io.CompositeArrayBuffer.join(weightData)),
  );
  await writeDurably(join(folder, 'model.json'), JSON.stringify(description, null, 1));
  return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
}

async function writeDurably(file: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function copyOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
