// node deploy/pack.mjs FOLDER: copies what `course serve` needs to run into FOLDER, and nothing else. Packages are
// copied as `npm ci` installed them, so their versions are those of package-lock.json.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { trace } from './trace.mjs';

const root = resolve(import.meta.dirname, '..');
const platform = `${process.platform}/${process.arch}`;

/** The programs that run in the container: the server, and the workers that it forks. */
const entries = ['deploy/serve.cjs', 'lib/dist/serving/worker.js'];

/** Read by name while the server runs: they are no part of what the programs load. */
const assets = ['lib/serving/page'];

/** `@tensorflow/tfjs` loads it and leaves it to `@tensorflow/tfjs-core` to depend on it. */
const undeclared = ['long'];

/** Dawn, which computes on a graphics card; a container has none. */
const leftOut = ['webgpu'];

/**
 * Whether a file of a package is needed to run it here.
 *
 * @param {string} name
 * @param {string} file
 */
export function keep(name, file) {
  if (leftOut.includes(name) || name.startsWith('@types/')) return false;
  if (file === 'package.json' || /^licen[cs]e/i.test(file)) return true;
  if (/\.(map|flow|md|markdown|[cm]?ts|h|cc|cpp|gyp)$/i.test(file)) return false;
  if (/^(tests?|__tests__|docs|examples?|benchmarks?)\//.test(file)) return false;
  // Of a dozen bundles the one for Node and the one for the page, which computes too; and the WebAssembly modules.
  if (name.startsWith('@tensorflow/'))
    return /^dist\/(tf[^/]*\.node\.js|tf-[^/]+\.es2017\.min\.js|[^/]+\.wasm)$|^wasm-out\//.test(file);
  if (name === 'onnxruntime-node') return /^(dist|lib)\//.test(file) || file.includes(`/${platform}/`);
  return true;
}

/** What goes into the container. */
export function contents() {
  return trace(root, { entries, undeclared, keep });
}

/**
 * Writes the contents into `folder`, laid out as in the repository; tells how many there are.
 *
 * @param {string} folder
 */
export function pack(folder) {
  const { files, packages } = contents();
  for (const file of [...files, ...assets]) copy(file, folder);
  for (const each of packages) for (const file of each.files) copy(`${each.folder}/${file}`, folder);
  mkdirSync(join(folder, 'notebooks'), { recursive: true }); // by which `courseRoot` knows the root
  const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, version, license, private: true }, null, 2),
  );
  return { files: files.length, packages: packages.length };
}

/**
 * @param {string} path
 * @param {string} folder
 */
function copy(path, folder) {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  cpSync(join(root, path), join(folder, path), { recursive: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = process.argv[2];
  if (!folder) throw new Error('expected a folder: node deploy/pack.mjs FOLDER');
  console.log(pack(resolve(folder)));
}
