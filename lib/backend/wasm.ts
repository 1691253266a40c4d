import { dirname } from 'node:path';
import type { WorkingBackend } from './report';
import { registerTrainingKernels } from './wasm-kernels';

let pathsAreSet = false;

/** Makes WebAssembly ready to train: its files are found inside its own package, and its missing kernels are added. */
export async function loadWasm(): Promise<WorkingBackend> {
  const tf = await import('@tensorflow/tfjs');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  if (!pathsAreSet) wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  pathsAreSet = true;
  registerTrainingKernels();
  // The package has no threads in Node: its threaded build starts its workers from blob addresses, as browsers do.
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    name: 'wasm',
    tfBackend: 'wasm',
    device: `CPU, 1 thread${simd ? ', SIMD' : ''}`,
    onGpu: false,
    version: `tfjs-backend-wasm ${wasm.version_wasm}`,
    warnings: [],
  };
}
