import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** What the page loads to compute in the browser itself, each by the name of its part. */
export const libraryParts = {
  core: { package: 'tfjs-core', file: 'tf-core.es2017.min.js' },
  layers: { package: 'tfjs-layers', file: 'tf-layers.es2017.min.js' },
  webgpu: { package: 'tfjs-backend-webgpu', file: 'tf-backend-webgpu.es2017.min.js' },
  wasm: { package: 'tfjs-backend-wasm', file: 'tf-backend-wasm.es2017.min.js' },
  wasmSimd: { package: 'tfjs-backend-wasm', file: 'tfjs-backend-wasm-simd.wasm' },
  wasmPlain: { package: 'tfjs-backend-wasm', file: 'tfjs-backend-wasm.wasm' },
  cpu: { package: 'tfjs-backend-cpu', file: 'tf-backend-cpu.es2017.min.js' },
} as const;

export type LibraryPart = keyof typeof libraryParts;

/** A file of TensorFlow.js, as its package has it. */
export interface LibraryFile {
  /** With the package's version in it, so that what lies there never changes. */
  readonly url: string;
  readonly type: string;
  readonly read: () => Promise<Buffer>;
  /** The same, compressed once. */
  readonly gzipped: () => Promise<Buffer>;
}

/**
 * TensorFlow.js for browsers, out of the packages that are installed here; undefined where they came without these files.
 * They are the separate bundles: that of the whole is larger by what a layers model never needs.
 */
export async function findLibrary(): Promise<Readonly<Record<LibraryPart, LibraryFile>> | undefined> {
  const entries = Object.entries(libraryParts).map(
    async ([part, place]) => [part, await findFile(place)] as const,
  );
  try {
    return Object.fromEntries(await Promise.all(entries)) as Record<LibraryPart, LibraryFile>;
  } catch {
    return undefined;
  }
}

async function findFile({ package: name, file }: (typeof libraryParts)[LibraryPart]): Promise<LibraryFile> {
  // Some are installed because of TensorFlow.js alone, so they are looked for from there.
  const paths = [__dirname, dirname(require.resolve('@tensorflow/tfjs/package.json'))];
  const description = require.resolve(`@tensorflow/${name}/package.json`, { paths });
  const { version } = JSON.parse(await readFile(description, 'utf8')) as { readonly version: string };
  const path = join(dirname(description), 'dist', file);
  await stat(path);
  let gzipped: Promise<Buffer> | undefined;
  const read = () => readFile(path);
  return {
    url: `tensorflow/${version}/${file}`,
    type: file.endsWith('.wasm') ? 'application/wasm' : 'text/javascript; charset=utf-8',
    read,
    gzipped: () => {
      gzipped ??= read().then((content) => promisify(gzip)(content, { level: 9 }));
      return gzipped;
    },
  };
}
