import { inspect } from 'node:util';
import { CourseError } from './errors';

/** Numbers of one type with their shape, row-major. */
export interface NamedArray {
  /** Sizes of the dimensions, slowest first; [] for a single number. */
  readonly shape: readonly number[];
  readonly data: BigInt64Array | Float64Array | Float32Array | Int32Array | Uint8Array;
}

/** What a safetensors file holds, by name. The objects that `decodeSafetensors` gives have no prototype. */
export interface Safetensors {
  readonly tensors: Readonly<Record<string, NamedArray>>;
  /** Free text; {} where the file has none. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** How each dtype is stored, in the order in which the reference implementation lays tensors out: widest first. */
const storage = {
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  BF16: Uint16Array,
  F16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;
type Dtype = keyof typeof storage;
const dtypes = Object.keys(storage) as Dtype[];

const maxHeaderBytes = 100_000_000; // the reference implementation's limit

/**
 * Writes named arrays as a safetensors file: the header's length as a little-endian uint64, the header as JSON, padded
 * with spaces, then the numbers, each array aligned to its type. The order of the names does not change the bytes.
 * https://github.com/huggingface/safetensors#format
 * @throws RangeError when a shape does not fit its data, or a tensor is named `__metadata__`.
 */
export function encodeSafetensors({
  tensors,
  metadata = {},
}: Pick<Safetensors, 'tensors'> & Partial<Safetensors>): Uint8Array {
  const arrays = Object.entries(tensors).map(([name, { shape, data }]) => {
    const order = dtypes.findIndex((dtype) => data instanceof storage[dtype]);
    expect(name !== '__metadata__', 'another name for a tensor', name);
    expect(
      isSizes(shape) && product(shape) === data.length,
      `a shape of ${data.length} numbers for "${name}"`,
      shape,
    );
    return { name, shape, data, order };
  });
  arrays.sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  let end = 0;
  const entries = arrays.map(({ name, shape, data, order }): [string, object] => {
    const begin = end;
    end += data.byteLength;
    return [name, { dtype: dtypes[order], shape, data_offsets: [begin, end] }];
  });
  const texts = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (texts.length > 0) entries.unshift(['__metadata__', Object.fromEntries(texts)]);
  // Joined by hand: as keys of an object, names like "2" would move to the front.
  const json = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join();
  const header = Buffer.from(`{${json}}`);
  const padding = Buffer.alloc(-header.length & 7, ' ');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length + padding.length));
  const numbers = arrays.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return Buffer.concat([length, header, padding, ...numbers]);
}

/**
 * Reads a safetensors file, which may come from anywhere: its arrays, copied out of `bytes`, and its metadata. F16 and
 * BF16 become Float32Array, BOOL becomes Uint8Array. `source` names the file in messages.
 * https://github.com/huggingface/safetensors#format
 * @throws CourseError when the file does not keep to the format, or has a dtype that is not read here.
 */
export function decodeSafetensors(bytes: Uint8Array, { source = 'safetensors' } = {}): Safetensors {
  try {
    const { header, numbers } = split(bytes);
    const { __metadata__, ...named } = header;
    const metadata = __metadata__ ?? {};
    expect(isTexts(metadata), 'an object of strings as __metadata__', metadata);
    const entries = Object.entries(named).map(([name, entry]) => readEntry(name, entry));
    checkCover(entries, numbers.length); // before any copy: overlaps could ask for more memory than the file's size
    const tensors: Record<string, NamedArray> = Object.create(null);
    for (const { name, dtype, shape, begin, end } of entries)
      tensors[name] = { shape, data: readNumbers(dtype, numbers.subarray(begin, end)) };
    return { tensors, metadata: Object.assign(Object.create(null), metadata) };
  } catch (error) {
    if (error instanceof RangeError) throw new CourseError(`${source}: ${error.message}`);
    throw error;
  }
}

interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Its bytes among the numbers, from `begin` up to but without `end`. */
  readonly begin: number;
  readonly end: number;
}

function split(bytes: Uint8Array): { header: Record<string, unknown>; numbers: Uint8Array } {
  expect(bytes.length >= 8, 'a safetensors file of 8 bytes or more', bytes.length);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true));
  const limit = Math.min(bytes.length - 8, maxHeaderBytes);
  expect(length <= limit, `a safetensors header of at most ${limit} bytes`, length);
  const header = bytes.subarray(8, 8 + length);
  expect(header[0] === 0x7b, 'a safetensors header that begins with byte 123, "{"', header[0]);
  return { header: parseJson(header), numbers: bytes.subarray(8 + length) };
}

function parseJson(utf8: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(utf8));
  } catch (error) {
    throw new RangeError(`expected a header of JSON in UTF-8, got ${shown((error as Error).message)}`);
  }
}

function readEntry(name: string, entry: unknown): Entry {
  const of = `of tensor ${shown(name)}`;
  expect(typeof entry === 'object' && entry !== null, `an object as the entry ${of}`, entry);
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  const known = dtypes.find((one) => one === dtype);
  expect(known !== undefined, `${dtypes.join(', ')} as the dtype ${of}`, dtype);
  expect(isSizes(shape), `whole numbers as the shape ${of}`, shape);
  expect(isSizes(offsets) && offsets.length === 2, `[begin, end] as the data_offsets ${of}`, offsets);
  const [begin, end] = offsets;
  const bytes = product(shape) * storage[known].BYTES_PER_ELEMENT;
  expect(end - begin === bytes, `${bytes} bytes for ${known} ${shown(shape)} ${of}`, end - begin);
  return { name, dtype: known, shape, begin, end };
}

/** The entries must cover all the numbers, each byte once: the format allows no holes and no overlaps. */
function checkCover(entries: readonly Entry[], length: number): void {
  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    expect(begin === covered, `tensor ${shown(name)} to begin at byte ${covered}`, begin);
    covered = end;
  }
  expect(length === covered, `${covered} bytes of numbers behind the header`, length);
}

function readNumbers(dtype: Dtype, bytes: Uint8Array): NamedArray['data'] {
  const aligned = new Uint8Array(bytes).buffer;
  const numbers = new storage[dtype](aligned);
  if (!(numbers instanceof Uint16Array)) return numbers;
  if (dtype === 'F16') return Float32Array.from(numbers, halfPrecision);
  return new Float32Array(Uint32Array.from(numbers, (bits) => bits << 16).buffer); // bfloat16: the upper half of a float
}

/** The number that 16 bits of IEEE 754 stand for: sign, 5 bits of exponent, 10 of fraction. */
function halfPrecision(bits: number): number {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isTexts(value: unknown): value is Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === 'string');
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((size, one) => size * one, 1);
}

function expect(holds: boolean, expected: string, came: unknown): asserts holds {
  if (!holds) throw new RangeError(`expected ${expected}, got ${shown(came)}`);
}

/** A value of the file for a message: one line, and short however long the value is. */
function shown(value: unknown): string {
  const options = { depth: 0, maxArrayLength: 4, maxStringLength: 60, breakLength: Number.POSITIVE_INFINITY };
  return inspect(value, options).slice(0, 120);
}
