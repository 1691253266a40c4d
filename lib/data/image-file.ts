import { open } from 'node:fs/promises';
import sharp, { type Sharp, type SharpOptions } from 'sharp';
import { CourseError } from '../errors';
import type { ImageBatch } from './dataset';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  /** 3 for colour, 1 for grey. Default 3. */
  readonly channels?: number;
  /** How a picture of other proportions is made to fit: stretched (default) or cut off at the sides. */
  readonly fit?: 'stretch' | 'crop';
}

export interface DecodeOptions extends ImageSize {
  /** Most pixels that a picture may have, or claim to have; default 64 million, which is more than a camera makes. */
  readonly maxPixels?: number;
}

/** Why a picture cannot be read: it is in none of the known formats, has too many pixels, or is damaged. */
export type ImageProblem = 'format' | 'size' | 'damage';

/** A picture that cannot be read, and why. */
export class ImageError extends CourseError {
  override name = 'ImageError';

  constructor(
    message: string,
    readonly problem: ImageProblem,
  ) {
    super(message);
  }
}

// A picture of a few kilobytes may claim to be larger than the memory.
const defaultMaxPixels = 64_000_000;
const timeoutSeconds = 20;

/**
 * Decodes one JPEG, PNG or WebP file and resizes it; a batch of one image. Rotated as its EXIF data say, transparent
 * parts white, the first frame of an animation. The file is not trusted: only these three decoders are used, chosen by
 * content, with limits on size and time.
 * @throws CourseError, naming the file, when it is missing, damaged, too large or something else.
 */
export async function readImage(file: string, options: DecodeOptions): Promise<ImageBatch> {
  const start = await firstBytes(file);
  try {
    return await decode(file, start, options);
  } catch (error) {
    if (error instanceof ImageError) throw new CourseError(`${file}: ${error.message}`);
    throw error;
  }
}

/**
 * The same for the bytes of a file.
 * @throws ImageError, without a name.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions): Promise<ImageBatch> {
  return decode(bytes, Buffer.from(bytes.subarray(0, 12)), options);
}

/**
 * How many pixels the bytes of a file claim to have, which decides what decoding it takes; nothing is decoded.
 * @throws ImageError
 */
export async function countPixels(bytes: Uint8Array): Promise<number> {
  refuseOtherFormats(Buffer.from(bytes.subarray(0, 12)));
  try {
    const { width, height } = await reader(bytes, { limitInputPixels: false }).metadata();
    return width * height;
  } catch (error) {
    throw unreadable(error);
  }
}

async function decode(
  source: string | Uint8Array,
  start: Buffer,
  { height, width, channels = 3, fit = 'stretch', maxPixels = defaultMaxPixels }: DecodeOptions,
): Promise<ImageBatch> {
  if (channels !== 1 && channels !== 3) throw new RangeError(`expected 1 or 3 channels, got ${channels}`);
  refuseOtherFormats(start);
  try {
    const { data, info } = await reader(source, { limitInputPixels: maxPixels, failOn: 'error' })
      .timeout({ seconds: timeoutSeconds })
      .rotate() // without an angle: as EXIF says
      .flatten({ background: 'white' })
      .resize(width, height, { fit: fit === 'crop' ? 'cover' : 'fill' })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== channels) throw new Error(`expected ${channels} channels, got ${info.channels}`);
    return { pixels: new Uint8Array(data), count: 1, height, width, channels };
  } catch (error) {
    throw unreadable(error);
  }
}

/** Without libvips' cache: it keeps the decoders of the last hundred pictures, a progressive one with all its pixels. */
function reader(source: string | Uint8Array, options: SharpOptions = {}): Sharp {
  sharp.cache(false);
  return sharp(source, options);
}

function unreadable(error: unknown): ImageError {
  const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
  const problem = reason.includes('pixel limit') ? 'size' : 'damage';
  return new ImageError(`this picture cannot be read: ${reason}`, problem);
}

/** Looks at the first bytes, because a name ending proves nothing. */
function refuseOtherFormats(start: Buffer): void {
  const jpeg = start.toString('latin1', 0, 3) === '\xff\xd8\xff';
  const png = start.toString('latin1', 0, 8) === '\x89PNG\r\n\x1a\n';
  const webp = start.toString('latin1', 0, 4) === 'RIFF' && start.toString('latin1', 8, 12) === 'WEBP';
  if (!(jpeg || png || webp)) throw new ImageError('expected a JPEG, PNG or WebP picture', 'format');
}

async function firstBytes(file: string): Promise<Buffer> {
  const start = Buffer.alloc(12);
  try {
    const handle = await open(file);
    await handle.read(start, 0, 12, 0).finally(() => handle.close());
    return start;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CourseError(
      code === 'ENOENT' ? `${file}: there is no such file` : `${file}: cannot be read (${code})`,
    );
  }
}
