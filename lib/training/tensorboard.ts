import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeError } from '../atomic-file';

/**
 * Writes scalars for TensorBoard, as one event file in `folder`: `tensorboard --logdir folder` draws a curve for each
 * tag. Every call is in the file when it returns, so a run that ends early keeps what it had.
 *
 * A resumed run makes a new writer on the same folder, with its `firstStep`. Its file has a later time in its name, and
 * TensorBoard reads the files in that order as one run.
 */
export class TensorBoardWriter {
  readonly file: string;
  private readonly descriptor: number;
  private closed = false;

  /**
   * Makes the folder and the file. TensorBoard forgets what earlier files of the folder hold for `firstStep` and later
   * steps: 0 begins the curves anew, a resumed run's first step continues them.
   * @throws CourseError when the folder cannot be written, RangeError for a step as below.
   */
  constructor(folder: string, { firstStep = 0 }: { readonly firstStep?: number } = {}) {
    const wallTime = Date.now() / 1000;
    checkStep(firstStep);
    try {
      mkdirSync(folder, { recursive: true });
      const seconds = Math.max(Math.floor(wallTime), latestIn(folder) + 1);
      this.file = join(folder, `events.out.tfevents.${seconds}.course`);
      this.descriptor = openSync(this.file, 'wx');
    } catch (error) {
      throw writeError(folder, error);
    }
    this.append(wallTime, 0, text(3, 'brain.Event:2')); // file_version
    // Every file says that it starts, the first one too: TensorBoard heeds only the second start and those after it.
    this.append(wallTime, firstStep, message(7, varint(1, 1))); // session_log, START
  }

  /**
   * Adds one point to the curve `tag`, such as `loss/train`; the value is kept as float32, and may be NaN.
   * `wallTime` is in seconds since 1970, now by default.
   * @throws CourseError when the disk refuses, RangeError for a step that is not a whole number of 0 or more.
   */
  scalar(
    tag: string,
    value: number,
    { step, wallTime = Date.now() / 1000 }: { readonly step: number; readonly wallTime?: number },
  ): void {
    if (this.closed) throw new Error(`${this.file}: the writer is closed`);
    checkStep(step);
    this.append(wallTime, step, message(5, message(1, text(1, tag), float(2, value)))); // summary, value
  }

  close(): void {
    if (!this.closed) closeSync(this.descriptor);
    this.closed = true;
  }

  private append(wallTime: number, step: number, content: Buffer): void {
    const event = Buffer.concat([double(1, wallTime), varint(2, step), content]);
    try {
      appendFileSync(this.descriptor, record(event));
    } catch (error) {
      throw writeError(this.file, error);
    }
  }
}

function checkStep(step: number): void {
  if (!Number.isSafeInteger(step) || step < 0)
    throw new RangeError(`expected a step of 0, 1, ..., got ${step}`);
}

/** The latest time in the name of an event file, in seconds since 1970; 0 where there is none. */
function latestIn(folder: string): number {
  const times = readdirSync(folder).map((name) => /^events\.out\.tfevents\.(\d{10})\./.exec(name)?.[1] ?? 0);
  return Math.max(0, ...times.map(Number));
}

/**
 * A TFRecord: length as uint64, checksum of the length, data, checksum of the data; little-endian.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
function record(data: Buffer): Buffer {
  const bytes = Buffer.alloc(data.length + 16);
  bytes.writeBigUInt64LE(BigInt(data.length));
  bytes.writeUInt32LE(maskedCrc32c(bytes.subarray(0, 8)), 8);
  data.copy(bytes, 12);
  bytes.writeUInt32LE(maskedCrc32c(data), data.length + 12);
  return bytes;
}

function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The remainder of each byte for the Castagnoli polynomial, lowest bit first. */
const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  return crc;
});

/** The CRC-32C checksum, which is not the CRC-32 of zip files: https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4 */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ remainders[(crc ^ byte) & 255];
  return ~crc >>> 0;
}

// Fields in protobuf's wire format, https://protobuf.dev/programming-guides/encoding/; their numbers are those of
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/util/event.proto and framework/summary.proto.

function varint(field: number, value: number): Buffer {
  return Buffer.from([...varintBytes(field * 8), ...varintBytes(value)]);
}

function double(field: number, value: number): Buffer {
  const bytes = Buffer.of(field * 8 + 1, ...new Uint8Array(8));
  bytes.writeDoubleLE(value, 1);
  return bytes;
}

function float(field: number, value: number): Buffer {
  const bytes = Buffer.of(field * 8 + 5, ...new Uint8Array(4));
  bytes.writeFloatLE(value, 1);
  return bytes;
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value));
}

function message(field: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([
    Buffer.from([...varintBytes(field * 8 + 2), ...varintBytes(content.length)]),
    content,
  ]);
}

/** Seven bits a byte, lowest first; all bytes but the last have the top bit set. */
function varintBytes(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varintBytes(Math.floor(value / 128))];
}
