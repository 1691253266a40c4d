/** What can compute a network's answers. */
export const engineNames = ['tensorflow', 'onnx'] as const;

export type EngineName = (typeof engineNames)[number];

/** Computes the class probabilities of images for one network. */
export interface Engine {
  readonly name: EngineName;
  /** From bytes, [count, height, width, channels], to probabilities, [count, numClasses]. */
  predict(pixels: Uint8Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}
