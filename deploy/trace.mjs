// What a program of this repository needs to run: files of lib/dist, found by reading their `require`s, and packages of
// node_modules, found by reading which of the packages that they depend on they name.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';

/**
 * @typedef {object} Package
 * @property {string} folder Relative to the root, such as `node_modules/fastify`.
 * @property {string} version
 * @property {string[]} files Relative to its folder.
 */

/**
 * @typedef {object} Contents
 * @property {string[]} files Of the repository, relative to its root.
 * @property {Package[]} packages
 */

/**
 * The files that `entries` lead to, and the packages that these and `undeclared` load. Which files of a package are wanted is `keep`'s to
 * say; a package for which it keeps none is left out.
 *
 * @param {string} root
 * @param {object} options
 * @param {readonly string[]} options.entries Relative to the root.
 * @param {readonly string[]} options.undeclared Packages that others load without saying so in their package.json.
 * @param {(name: string, file: string) => boolean} options.keep
 * @returns {Contents}
 */
export function trace(root, { entries, undeclared, keep }) {
  const files = new Set(entries);
  /** @type {Map<string, Package>} */
  const packages = new Map();
  for (const name of undeclared) addPackage(root, { from: root, name, packages, keep });
  for (const file of files) {
    const folder = dirname(join(root, file));
    for (const name of requiredBy(readFileSync(join(root, file), 'utf8'))) {
      if (name.startsWith('.')) files.add(relative(root, sourceFile(join(folder, name))));
      else addPackage(root, { from: folder, name: packageName(name), packages, keep });
    }
  }
  return {
    files: [...files].sort(),
    packages: [...packages.values()].sort((a, b) => (a.folder < b.folder ? -1 : 1)),
  };
}

/**
 * What the compiled `code` loads by name.
 *
 * @param {string} code
 */
export function requiredBy(code) {
  const found = [...code.matchAll(/\b(?:require|require\.resolve|import)\(\s*(['"])([^'"\n]+)\1\s*\)/g)];
  return new Set(found.map((match) => match[2]).filter((name) => !name.startsWith('node:')));
}

/**
 * @param {string} root
 * @param {{ from: string, name: string, packages: Map<string, Package>, keep: (name: string, file: string) => boolean }} options
 */
function addPackage(root, { from, name, packages, keep }) {
  const path = findPackage(from, name);
  if (!path || packages.has(path)) return; // a part of Node, or a package for another platform
  const { version, dependencies, optionalDependencies, peerDependencies } = readJson(
    join(path, 'package.json'),
  );
  const files = filesIn(path).filter((file) => keep(name, file));
  if (files.length === 0) return;
  packages.set(path, { folder: relative(root, path).split(sep).join('/'), version, files });
  const code = files
    .filter((file) => ['.js', '.cjs', '.mjs'].includes(extname(file)))
    .map((file) => readFileSync(join(path, file), 'utf8'))
    .join('\n');
  const declared = Object.keys({ ...dependencies, ...peerDependencies });
  const mentioned = declared.filter((each) => new RegExp(`['"]${each}['"/]`).test(code));
  // Binaries for a platform are named by a computed text.
  for (const other of new Set([...mentioned, ...Object.keys(optionalDependencies ?? {})]))
    addPackage(root, { from: path, name: other, packages, keep });
}

/**
 * @param {string} from
 * @param {string} name
 * @returns {string | undefined}
 */
function findPackage(from, name) {
  const path = join(from, 'node_modules', name);
  if (existsSync(join(path, 'package.json'))) return path;
  return dirname(from) === from ? undefined : findPackage(dirname(from), name);
}

/** @param {string} name */
function packageName(name) {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/');
}

/**
 * The file that `require` would find.
 *
 * @param {string} path
 */
function sourceFile(path) {
  const found = [path, `${path}.js`, join(path, 'index.js')].find(
    (file) => extname(file) && existsSync(file),
  );
  if (!found) throw new Error(`${path}: there is no such file; build the library first: npm run build`);
  return found;
}

/**
 * @param {string} folder
 * @returns {string[]}
 */
function filesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((file) => !file.split('/').includes('node_modules'));
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}
