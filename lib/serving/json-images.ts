import { kindOf, parseObject } from './json';
import { decodePictures, fromBase64, type ImageDemands, type Images, requireCount } from './pictures';
import { badRequest } from './serving-error';

/**
 * The images in a list of JSON: all as nested numbers, [height][width][channels] of 0 to 255, or all as files of a
 * picture, `{"b64": "..."}`. Either may stand in an object under the input's name, `{"image": ...}`.
 * @throws ServingError as `decodePictures`, and 400 for anything else.
 */
export async function imagesFromJson(list: unknown, demands: ImageDemands, where: string): Promise<Images> {
  if (!Array.isArray(list)) throw badRequest(`${where}: expected a list of images, got ${kindOf(list)}`);
  requireCount(list.length, demands.maxImages);
  const images = list.map((item, i) => withoutName(item, `${where}[${i}]`));
  if (images.every(Array.isArray)) return imagesFromNumbers(images, demands, where);
  const files = images.map((item, i) => {
    const place = `${where}[${i}]`;
    if (Array.isArray(item)) throw badRequest(`${place}: expected all images in the same form`);
    return fromBase64(parseObject(item, ['b64'], place).b64, `${place}.b64`);
  });
  return decodePictures(files, demands);
}

function withoutName(item: unknown, where: string): unknown {
  const named = typeof item === 'object' && item !== null && Object.hasOwn(item, 'image');
  return named ? parseObject(item, ['image'], where).image : item;
}

function imagesFromNumbers(images: readonly unknown[], { inputShape }: ImageDemands, where: string): Images {
  const shape = [images.length, ...inputShape];
  const pixels = new Uint8Array(shape.reduce((product, size) => product * size, 1));
  let done = 0;
  const fill = (value: unknown, axis: number): void => {
    if (axis === shape.length) {
      pixels[done++] = toByte(value, where);
      return;
    }
    if (!Array.isArray(value) || value.length !== shape[axis]) {
      const got = Array.isArray(value) ? `${value.length}` : kindOf(value);
      throw badRequest(
        `${where}: expected numbers of shape [${shape}], got ${got} instead of ${shape[axis]} on axis ${axis}`,
      );
    }
    for (const item of value) fill(item, axis + 1);
  };
  fill(images, 0);
  return { pixels, count: images.length };
}

/** @throws ServingError 400 for anything but a whole number of 0 to 255, which is all that a picture has. */
export function toByte(value: unknown, where: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) return value;
  const got = typeof value === 'number' ? value : kindOf(value);
  throw badRequest(`${where}: expected whole numbers of 0 to 255, got ${got}`);
}
