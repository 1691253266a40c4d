import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeError, writeFileAtomically } from '../atomic-file';
import { CourseError } from '../errors';
import type { Classifier } from './classifier';
import { lowerClassifier } from './lower';
import { shapeOf, TensorflowBuilder } from './saved-model-builder';
import { addOperation } from './saved-model-operators';
import { dataType, type Signature, savedModelCodec, type TensorInfo } from './saved-model-proto';

/** The last version that changed the meaning of a graph, of 2019; since then they count days: tensorflow/core/public/version.h */
const graphVersion = 30;

/**
 * `classifier` as the `saved_model.pb` of a TensorFlow SavedModel: a graph with the weights as constants, tagged
 * `serve`, with two signatures that take `image`, the bytes of images as float32 [batch, height, width, channels].
 * `serving_default` answers `probabilities`, float32 [batch, numClasses]; `top_classes` answers `classes`, the names of
 * the classes from the most to the least probable, and their probabilities as `scores`, both [batch, numClasses].
 * @throws CourseError for a layer that cannot be exported, by its name.
 */
export async function toSavedModel(classifier: Classifier): Promise<Uint8Array> {
  const operations = await lowerClassifier(classifier);
  const { inputShape } = operations[0];
  const numClasses = classifier.classNames.length;
  const graph = new TensorflowBuilder();
  graph.add('Placeholder', [], {
    name: 'image',
    attributes: { dtype: { type: dataType.float }, shape: { shape: shapeOf([-1, ...inputShape]) } },
  });
  for (const operation of operations) addOperation(operation, graph);
  addTopClasses(graph, classifier.classNames);

  const inputs = { image: tensor('image:0', { shape: inputShape }) };
  const each = { shape: [numClasses] };
  const top = {
    classes: tensor('classes:0', { ...each, dtype: dataType.string }),
    scores: tensor('scores:0', each),
  };
  return savedModelCodec().encode({
    saved_model_schema_version: 1,
    meta_graphs: [
      {
        meta_info_def: { tags: ['serve'], stripped_default_attrs: true },
        graph_def: { node: graph.nodes, versions: { producer: graphVersion } },
        signature_def: {
          serving_default: signature(inputs, { probabilities: tensor('probabilities:0', each) }),
          top_classes: signature(inputs, top),
        },
      },
    ],
  });
}

/**
 * Writes `toSavedModel` of `classifier` into `folder`, which is made where it is missing; its file appears whole or not
 * at all. TensorFlow Serving wants a folder with a number inside one with the model's name, such as `airbench/1`.
 * @throws CourseError for a layer that cannot be exported, by its name, for a folder that holds anything but such a
 * file, or where the disk refuses.
 */
export async function writeSavedModel(classifier: Classifier, folder: string): Promise<void> {
  const content = await toSavedModel(classifier);
  const name = 'saved_model.pb';
  const others = await makeFolder(folder).catch((error) => {
    throw writeError(folder, error);
  });
  if (others.some((other) => other !== name))
    throw new CourseError(`${folder}: there is something else in this folder; name a new one`);
  await writeFileAtomically(join(folder, name), content);
}

/** Makes `folder` where it is missing; answers what is in it. */
async function makeFolder(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return readdir(folder);
}

/** The class names sorted by each image's probabilities. */
function addTopClasses(graph: TensorflowBuilder, classNames: readonly string[]): void {
  const count = graph.integer('scores/count', classNames.length);
  const scores = graph.node('TopKV2', ['probabilities', count], { name: 'scores' });
  graph.add(
    'GatherV2',
    [graph.texts('class_names', classNames), `${scores}:1`, graph.integer('classes/axis', 0)],
    {
      name: 'classes',
      attributes: {
        Tparams: { type: dataType.string },
        Tindices: { type: dataType.int32 },
        Taxis: { type: dataType.int32 },
      },
    },
  );
}

/** Of a batch of any size. */
function tensor(
  name: string,
  { shape, dtype = dataType.float }: { readonly shape: readonly number[]; readonly dtype?: number },
): TensorInfo {
  return { name, dtype, tensor_shape: shapeOf([-1, ...shape]) };
}

function signature(inputs: Signature['inputs'], outputs: Signature['outputs']): Signature {
  return { inputs, outputs, method_name: 'tensorflow/serving/predict' }; // TensorFlow Serving asks for this name
}
