import { useBackend } from '../backend';
import { predictImages } from '../evaluation';
import type { Classifier } from '../interchange';
import { whyNotCompiled } from '../training';
import type { Engine } from './engine';
import { inputShapeOf, viewsOf } from './model-description';
import { makeWasmEngine } from './wasm-engine';

/**
 * The network in TensorFlow.js, on the best backend of this machine: exactly what `course predict` computes. Where that
 * is WebAssembly, this is `makeWasmEngine`, and says so. The native backend makes a graph for each size of a batch, which
 * takes 30 to 60 ms for the baseline network: there are a few sizes only, all used once before this resolves, and a batch
 * is filled up to the next one.
 */
export async function makeTensorflowEngine(
  classifier: Classifier,
  { maxBatchSize }: { readonly maxBatchSize: number },
): Promise<Engine> {
  const backend = await useBackend();
  if (backend.name === 'wasm') return makeWasmEngine(classifier);
  const { model, normalization } = classifier;
  const [height, width, channels] = inputShapeOf(model);
  const imageSize = height * width * channels;
  const views = viewsOf(classifier);
  const sizes = whyNotCompiled() === undefined ? batchSizesUpTo(maxBatchSize) : [];
  const compute = (pixels: Uint8Array, count: number) =>
    predictImages(model, { pixels, count, height, width, channels }, { normalization, views });
  for (const size of sizes) await compute(new Uint8Array(size * imageSize), size);
  return {
    name: 'tensorflow',
    predict: async (pixels, count) => {
      const size = sizes.find((each) => each >= count) ?? count;
      if (size === count) return compute(pixels, count);
      const filled = new Uint8Array(size * imageSize);
      filled.set(pixels);
      const probabilities = await compute(filled, size);
      return probabilities.slice(0, (probabilities.length / size) * count);
    },
    close: async () => {
      model.dispose();
    },
  };
}

/** 1, 2, 3, 4, 6, 8, 12, 16, 24 ... `largest`: a batch that is filled up grows by less than half. */
export function batchSizesUpTo(largest: number): number[] {
  const sizes = new Set([largest]);
  for (let size = 1; size < largest; size *= 2) {
    sizes.add(size);
    if (size > 1 && 1.5 * size < largest) sizes.add(1.5 * size);
  }
  return [...sizes].sort((a, b) => a - b);
}
