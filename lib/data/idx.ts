import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CourseError } from '../errors';
import type { ImageDataset } from './dataset';
import { makeDataset, sharedBytes } from './store';

/** The kinds of number in an IDX file, by their code: how many bytes one takes, and how to read it. */
const numberTypes = {
  8: { name: 'uint8', bytes: 1 },
  9: { name: 'int8', bytes: 1 },
  11: { name: 'int16', bytes: 2 },
  12: { name: 'int32', bytes: 4 },
  13: { name: 'float32', bytes: 4 },
  14: { name: 'float64', bytes: 8 },
} as const;

export type IdxType = (typeof numberTypes)[keyof typeof numberTypes]['name'];

/** The content of an IDX file. */
export interface IdxArray {
  readonly type: IdxType;
  /** Sizes of the dimensions, slowest first; such as [60000, 28, 28]. */
  readonly shape: readonly number[];
  /** The numbers as they stand in the file, big-endian; for `uint8` they are the values. A view, not a copy. */
  readonly data: Uint8Array;
}

/**
 * Reads an IDX file, the format of MNIST: two zero bytes, the kind of number, how many dimensions, each dimension as a
 * big-endian uint32, then the numbers. http://yann.lecun.com/exdb/mnist/
 * @throws RangeError when the header makes no sense or the length is not what it promises.
 */
export function decodeIdx(bytes: Uint8Array): IdxArray {
  if (bytes.length < 4)
    throw new RangeError(`expected an IDX header of 4 bytes or more, got ${bytes.length}`);
  const [zero, alsoZero, code, rank] = bytes;
  if (zero !== 0 || alsoZero !== 0) {
    throw new RangeError(`expected an IDX file to begin with 0 0, got ${zero} ${alsoZero}`);
  }
  if (!(code in numberTypes)) {
    throw new RangeError(
      `expected an IDX number type of ${Object.keys(numberTypes).join(', ')}, got ${code}`,
    );
  }
  const type = numberTypes[code as keyof typeof numberTypes];
  const headerBytes = 4 + 4 * rank;
  if (rank === 0 || bytes.length < headerBytes) {
    throw new RangeError(
      `expected ${rank || 'at least 1'} IDX dimensions, but the file has ${bytes.length} bytes`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = headerBytes + type.bytes * shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    throw new RangeError(
      `expected ${expected} bytes for IDX shape [${shape.join(', ')}], got ${bytes.length}`,
    );
  }
  return { type: type.name, shape, data: bytes.subarray(headerBytes) };
}

/**
 * Grey images, [count, height, width], and their labels, [count], from two unpacked IDX files of unsigned bytes.
 * @throws CourseError, naming the file, when one is missing or is not such a file, or they do not fit each other.
 */
export async function readIdx(
  imagesFile: string,
  labelsFile: string,
  { classNames, name = 'idx' }: { classNames: readonly string[]; name?: string },
): Promise<ImageDataset> {
  const images = await readBytes(imagesFile, { rank: 3 });
  const labels = await readBytes(labelsFile, { rank: 1 });
  const [count, height, width] = images.shape;
  if (labels.shape[0] !== count) {
    throw new CourseError(`${basename(labelsFile)}: expected ${count} labels, got ${labels.shape[0]}`);
  }
  const wrong = labels.data.find((label) => label >= classNames.length);
  if (wrong !== undefined) {
    throw new CourseError(
      `${basename(labelsFile)}: expected labels of 0 to ${classNames.length - 1}, got ${wrong}`,
    );
  }
  const pixels = sharedBytes(images.data.length);
  pixels.set(images.data);
  return makeDataset({ name, height, width, channels: 1, classNames, labels: labels.data.slice(), pixels });
}

async function readBytes(file: string, { rank }: { rank: number }): Promise<IdxArray> {
  const bytes = await readFile(file).catch(() => {
    throw new CourseError(`${file}: there is no such file, or it cannot be read`);
  });
  try {
    const idx = decodeIdx(bytes);
    if (idx.type !== 'uint8' || idx.shape.length !== rank) {
      throw new RangeError(`expected uint8 of ${rank} dimensions, got ${idx.type} of ${idx.shape.length}`);
    }
    return idx;
  } catch (error) {
    if (error instanceof RangeError) throw new CourseError(`${basename(file)}: ${error.message}`);
    throw error;
  }
}
