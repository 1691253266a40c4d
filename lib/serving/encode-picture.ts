import sharp from 'sharp';
import type { ImageBatch } from '../data';

/** The first image of a batch as PNG, in a data URL. */
export async function encodePicture({ pixels, height, width, channels }: ImageBatch): Promise<string> {
  if (channels !== 1 && channels !== 3) throw new RangeError(`expected 1 or 3 channels, got ${channels}`);
  const first = pixels.subarray(0, height * width * channels);
  const png = await sharp(first, { raw: { width, height, channels } }).png().toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}
