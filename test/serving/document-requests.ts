import fc from 'fast-check';
import type { Documented, Media, Parameter, Schema } from './document';
import { plain } from './fakes';
import { withBytes } from './requests';
import { broken, fromSchema } from './schema-values';

/** A request that fits an operation more or less. */
export interface FuzzedRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload?: string | Buffer;
}

export interface FuzzOptions {
  /** What path parameters are called that exist. */
  readonly known: Readonly<Record<string, string>>;
  /** Files of pictures. */
  readonly pictures: readonly Buffer[];
}

/** Requests to one operation: as its schemas have them, its examples, both with something broken, and noise. */
export function requestsTo(
  { method, path, operation }: Documented,
  options: FuzzOptions,
): fc.Arbitrary<FuzzedRequest> {
  const { parameters = [], requestBody } = operation;
  const place = (where: Parameter['in']) => parameters.filter((parameter) => parameter.in === where);
  const inPath = fc.record(
    Object.fromEntries(
      place('path').map(({ name, schema }) => [name, pathPart(schema, options.known[name])]),
    ),
  );
  const inQuery = some(place('query'), (schema) =>
    fc.oneof(fromSchema(schema, options.pictures).map(String), fc.string()),
  );
  const inHeader = some(place('header'), (schema) =>
    fc.oneof(
      fromSchema(schema, options.pictures).map(String),
      fc.constantFrom('', '-1', '1e3', 'NaN', '9'.repeat(30)),
    ),
  );
  const body = requestBody ? bodies(requestBody.content, options) : fc.constant({ headers: {} });
  return fc.tuple(inPath, inQuery, inHeader, body).map(([names, query, headers, sent]) => {
    const search = new URLSearchParams(query).toString();
    const address = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name]));
    return {
      method,
      url: search === '' ? address : `${address}?${search}`,
      ...sent,
      headers: { ...sent.headers, ...headers },
    };
  });
}

/** The examples of an operation's bodies. */
export function examplesOf({ example, examples = {} }: Media): unknown[] {
  return example === undefined ? Object.values(examples).map(({ value }) => value) : [example];
}

function pathPart(schema: Schema, known: string): fc.Arbitrary<string> {
  const other = fc.oneof(fc.string({ maxLength: 30 }), fromSchema(schema).map(String));
  const dots = (text: string) => /^\.{1,2}$/.test(text); // would be another address
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(known) },
    other.filter((text) => !dots(text)),
  );
}

/** Values for some of the parameters, mostly for none. */
function some(parameters: readonly Parameter[], value: (schema: Schema) => fc.Arbitrary<string>) {
  const values = parameters.map(({ name, schema }) => {
    const given = fc.oneof({ weight: 2, arbitrary: fc.constant(undefined) }, value(schema));
    return [name, given] as const;
  });
  return fc
    .record(Object.fromEntries(values))
    .map((record) =>
      Object.fromEntries(
        Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined),
      ),
    );
}

interface Body {
  readonly payload: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

function bodies(content: Readonly<Record<string, Media>>, options: FuzzOptions): fc.Arbitrary<Body> {
  const right = fc.oneof(...Object.entries(content).map(([type, media]) => bodyOf(type, media, options)));
  const cut = fc
    .tuple(right, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([{ payload, headers }, part]) => ({ payload: payload.slice(0, part * payload.length), headers }));
  const bytes = fc.uint8Array({ maxLength: 300 }).map((values) => Buffer.from(values));
  const types = fc.constantFrom(...Object.keys(content), 'text/plain', 'multipart/form-data', 'x');
  const noise = fc
    .tuple(fc.oneof(fc.json(), fc.string(), bytes), types)
    .map(([payload, type]) => ({ payload, headers: { 'content-type': type } }));
  const encodings = fc.oneof({ weight: 9, arbitrary: fc.constant('identity') }, fc.constantFrom('gzip', 'x'));
  return fc
    .tuple(fc.oneof({ weight: 6, arbitrary: right }, cut, noise), encodings)
    .map(([{ payload, headers }, encoding]) => ({
      payload,
      headers: { ...headers, ...(encoding !== 'identity' && { 'content-encoding': encoding }) },
    }));
}

function bodyOf(type: string, media: Media, options: FuzzOptions): fc.Arbitrary<Body> {
  if (type === 'application/json') {
    const examples = examplesOf(media).map((value) => fc.constant(value));
    const right = fc.oneof(fromSchema(media.schema, options.pictures), ...examples);
    const json = fc.oneof(right, broken(right)).map((value) => JSON.stringify(value) ?? '');
    return json.map((payload) => ({ payload, headers: { 'content-type': type } }));
  }
  if (type === 'application/octet-stream') return tensorBody();
  const file = fc.constantFrom(...options.pictures);
  const damaged = fc.tuple(file, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const copy = Buffer.from(bytes);
    copy[at % copy.length] = value;
    return copy;
  });
  const picture = fc.oneof(file, damaged);
  if (!type.startsWith('multipart/'))
    return picture.map((payload) => ({ payload, headers: { 'content-type': type } }));
  const headers = { 'content-type': `${type}; boundary=b` };
  return fc
    .tuple(picture, fc.constantFrom('image', 'x'))
    .map(([bytes, name]) => ({ payload: formWith(bytes, name), headers }));
}

/** An inference request with its tensor behind the JSON. */
function tensorBody(): fc.Arbitrary<Body> {
  const tensor = fc.record({
    datatype: fc.constantFrom('UINT8', 'FP32', 'BYTES'),
    shape: fc.constantFrom([1, 2, 2, 3], [1], [2, 1]),
    bytes: fc.oneof(fc.constantFrom(plain(9), plain(0, 4)), fc.uint8Array({ maxLength: 60 })),
  });
  const outputs = fc
    .constantFrom(undefined, true, false)
    .map((binary) =>
      binary === undefined ? undefined : [{ name: 'probabilities', parameters: { binary_data: binary } }],
    );
  const request = fc.tuple(tensor, outputs).map(([{ datatype, shape, bytes }, wanted]) => {
    const parameters = { binary_data_size: bytes.length };
    return { json: { inputs: [{ name: 'image', datatype, shape, parameters }], outputs: wanted }, bytes };
  });
  const changed = request.chain(({ json, bytes }) =>
    broken(fc.constant(json)).map((value) => ({ json: Object(value), bytes })),
  );
  return fc.oneof(request, changed).map(({ json, bytes }) => withBytes(json, bytes));
}

function formWith(file: Buffer, name: string): Buffer {
  const head = `--b\r\nContent-Disposition: form-data; name="${name}"; filename="a"\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), file, Buffer.from('\r\n--b--\r\n')]);
}
