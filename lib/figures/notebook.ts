import { randomBytes } from 'node:crypto';

/** One output in several forms, by MIME type; the reader shows the richest that it knows. Binary ones in base64. */
export type MimeBundle = Readonly<Record<string, string | object>>;

/** An output of a notebook's cell that can be replaced. */
export type Output = (bundle: MimeBundle, metadata?: object) => void;

/** Makes outputs in the notebook that this process is the kernel of. */
export interface Notebook {
  /** A new place in the cell's outputs: the first call fills it, each later call replaces it. */
  output(): Output;
}

/**
 * The notebook that this process is the kernel of, or null in a plain script.
 *
 * tslab's public `display` takes one MIME type a call; an output in several forms needs `lastWriteDisplayData` of its
 * internal module, as in the pinned tslab 1.0.22. Should a later version not have it, outputs go through the public
 * `display` in one form: the picture, or else the HTML, or else the text.
 */
export function currentNotebook(): Notebook | null {
  // Only what the kernel has loaded already: in a script, loading tslab to ask would cost a second.
  const kernel = loadedModule('tslab/dist/jupyter') as TslabKernel | undefined;
  if (!kernel) return null;
  if (kernel.lastWriteDisplayData === null) return null; // loaded, but no cell has run
  return { output: () => (kernel.lastWriteDisplayData ? bundleOutput(kernel) : publicOutput()) };
}

interface TslabKernel {
  readonly lastWriteDisplayData?: ((message: DisplayMessage, update: boolean) => void) | null;
}

/** Of a `display_data` message: https://jupyter-client.readthedocs.io/en/stable/messaging.html#display-data */
interface DisplayMessage {
  readonly data: MimeBundle;
  readonly metadata: object;
  readonly transient: { readonly display_id: string };
}

function bundleOutput(kernel: TslabKernel): Output {
  const display_id = randomBytes(8).toString('hex');
  let update = false;
  return (data, metadata = {}) => {
    kernel.lastWriteDisplayData?.({ data, metadata, transient: { display_id } }, update);
    update = true;
  };
}

function publicOutput(): Output {
  const { newDisplay } = require('tslab') as typeof import('tslab');
  const display = newDisplay();
  return (bundle) => {
    const type = ['image/png', 'text/html', 'text/plain'].find((known) => known in bundle);
    if (type) display.raw(type, String(bundle[type]));
  };
}

function loadedModule(name: string): unknown {
  try {
    return require.cache[require.resolve(name)]?.exports;
  } catch {
    return undefined; // tslab is not installed
  }
}
