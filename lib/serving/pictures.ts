import { countPixels, decodeImage, ImageError } from '../data/image-file';
import type { PixelBudget } from './pixel-budget';
import { badRequest, ServingError } from './serving-error';

/** Bytes of images, [count, height, width, channels]. */
export interface Images {
  readonly pixels: Uint8Array;
  readonly count: number;
}

/** What the images of a request have to be. */
export interface ImageDemands {
  /** Height, width, channels. */
  readonly inputShape: readonly [number, number, number];
  /** Of one request. */
  readonly maxImages: number;
  /** Of one encoded picture. */
  readonly maxPixels: number;
  /** Of all encoded pictures. */
  readonly decoding: PixelBudget;
}

/**
 * JPEG, PNG or WebP files, decoded and resized as `course predict` does it, in threads of their own.
 * @throws ServingError 415 for another format, 413 for too many pixels, 400 for a damaged one.
 */
export async function decodePictures(
  files: readonly Uint8Array[],
  { inputShape: [height, width, channels], maxImages, maxPixels, decoding }: ImageDemands,
): Promise<Images> {
  requireCount(files.length, maxImages);
  const pixels = new Uint8Array(files.length * height * width * channels);
  const decodeInto = async (file: Uint8Array, i: number): Promise<void> => {
    const decode = () => decodeImage(file, { height, width, channels, maxPixels });
    const image = await decoding.run(await countPixels(file), decode);
    pixels.set(image.pixels, i * image.pixels.length);
  };
  try {
    await Promise.all(files.map(decodeInto));
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    throw new ServingError(statusOf[error.problem], error.message);
  }
  return { pixels, count: files.length };
}

/** The bytes that `text` stands for; strict, since a client that cuts a text short should know. */
export function fromBase64(text: unknown, where: string): Uint8Array {
  if (typeof text !== 'string' || text.length % 4 > 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text))
    throw badRequest(`${where}: expected a picture as base64`);
  return Buffer.from(text, 'base64');
}

/** @throws ServingError 400 for no image, and for more than one request may have. */
export function requireCount(count: number, maxImages: number): void {
  if (count >= 1 && count <= maxImages) return;
  throw badRequest(`expected 1 to ${maxImages} images in a request, got ${count}`);
}

const statusOf = { format: 415, size: 413, damage: 400 } as const;
