import { writeFileAtomically } from '../atomic-file';
import type { Classifier } from './classifier';
import { lowerClassifier } from './lower';
import { OnnxBuilder } from './onnx-builder';
import { addOperation } from './onnx-operators';
import { dataType, type OnnxValue, onnxCodec } from './onnx-proto';

/**
 * `classifier` as an ONNX model, opset 17, for ONNX Runtime and others: from `image`, the bytes of images as float32
 * [batch, height, width, channels], to `probabilities`, float32 [batch, numClasses]. The normalization is inside; the
 * class names are in the model's metadata, under `class_names`, as JSON. Inside, images are [channels, height, width],
 * which is all that ONNX knows.
 * @throws CourseError for a layer that cannot be exported, by its name.
 */
export async function toOnnx(classifier: Classifier): Promise<Uint8Array> {
  const operations = await lowerClassifier(classifier);
  const graph = new OnnxBuilder();
  const first = graph.node('Transpose', ['image'], {
    name: 'image/channels_first',
    attributes: { perm: [0, 3, 1, 2] },
  });
  for (const operation of operations) {
    const inputs = operation.inputs.map((input) => (input === 'image' ? first : input));
    addOperation({ ...operation, inputs }, graph);
  }
  return onnxCodec().encode({
    ir_version: 8,
    producer_name: 'image-classification-typescript',
    opset_import: [{ domain: '', version: 17 }],
    metadata_props: [{ key: 'class_names', value: JSON.stringify(classifier.classNames) }],
    graph: {
      name: classifier.model.name,
      node: graph.nodes,
      initializer: graph.initializers,
      input: [imagesOf('image', operations[0].inputShape)],
      output: [imagesOf('probabilities', operations[operations.length - 1].outputShape)],
    },
  });
}

/**
 * Writes `toOnnx` of `classifier` as `file`, whole or not at all.
 * @throws CourseError for a layer that cannot be exported, by its name, or where the disk refuses.
 */
export async function writeOnnx(classifier: Classifier, file: string): Promise<void> {
  await writeFileAtomically(file, await toOnnx(classifier));
}

/** float32 of `shape` for each image of a batch of any size. */
function imagesOf(name: string, shape: readonly number[]): OnnxValue {
  const dim = [{ dim_param: 'batch' }, ...shape.map((size) => ({ dim_value: size }))];
  return { name, type: { tensor_type: { elem_type: dataType.float, shape: { dim } } } };
}
