/** What can compute: TensorFlow's native library, a GPU through WebGPU, WebAssembly, plain JavaScript. */
export type BackendName = 'native' | 'webgpu' | 'wasm' | 'cpu';

/** All of them, the fastest first; the choice goes down this list. */
export const backendNames: readonly BackendName[] = ['native', 'webgpu', 'wasm', 'cpu'];

/** A backend that was tried and not taken. */
export interface SkippedBackend {
  readonly name: BackendName;
  readonly reason: string;
}

/** Which backend computes, and why this one. */
export interface BackendReport {
  readonly name: BackendName;
  /** TensorFlow.js's own name of it: `tensorflow`, `webgpu`, `wasm` or `cpu`. */
  readonly tfBackend: string;
  /** Where it computes, such as `CPU, 8 threads` or `NVIDIA H100`. */
  readonly device: string;
  readonly onGpu: boolean;
  /** Of the library that computes, such as `TensorFlow 2.21.0`. */
  readonly version: string;
  readonly reason: string;
  readonly skipped: readonly SkippedBackend[];
  /** What works but not as it should, such as a GPU package that computes on the CPU. */
  readonly warnings: readonly string[];
}

/** A backend that is registered and computes, before it is compared with the others. */
export type WorkingBackend = Omit<BackendReport, 'reason' | 'skipped'>;
