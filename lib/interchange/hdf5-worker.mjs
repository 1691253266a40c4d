// Reads or writes one HDF5 file with h5wasm, the HDF5 library in WebAssembly, on a thread of its own: see hdf5.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { Dataset, File, Group, ready } from 'h5wasm';

/** @typedef {{ shape: readonly number[], data: Float32Array }} NumberArray */
/** @typedef {{ attributes: Map<string, Map<string, string | readonly string[]>>, arrays: Map<string, NumberArray> }} Content */

const { FS, activate_throwing_error_handler } = await ready; // files are in memory: the library sees no disk
const [text, float] = [3, 1]; // HDF5's numbers for these classes of types
const maxDepth = 16;
const maxObjects = 50_000;
const maxTextBytes = 2 ** 25;

/**
 * @param {Uint8Array} bytes
 * @param {readonly string[]} under only these groups of the file, with all in them
 * @returns {Content}
 */
function read(bytes, under) {
  /** @type {Content} */
  const content = { attributes: new Map(), arrays: new Map() };
  let objects = 0;
  let numberBytes = 0;
  activate_throwing_error_handler(); // else a failed reading gives whatever was in the memory
  FS.writeFile('model.h5', bytes);
  const file = new File('model.h5', 'r');

  /** @param {string} path @param {import('h5wasm').Entity | null} object */
  const visit = (path, object, depth = 0) => {
    if (++objects > maxObjects || depth > maxDepth) throw new Error('too many groups in it');
    if (object instanceof Group) {
      readAttributes(path, object);
      const names = path === '' ? object.keys().filter((name) => under.includes(name)) : object.keys();
      for (const name of names) visit(path === '' ? name : `${path}/${name}`, object.get(name), depth + 1);
    } else if (object instanceof Dataset) {
      readArray(path, object);
    } // links to other files, and types, are nothing that a model needs
  };
  /** @param {string} path @param {Group} object */
  const readAttributes = (path, object) => {
    const texts = new Map();
    for (const [name, attribute] of Object.entries(object.attrs)) {
      const { type, total_size: count, size } = attribute.metadata;
      if (type !== text) continue;
      if (count * size > maxTextBytes) throw new Error(`too much text in ${name}`);
      texts.set(name, attribute.value);
    }
    content.attributes.set(path, texts);
  };
  /** @param {string} path @param {Dataset} dataset */
  const readArray = (path, dataset) => {
    const { type, size, total_size: count, shape, littleEndian } = dataset.metadata;
    if (type !== float || !Array.isArray(shape)) return;
    if (!littleEndian || (size !== 4 && size !== 8))
      throw new Error(`${path}: expected numbers of type float32`);
    numberBytes += count * size;
    // Keras compresses nothing, so more than the file has room for is a trap.
    if (numberBytes > bytes.length) throw new Error(`${path}: more numbers than the file has room for`);
    // A number where there is no dimension, float64 where the file has that.
    const value = /** @type {number | Float32Array | Float64Array} */ (
      count === 0 ? new Float32Array() : dataset.value
    );
    const data =
      value instanceof Float32Array ? value : Float32Array.from(typeof value === 'number' ? [value] : value);
    content.arrays.set(path, { shape, data });
  };
  visit('', file);
  return content;
}

/**
 * @param {Content} content
 * @returns {Uint8Array}
 */
function write({ attributes, arrays }) {
  const file = new File('model.h5', 'w');
  /** @type {Map<string, Group>} */
  const groups = new Map([['', file]]);
  /** @param {string} path @returns {Group} */
  const groupAt = (path) => {
    const known = groups.get(path);
    if (known) return known;
    groupAt(parentOf(path)); // an object's groups have to be there
    const group = file.create_group(path);
    groups.set(path, group);
    return group;
  };
  for (const [path, texts] of attributes) {
    const group = groupAt(path);
    for (const [name, value] of texts) {
      if (typeof value === 'string') group.create_attribute(name, value, [], 'S');
      else group.create_attribute(name, [...value], [value.length], 'S');
    }
  }
  for (const [path, { shape, data }] of arrays) {
    groupAt(parentOf(path));
    file.create_dataset({ name: path, data, shape: [...shape], dtype: '<f4' });
  }
  file.close();
  return FS.readFile('model.h5');
}

/** @param {string} path */
const parentOf = (path) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

try {
  const { task, input, under } = workerData;
  parentPort?.postMessage({ result: task === 'read' ? read(input, under) : write(input) });
} catch (error) {
  parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
}
