import { dirname, join } from 'node:path';
import type { WorkingBackend } from './report';
import { registerTrainingKernels } from './wasm-kernels';
import { startThreads, threadCount } from './wasm-threads';

let threads: Promise<number> | undefined;

/**
 * Makes WebAssembly ready to train: its files are found inside its own package, it computes on several threads where
 * they can be started, and its missing kernels are added.
 */
export async function loadWasm(): Promise<WorkingBackend> {
  const tf = await import('@tensorflow/tfjs');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  threads ??= prepare();
  const count = await threads;
  registerTrainingKernels();
  const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
  return {
    name: 'wasm',
    tfBackend: 'wasm',
    device: `CPU, ${count} ${count === 1 ? 'thread' : 'threads'}${simd ? ', SIMD' : ''}`,
    onGpu: false,
    version: `tfjs-backend-wasm ${wasm.version_wasm}`,
    warnings: [],
  };
}

/** Registers the backend; resolves to the number of threads that it has. */
async function prepare(): Promise<number> {
  const tf = await import('@tensorflow/tfjs');
  const wasm = await import('@tensorflow/tfjs-backend-wasm');
  const folder = dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json'));
  wasm.setWasmPaths(`${join(folder, 'wasm-out')}/`);
  const threads = threadCount();
  if (threads === 1 || !(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) return 1;
  try {
    const backend = await startThreads(join(folder, 'wasm-out'), { threads });
    tf.removeBackend('wasm');
    tf.registerBackend('wasm', () => backend, 2);
    return wasm.getThreadsCount();
  } catch {
    return 1; // the package's own build for one thread is registered already
  }
}
