import { writeFileAtomically } from '../atomic-file';
import { CourseError } from '../errors';
import type { Classifier } from './classifier';
import { readHdf5, writeHdf5 } from './hdf5';
import { fromKerasModel } from './keras-from-config';
import { snakeCase } from './keras-names';
import { inKerasTerms, kerasWeights, toKerasModel } from './keras-to-config';
import { readZip, writeZip } from './keras-zip';
import { type ImportOptions, parseJson, reading, readModelFile, toClassifier } from './model-file';
import { describeNetwork, type Network, type NetworkWeight } from './network';
import { withPreprocessing } from './preprocessing';

/** Written into the files; this version's format is the one that is tested. */
export const kerasVersion = '3.15.0';

/**
 * Writes `file`, .keras, for `keras.saving.load_model`: from images as bytes, [batch, height, width, channels], to
 * probabilities. Class names and training facts are in its metadata.json, where Keras lets them be.
 * @throws CourseError for a layer that Keras has no equal of, and when the disk refuses.
 */
export async function writeKeras(classifier: Classifier, file: string): Promise<void> {
  const { classNames, training } = classifier;
  const network = await networkForKeras(classifier);
  const model = {
    module: 'keras.src.models.functional',
    ...toKerasModel(network),
    registered_name: 'Functional',
  };
  const folderOf = weightFolders();
  const arrays = network.layers.flatMap((layer): [string, NetworkWeight][] => {
    const folder = folderOf(layer.className === 'Normalization' ? 'Rescaling' : layer.className);
    return kerasWeights(layer).map(([, weight], i) => [`${folder}/${i}`, weight]);
  });
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const entries = {
    'metadata.json': json({ keras_version: kerasVersion, class_names: classNames, training }),
    'config.json': json(model),
    'model.weights.h5': await writeHdf5({ attributes: new Map(), arrays: new Map(arrays) }),
  };
  await writeFileAtomically(file, writeZip(entries));
}

/**
 * The classifier in a .keras file, which `writeKeras` or Keras 3 wrote; it may come from anywhere.
 * @throws CourseError that names the file, when it is damaged or has something that is not known here.
 */
export async function readKeras(file: string, options?: ImportOptions): Promise<Classifier> {
  const bytes = await readModelFile(file);
  return reading(file, async () => {
    const entries = readZip(bytes, ['metadata.json', 'config.json', 'model.weights.h5']);
    const entry = (name: string) => {
      const content = entries.get(name);
      if (!content) throw new CourseError(`expected a .keras file, with ${name} in it`);
      return content;
    };
    const model = parseJson('config.json', entry('config.json'));
    const metadata = parseJson('metadata.json', entry('metadata.json'));
    const { arrays } = await readHdf5(entry('model.weights.h5'), { under: ['layers'] });
    const folderOf = weightFolders();
    const network = fromKerasModel(model, ({ className }) => {
      const folder = folderOf(className);
      const weights: NetworkWeight[] = [];
      for (let next = arrays.get(`${folder}/0`); next; next = arrays.get(`${folder}/${weights.length}`))
        weights.push(next);
      return weights;
    });
    return toClassifier({ network, classNames: metadata.class_names, training: metadata.training }, options);
  });
}

/** What Keras is given: from bytes to probabilities, in its terms. */
export async function networkForKeras({ model, normalization }: Classifier): Promise<Network> {
  return inKerasTerms(withPreprocessing(await describeNetwork(model), normalization));
}

/** Where the weights of one layer after the other are: layers are counted by class, not named. */
function weightFolders(): (className: string) => string {
  const counts = new Map<string, number>();
  return (className) => {
    const name = snakeCase(className);
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return `layers/${count === 0 ? name : `${name}_${count}`}/vars`;
  };
}
