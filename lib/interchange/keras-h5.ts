import { writeFileAtomically } from '../atomic-file';
import { CourseError } from '../errors';
import type { Classifier } from './classifier';
import { readHdf5, writeHdf5 } from './hdf5';
import { kerasVersion, networkForKeras } from './keras-file';
import { fromKerasModel } from './keras-from-config';
import { kerasWeights, toKerasModel } from './keras-to-config';
import { type ImportOptions, parseJson, reading, readModelFile, toClassifier } from './model-file';
import type { NetworkWeight } from './network';

/**
 * Writes `file`, .h5, the older format for `keras.saving.load_model`: from images as bytes, [batch, height, width,
 * channels], to probabilities. Class names and training facts are attributes of the file.
 * @throws CourseError for a layer that Keras has no equal of, and when the disk refuses.
 */
export async function writeKerasH5(classifier: Classifier, file: string): Promise<void> {
  const network = await networkForKeras(classifier);
  const made = { keras_version: kerasVersion, backend: 'tensorflow' };
  const attributes = new Map<string, ReadonlyMap<string, string | readonly string[]>>();
  const arrays = new Map<string, NetworkWeight>();
  const setAttributes = (path: string, texts: Readonly<Record<string, string | readonly string[]>>) =>
    attributes.set(path, new Map(Object.entries(texts)));
  setAttributes('', {
    ...made,
    model_config: JSON.stringify(toKerasModel(network)),
    class_names: classifier.classNames,
    training: JSON.stringify(classifier.training),
  });
  setAttributes('model_weights', { ...made, layer_names: network.layers.map(({ name }) => name) });
  for (const layer of network.layers) {
    const weights = kerasWeights(layer).map(([name, weight]) => [`${layer.name}/${name}`, weight] as const);
    setAttributes(`model_weights/${layer.name}`, { weight_names: weights.map(([name]) => name) });
    for (const [name, weight] of weights) arrays.set(`model_weights/${layer.name}/${name}`, weight);
  }
  setAttributes('model_weights/top_level_model_weights', { weight_names: [] });
  await writeFileAtomically(file, await writeHdf5({ attributes, arrays }));
}

/**
 * The classifier in a whole model's .h5, which `writeKerasH5`, Keras 3 or Keras 2 wrote; it may come from anywhere.
 * @throws CourseError that names the file, when it is damaged or has something that is not known here.
 */
export async function readKerasH5(file: string, options?: ImportOptions): Promise<Classifier> {
  const bytes = await readModelFile(file);
  return reading(file, async () => {
    const { attributes, arrays } = await readHdf5(bytes, { under: ['model_weights'] });
    const { model_config, class_names, training } = Object.fromEntries(attributes.get('') ?? []);
    if (typeof model_config !== 'string')
      throw new CourseError(
        'expected a whole model, got weights alone; save it with model.save("model.keras")',
      );
    const network = fromKerasModel(parseJson('model_config', model_config), ({ name }) => {
      const folder = `model_weights/${name}`;
      const names = attributes.get(folder)?.get('weight_names') ?? [];
      // What is missing, or not float32, shows in their number; the count of a Normalization is of no use.
      return [names].flat().flatMap((weight) => arrays.get(`${folder}/${weight}`) ?? []);
    });
    const facts = typeof training === 'string' ? parseJson('training', training) : undefined;
    return toClassifier({ network, classNames: class_names, training: facts }, options);
  });
}
