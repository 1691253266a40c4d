/**
 * What can compute a network's answers: TensorFlow.js on the best backend of this machine, which is named `wasm` where
 * that is WebAssembly; ONNX Runtime; WebAssembly, which needs nothing native.
 */
export const engineNames = ['tensorflow', 'onnx', 'wasm'] as const;

export type EngineName = (typeof engineNames)[number];

/** Computes the class probabilities of images for one network. */
export interface Engine {
  readonly name: EngineName;
  /** From bytes, [count, height, width, channels], to probabilities, [count, numClasses]. */
  predict(pixels: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}
