import { parseObject } from '../json';
import { badRequest } from '../serving-error';
import { type Answer, rowsOf } from './context';

/** How the probabilities are to come back. */
export interface WantedOutput {
  /** As bytes behind the JSON. */
  readonly binary: boolean;
  /** So many classes of each image, the best first, as texts `PROBABILITY:INDEX:NAME`. */
  readonly classes?: number;
}

/** A tensor of an answer: what JSON says of it, and the bytes that come behind that. */
export interface OutputTensor {
  readonly described: object;
  readonly bytes?: Uint8Array;
}

const name = 'probabilities';

/**
 * Reads what a request says of its output; without it, the probabilities are in the JSON.
 * https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 * @throws ServingError 400
 */
export function parseOutput(outputs: unknown = [], parameters: unknown = {}): WantedOutput {
  const all = parseObject(parameters, ['binary_data_output', 'content_type'], 'parameters');
  const binaryByDefault = parseFlag(all.binary_data_output, 'binary_data_output') ?? false;
  if (!Array.isArray(outputs) || outputs.length > 1)
    throw badRequest(`outputs: expected one tensor at most, ${name}`);
  if (outputs.length === 0) return { binary: binaryByDefault };
  const output = parseObject(outputs[0], ['name', 'parameters'], 'outputs[0]');
  if (output.name !== name) throw badRequest(`outputs[0].name: expected ${name}`);
  const keys = ['binary_data', 'classification', 'content_type'] as const;
  const own = parseObject(
    output.parameters === undefined ? {} : output.parameters,
    keys,
    'outputs[0].parameters',
  );
  const binary = parseFlag(own.binary_data, 'binary_data') ?? binaryByDefault;
  return { binary, classes: parseCount(own.classification) };
}

/** The tensor that was asked for, of an answer. */
export function outputTensor(answer: Answer, { binary, classes }: WantedOutput): OutputTensor {
  const { count, numClasses, probabilities } = answer;
  if (classes !== undefined) {
    const rows = rowsOf(answer).map((row) => bestClasses(row, answer).slice(0, classes));
    const shape = [count, Math.min(classes, numClasses)];
    const tensor = { name, datatype: 'BYTES', shape };
    return binary ? withBytes(tensor, lengthPrefixed(rows.flat())) : withData(tensor, rows.flat());
  }
  const tensor = { name, datatype: 'FP32', shape: [count, numClasses] };
  if (!binary) return withData(tensor, [...probabilities]);
  const { buffer, byteOffset, byteLength } = probabilities; // little-endian, as these machines are
  return withBytes(tensor, new Uint8Array(buffer, byteOffset, byteLength));
}

function parseFlag(value: unknown, where: string): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value;
  throw badRequest(`${where}: expected true or false`);
}

/** 0 asks for none, as Triton has it. */
function parseCount(value: unknown): number | undefined {
  if (value === undefined || value === 0) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
  throw badRequest('classification: expected how many classes');
}

function bestClasses(row: readonly number[], { model }: Answer): string[] {
  const { classNames } = model.servable;
  return row
    .map((probability, index) => ({ probability, index }))
    .sort((a, b) => b.probability - a.probability)
    .map(({ probability, index }) => `${probability.toFixed(6)}:${index}:${classNames[index]}`);
}

function withData(tensor: object, data: readonly (number | string)[]): OutputTensor {
  return { described: { ...tensor, data } };
}

function withBytes(tensor: object, bytes: Uint8Array): OutputTensor {
  return { described: { ...tensor, parameters: { binary_data_size: bytes.length } }, bytes };
}

/** Each text behind its length: four bytes, little-endian. */
function lengthPrefixed(texts: readonly string[]): Uint8Array {
  return Buffer.concat(
    texts.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
