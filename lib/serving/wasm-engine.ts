import { useBackend } from '../backend';
import { predictImages } from '../evaluation';
import type { Classifier } from '../interchange';
import type { Engine } from './engine';
import { inputShapeOf, viewsOf } from './model-description';

/**
 * The network in TensorFlow.js on WebAssembly, for machines where nothing native works. It becomes the backend of this
 * process, and holds it up while it computes.
 */
export async function makeWasmEngine(classifier: Classifier): Promise<Engine> {
  await useBackend({ backend: 'wasm' });
  const { model, normalization } = classifier;
  const [height, width, channels] = inputShapeOf(model);
  const views = viewsOf(classifier);
  return {
    name: 'wasm',
    predict: (pixels, count) =>
      predictImages(model, { pixels, count, height, width, channels }, { normalization, views }),
    close: async () => {
      model.dispose();
    },
  };
}
