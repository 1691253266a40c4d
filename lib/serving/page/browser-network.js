// @ts-check
// A network in this browser: what may compute it, the worker that does, and the pixels it is given.

/** @typedef {{ url: string, bytes: number }} File */
/** @typedef {{ reason?: string, library: Record<string, File>, model: File }} BrowserFiles */
/** @typedef {{ name: 'webgpu' | 'wasm' | 'cpu', label: string, parts: string[] }} Engine */
/** @typedef {{ probabilities: ArrayLike<number>, times: number[] }} Result */

const always = ['core', 'layers'];

/** What can compute in this browser, the best first. @returns {Promise<Engine[]>} */
export async function enginesHere() {
  /** @type {Engine} */
  const webgpu = { name: 'webgpu', label: 'WebGPU', parts: [...always, 'webgpu'] };
  /** @type {Engine} */
  const wasm = { name: 'wasm', label: 'WebAssembly', parts: [...always, 'wasm', 'wasmSimd'] };
  /** @type {Engine} */
  const plain = { name: 'cpu', label: 'plain JavaScript', parts: [...always, 'cpu'] };
  const gpu = await adapter();
  const software = { ...webgpu, label: 'WebGPU without a graphics card' };
  const hasWasm = typeof WebAssembly === 'object'; // a lockdown turns it off
  return [
    ...(gpu === 'card' ? [webgpu] : []),
    ...(hasWasm ? [wasm] : []),
    ...(gpu === 'software' ? [software] : []),
    plain,
  ];
}

async function adapter() {
  const { gpu } = /** @type {{ gpu?: { requestAdapter(): Promise<any> } }} */ (navigator);
  const found = await gpu?.requestAdapter().catch(() => null);
  if (!found) return 'none';
  const { isFallbackAdapter = found.isFallbackAdapter } = found.info ?? {};
  return isFallbackAdapter ? 'software' : 'card';
}

/** A worker to be told `load`, then `compute`: see `network-worker.js`. */
export function startNetwork() {
  const worker = new Worker('network-worker.js');
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  const pending = new Map();
  let lastId = 0;
  /** @param {string} reason */
  const fail = (reason) => {
    for (const { reject } of pending.values()) reject(new Error(reason));
    pending.clear();
  };
  worker.onerror = () => fail('its program could not be loaded');
  worker.onmessage = ({ data: { id, result, error } }) => {
    const waiting = pending.get(id);
    pending.delete(id);
    if (error === undefined) waiting?.resolve(result);
    else waiting?.reject(new Error(error));
  };
  return {
    /** @param {'load' | 'compute'} kind @param {object} task @returns {Promise<any>} */
    ask: (kind, task) =>
      new Promise((resolve, reject) => {
        const id = ++lastId;
        pending.set(id, { resolve, reject });
        worker.postMessage({ id, kind, task });
      }),
    end() {
      worker.terminate();
      fail('it was ended');
    },
  };
}

/**
 * The bytes of a PNG, [height, width, channels], without a change of colours.
 * @param {Blob} png
 * @param {number[]} shape
 */
export async function pixelsOf(png, [height, width, channels]) {
  const bitmap = await createImageBitmap(png, { colorSpaceConversion: 'none', premultiplyAlpha: 'none' });
  const context = /** @type {CanvasRenderingContext2D} */ (
    Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', {
      willReadFrequently: true,
    })
  );
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height); // red, green, blue, opaque
  return Uint8Array.from({ length: width * height * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return data[4 * pixel + (i % channels)];
  });
}
