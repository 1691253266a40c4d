import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { fitStandardization } from '../../../lib/data';
import { colouredImages, colourNetwork } from '../../../lib/grading/model/rehearsal';
import { saveClassifier } from '../../../lib/interchange';

/** Small images of four colours. */
export const kind = { inputShape: [8, 8, 3], classNames: ['red', 'green', 'blue', 'grey'] } as const;

/** Saves a network that knows the colours, or another one, with something wrong if so wished. */
export async function saveModel(
  folder: string,
  {
    model = colourNetwork(colouredImages(kind)),
    classNames = kind.classNames,
  }: { readonly model?: tf.LayersModel; readonly classNames?: readonly string[] } = {},
): Promise<void> {
  const normalization = fitStandardization(colouredImages(kind));
  await saveClassifier({ model, normalization, classNames, training: {} }, folder);
  model.dispose();
}

/** A network that says the same of every image: right on a quarter of them. */
export function constantNetwork(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.globalAveragePooling2d({ inputShape: [...kind.inputShape] }),
      tf.layers.dense({ units: 4, kernelInitializer: 'zeros' }),
    ],
  });
}

/** Writes a model by hand: its layers, as TensorFlow.js names them, and whatever else stands in its file. */
export function writeModelFile(
  folder: string,
  {
    layers,
    weights = new Uint8Array(64),
    manifest = [{ paths: ['weights.bin'], weights: [{ name: 'w', shape: [16], dtype: 'float32' }] }],
  }: { readonly layers: readonly object[]; readonly weights?: Uint8Array; readonly manifest?: object },
): void {
  mkdirSync(folder, { recursive: true });
  const json = {
    format: 'layers-model',
    modelTopology: { class_name: 'Sequential', config: { name: 'hostile', layers } },
    weightsManifest: manifest,
    userDefinedMetadata: {
      normalization: { kind: 'scale', mean: [0, 0, 0], std: [1, 1, 1] },
      classNames: kind.classNames,
    },
  };
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));
  writeFileSync(join(folder, 'weights.bin'), weights);
}

/** A layer as it stands in a model's file. */
export function layer(className: string, config: object): object {
  return { class_name: className, config };
}
