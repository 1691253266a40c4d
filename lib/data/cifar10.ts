import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { CourseError } from '../errors';
import type { ImageDataset } from './dataset';
import { makeDataset, sharedBytes } from './store';

const side = 32;
const plane = side * side; // bytes of one colour of one image
const imageBytes = 3 * plane;
const recordsAtATime = 1000;

/**
 * The label and the interleaved pixels, [32, 32, 3], of one CIFAR-10 record: the label byte, then 1024 red bytes, 1024
 * green and 1024 blue, each row by row. https://www.cs.toronto.edu/~kriz/cifar.html
 * @throws RangeError when the record has not 3073 bytes.
 */
export function decodeCifarRecord(record: Uint8Array): { label: number; pixels: Uint8Array } {
  if (record.length !== 1 + imageBytes) {
    throw new RangeError(`expected a record of ${1 + imageBytes} bytes, got ${record.length}`);
  }
  const pixels = new Uint8Array(imageBytes);
  interleave(record.subarray(1), pixels);
  return { label: record[0], pixels };
}

export interface CifarOptions {
  readonly classNames: readonly string[];
  /** Default `cifar`. */
  readonly name?: string;
  /** Label bytes before each image, the last of which counts: 1 in CIFAR-10, 2 (coarse, fine) in CIFAR-100. Default 1. */
  readonly labelBytes?: number;
}

/**
 * The images of files in CIFAR's binary format, one file after the other, as one dataset. Reads about 3 MB at a time,
 * so that the pixels themselves are all the memory it needs.
 * @throws CourseError for a file that is missing, is cut short, or holds a label without a class name.
 */
export async function readCifarBinary(
  files: readonly string[],
  { classNames, name = 'cifar', labelBytes = 1 }: CifarOptions,
): Promise<ImageDataset> {
  const recordBytes = labelBytes + imageBytes;
  const counts = await Promise.all(files.map((file) => countRecords(file, recordBytes)));
  const count = counts.reduce((sum, n) => sum + n, 0);
  const pixels = sharedBytes(count * imageBytes);
  const labels = new Uint8Array(count);
  let n = 0;
  for (const [f, file] of files.entries()) {
    for await (const record of readRecords(file, { recordBytes, count: counts[f] })) {
      labels[n] = record[labelBytes - 1];
      if (labels[n] >= classNames.length) {
        throw new CourseError(
          `${basename(file)}: expected labels of 0 to ${classNames.length - 1}, got ${labels[n]}`,
        );
      }
      interleave(record.subarray(labelBytes), pixels.subarray(n * imageBytes, (n + 1) * imageBytes));
      n++;
    }
  }
  return makeDataset({ name, height: side, width: side, channels: 3, classNames, labels, pixels });
}

/** Planar [3, 32, 32] into interleaved [32, 32, 3]. */
function interleave(planar: Uint8Array, pixels: Uint8Array): void {
  for (let i = 0, to = 0; i < plane; i++) {
    pixels[to++] = planar[i];
    pixels[to++] = planar[plane + i];
    pixels[to++] = planar[2 * plane + i];
  }
}

async function countRecords(file: string, recordBytes: number): Promise<number> {
  const size = (await stat(file).catch(() => undefined))?.size;
  if (size === undefined) throw new CourseError(`${file}: there is no such file`);
  if (size === 0 || size % recordBytes !== 0) {
    throw new CourseError(`${basename(file)}: expected a multiple of ${recordBytes} bytes, got ${size}`);
  }
  return size / recordBytes;
}

/** The records of a file, one by one; each is only valid until the next is asked for. */
async function* readRecords(
  file: string,
  { recordBytes, count }: { recordBytes: number; count: number },
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(recordBytes * Math.min(count, recordsAtATime));
  const handle = await open(file);
  try {
    for (let first = 0; first < count; first += recordsAtATime) {
      const wanted = recordBytes * Math.min(recordsAtATime, count - first);
      const { bytesRead } = await handle.read(buffer, 0, wanted);
      if (bytesRead !== wanted)
        throw new CourseError(`${basename(file)}: expected ${wanted} more bytes, got ${bytesRead}`);
      for (let at = 0; at < wanted; at += recordBytes) yield buffer.subarray(at, at + recordBytes);
    }
  } finally {
    await handle.close();
  }
}
