import { parseJson, parseObject } from '../json';
import { toByte } from '../json-images';
import { decodePictures, fromBase64, type ImageDemands, type Images, requireCount } from '../pictures';
import { badRequest } from '../serving-error';
import { parseOutput, type WantedOutput } from './inference-outputs';

/** A request of the Open Inference Protocol, its JSON taken apart. */
export interface InferenceRequest {
  readonly id?: string;
  readonly input: InputTensor;
  readonly output: WantedOutput;
}

interface InputTensor {
  readonly datatype: string;
  readonly shape: readonly number[];
  /** A list, or the bytes behind the JSON. */
  readonly data: unknown;
}

const largestSize = 2 ** 31;

/**
 * Reads a request's body: JSON, or, where `headerLength` says how long that is, JSON and then the bytes of the tensor.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
 * @throws ServingError 400
 */
export function parseInferenceRequest(body: Uint8Array | undefined, headerLength?: string): InferenceRequest {
  const jsonEnd = headerLength === undefined ? body?.length : parseHeaderLength(headerLength, body?.length);
  const json = parseJson(body?.subarray(0, jsonEnd));
  const keys = ['id', 'model_name', 'parameters', 'inputs', 'outputs'] as const;
  const { id, model_name, inputs, outputs, parameters } = parseObject(json, keys, 'the request');
  if (id !== undefined && typeof id !== 'string') throw badRequest('id: expected a text');
  // KServe's client says again what is in the address, and its server does not look at it.
  if (model_name !== undefined && typeof model_name !== 'string')
    throw badRequest('model_name: expected a text');
  if (!Array.isArray(inputs) || inputs.length !== 1) throw badRequest('inputs: expected one tensor, image');
  const input = parseInput(inputs[0], body?.subarray(jsonEnd) ?? new Uint8Array(0));
  return { id, input, output: parseOutput(outputs, parameters) };
}

/**
 * The images in a tensor: UINT8 or FP32 of shape [n, height, width, channels], or BYTES of shape [n] or [n, 1], each a
 * file of a picture; those are base64 in JSON, and behind it each follows its length, four bytes, little-endian.
 * @throws ServingError as `decodePictures`, and 400
 */
export async function imagesFromTensor(input: InputTensor, demands: ImageDemands): Promise<Images> {
  const { datatype, shape, data } = input;
  if (datatype === 'BYTES') {
    if (!(shape.length === 1 || (shape.length === 2 && shape[1] === 1)))
      throw badRequest(`shape: expected [n] or [n, 1] of BYTES, got [${shape}]`);
    requireCount(shape[0], demands.maxImages);
    const files = data instanceof Uint8Array ? splitBytes(data, shape[0]) : texts(data);
    if (files.length !== shape[0])
      throw badRequest(`data: expected ${shape[0]} pictures, got ${files.length}`);
    return decodePictures(files, demands);
  }
  if (datatype !== 'UINT8' && datatype !== 'FP32')
    throw badRequest(`datatype: expected UINT8, FP32 or BYTES, got ${datatype.slice(0, 20)}`);
  const [count, ...imageShape] = shape;
  const { inputShape, maxImages } = demands;
  if (shape.length !== 4 || imageShape.some((size, i) => size !== inputShape[i]))
    throw badRequest(`shape: expected [n,${inputShape}], got [${shape}]`);
  requireCount(count, maxImages);
  const length = shape.reduce((product, size) => product * size, 1);
  const numbers = data instanceof Uint8Array ? rawNumbers(data, datatype) : flat(data, length);
  if (numbers.length !== length) throw badRequest(`data: expected ${length} numbers, got ${numbers.length}`);
  return { pixels: toBytes(numbers), count };
}

function parseHeaderLength(text: string, bodyLength = 0): number {
  const length = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (length <= bodyLength) return length;
  throw badRequest('Inference-Header-Content-Length: expected the length of the JSON in the body');
}

function parseInput(value: unknown, behind: Uint8Array): InputTensor {
  const keys = ['name', 'shape', 'datatype', 'parameters', 'data'] as const;
  const { name, shape, datatype, parameters = {}, data } = parseObject(value, keys, 'inputs[0]');
  if (name !== 'image') throw badRequest('inputs[0].name: expected image');
  if (typeof datatype !== 'string') throw badRequest('inputs[0].datatype: expected a text');
  if (!Array.isArray(shape) || shape.length > 8 || !shape.every(isSize))
    throw badRequest('inputs[0].shape: expected a list of whole numbers');
  const known = ['binary_data_size', 'content_type'] as const;
  const { binary_data_size: size } = parseObject(parameters, known, 'inputs[0].parameters');
  if (size === undefined) {
    if (behind.length > 0) throw badRequest('expected nothing behind the JSON without binary_data_size');
    return { datatype, shape, data };
  }
  if (data !== undefined) throw badRequest('inputs[0]: expected data or binary_data_size, not both');
  if (size !== behind.length)
    throw badRequest(`binary_data_size: expected the ${behind.length} bytes behind the JSON`);
  return { datatype, shape, data: behind };
}

function isSize(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < largestSize;
}

function texts(data: unknown): Uint8Array[] {
  if (!Array.isArray(data)) throw badRequest('data: expected a list of pictures as base64');
  return data.flat(1).map((text, i) => fromBase64(text, `data[${i}]`));
}

function splitBytes(bytes: Uint8Array, count: number): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && files.length < count) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (end > bytes.length) throw badRequest('data: expected each picture behind its length');
    files.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at < bytes.length) throw badRequest(`data: expected ${count} pictures, got more`);
  return files;
}

function rawNumbers(bytes: Uint8Array, datatype: 'UINT8' | 'FP32'): Uint8Array | Float32Array {
  if (datatype === 'UINT8') return bytes;
  if (bytes.length % 4 > 0) throw badRequest('data: expected four bytes for each number of FP32');
  return new Float32Array(Uint8Array.from(bytes).buffer); // a copy, aligned; little-endian as these machines are
}

/** Nested as the shape says, or flat: the protocol allows both. */
function flat(data: unknown, length: number): unknown[] {
  if (!Array.isArray(data)) throw badRequest('data: expected a list of numbers');
  const numbers = data.length === length ? data : data.flat(3);
  return numbers;
}

function toBytes(numbers: Uint8Array | Float32Array | readonly unknown[]): Uint8Array {
  return numbers instanceof Uint8Array ? numbers : Uint8Array.from(numbers, (value) => toByte(value, 'data'));
}
