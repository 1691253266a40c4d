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
    if (typeof item !== 'object')
      throw badRequest(`${place}: expected lists of numbers or {"b64": "..."}, got ${kindOf(item)}`);
    return fromBase64(parseObject(item, ['b64'], place).b64, `${place}.b64`);
  });
  return decodePictures(files, demands);
}

/**
 * The same of Examples, whose features are single values or flat lists: numbers under the input's name may be one list.
 * @throws ServingError as `imagesFromJson`
 */
export function imagesFromExamples(list: unknown, demands: ImageDemands, where: string): Promise<Images> {
  if (!Array.isArray(list)) return imagesFromJson(list, demands, where);
  const nested = list.map((item) =>
    isNamed(item) ? { ...item, image: nest(item.image, demands.inputShape) } : item,
  );
  return imagesFromJson(nested, demands, where);
}

/** A flat list of as many values as `shape` has, nested as that says; anything else as it is. */
function nest(value: unknown, shape: readonly number[]): unknown {
  const size = shape.reduce((product, each) => product * each, 1);
  if (!Array.isArray(value) || Array.isArray(value[0]) || value.length !== size || shape.length === 1)
    return value;
  const inner = shape.slice(1);
  const each = size / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nest(value.slice(i * each, (i + 1) * each), inner));
}

function withoutName(item: unknown, where: string): unknown {
  return isNamed(item) ? parseObject(item, ['image'], where).image : item;
}

function isNamed(item: unknown): item is { readonly image: unknown } {
  return typeof item === 'object' && item !== null && Object.hasOwn(item, 'image');
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
