import { crc32, deflateSync } from 'node:zlib';
import { imageSize, plain } from './fakes';
import { form, nested, picture, withBytes } from './requests';

/** A request that no honest client sends. */
export interface HostileRequest {
  readonly title: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly payload?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** What it is answered; default 400. */
  readonly status?: number;
}

const [tensorflow, open, upload] = ['/v1/models/grey:predict', '/v2/models/grey/infer', '/predict'];

/** All of them, a few hundred. */
export async function hostileRequests(): Promise<HostileRequest[]> {
  return [
    ...brokenJson(),
    ...wrongNumbers(),
    ...wrongTensors(),
    ...wrongBytes(),
    ...(await pictures()),
    ...paths(),
  ];
}

/** JSON that is none, or not what it should be, to each protocol. */
function brokenJson(): HostileRequest[] {
  const valid = JSON.stringify(nested(plain(0)));
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ['nothing', ''],
    ['blanks', '   '],
    ['half a text', '{"instances'],
    ['a list cut off', '{"instances": [[['],
    ['two values', '{} {}'],
    ['a comma too many', '{"instances": [1,]}'],
    ['single quotes', "{'instances': []}"],
    ['NaN', '{"instances": NaN}'],
    ['Infinity', '{"instances": [[[[Infinity]]]]}'],
    ['a comment', '/* */ {}'],
    ['a byte order mark', Buffer.from('\ufeff[]')],
    ['invalid UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
    ['UTF-16', Buffer.from('{"instances": []}', 'utf16le')],
    ['null bytes', Buffer.alloc(100)],
    ['null', 'null'],
    ['a number', '1e999'],
    ['a text', '"instances"'],
    ['a list', valid],
    ['an empty object', '{}'],
    ['a million brackets', '['.repeat(1_000_000)],
    ['a balanced million of brackets', '['.repeat(1_000_000) + ']'.repeat(1_000_000)],
    ['deep objects', '{"instances":'.repeat(10_000) + '1' + '}'.repeat(10_000)],
    ['deep instances', `{"instances": ${'['.repeat(50)}1${']'.repeat(50)}}`],
    ['brackets within a text', `{"${'['.repeat(50)}": 1}`],
    ['a million commas', `{"instances": [${'0,'.repeat(1_000_000)}0]}`],
    ['a stranger', `{"instances": ${valid}, "inputs2": 1}`],
    ['a prototype', `{"__proto__": {"instances": ${valid}}}`],
    ['a prototype beside', `{"instances": ${valid}, "__proto__": {"polluted": true}}`],
    ['a written prototype', `{"instances": ${valid}, "\\u005f_proto__": {"polluted": true}}`],
    ['a constructor', `{"instances": ${valid}, "constructor": {"prototype": {"polluted": true}}}`],
    ['XML', '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]><x>&y;</x>'],
    ['a form', 'instances=1&inputs=2'],
    ['msgpack', Buffer.from([0x81, 0xa9, 0x69, 0x6e, 0x73, 0x74])],
  ];
  return [tensorflow, '/v1/models/grey:classify', open].flatMap((url) =>
    bodies.map(([title, payload]) => ({ title: `JSON: ${title}`, url, payload })),
  );
}

/** Images of TensorFlow Serving's requests that are none. */
function wrongNumbers(): HostileRequest[] {
  const [image] = nested(plain(7));
  const withPixel = (value: unknown) => [
    [
      [
        [value, 0, 0],
        [0, 0, 0],
      ],
      image[1],
    ],
  ];
  const values: readonly (readonly [string, unknown])[] = [
    ['a text', withPixel('1')],
    ['a huge text', withPixel('1'.repeat(100_000))],
    ['null', withPixel(null)],
    ['true', withPixel(true)],
    ['an object', withPixel({})],
    ['valueOf', withPixel({ valueOf: 1 })],
    ['-1', withPixel(-1)],
    ['256', withPixel(256)],
    ['0.5', withPixel(0.5)],
    ['1e308', withPixel(1e308)],
    ['a list too deep', withPixel([1])],
    ['no image', []],
    ['a number', 5],
    ['a text for all', 'image'],
    ['null for all', null],
    ['an object for all', { length: 1, 0: image }],
    ['an empty image', [[]]],
    ['a flat image', [[...plain(0)]]],
    ['one row', [[image[0]]]],
    ['three rows', [[...image, image[0]]]],
    ['a short row', [[image[0], [image[1][0]]]]],
    ['two channels', [image.map((row) => row.map((pixel) => pixel.slice(0, 2)))]],
    ['four channels', [image.map((row) => row.map((pixel) => [...pixel, 0]))]],
    ['an image without its list', image],
    ['two kinds of images', [image, { b64: 'AAAA' }]],
    ['two kinds of images, the other first', [{ b64: 'AAAA' }, image]],
    ['too many images', Array.from({ length: 65 }, () => image)],
    ['far too many images', Array.from({ length: 100_000 }, () => 0)],
    ['an object of another name', [{ picture: image }]],
    ['an object with a stranger', [{ image, other: 1 }]],
    ['an image in an image', [{ image: { image } }]],
    ['b64 of a number', [{ b64: 5 }]],
    ['b64 of null', [{ b64: null }]],
    ['b64 of a list', [{ b64: ['AAAA'] }]],
    ['no base64', [{ b64: '####' }]],
    ['base64 of the wrong length', [{ b64: 'AAAAA' }]],
    ['base64 for addresses', [{ b64: '__--' }]],
    ['a data address', [{ b64: 'data:image/png;base64,AAAA' }]],
    ['b64 with a stranger', [{ b64: 'AAAA', other: 1 }]],
  ];
  const cases = values.flatMap(([title, images]) => [
    { title: `instances: ${title}`, url: tensorflow, payload: JSON.stringify({ instances: images }) },
    { title: `inputs: ${title}`, url: tensorflow, payload: JSON.stringify({ inputs: { image: images } }) },
    {
      title: `examples: ${title}`,
      url: '/v1/models/grey:classify',
      payload: JSON.stringify({ examples: images }),
    },
  ]);
  const ok = nested(plain(0));
  const bodies: readonly (readonly [string, object])[] = [
    ['both forms', { instances: ok, inputs: ok }],
    ['another signature', { signature_name: 'train', instances: ok }],
    ['a signature that is a number', { signature_name: 1, instances: ok }],
    ['a signature that is a list', { signature_name: ['serving_default'], instances: ok }],
    ['another input', { inputs: { x: ok } }],
    ['two inputs', { inputs: { image: ok, x: ok } }],
  ];
  return [
    ...cases,
    ...bodies.map(([title, body]) => ({ title, url: tensorflow, payload: JSON.stringify(body) })),
    {
      title: 'a context',
      url: '/v1/models/grey:classify',
      payload: JSON.stringify({ examples: ok, context: { x: 1 } }),
    },
  ];
}

/** Tensors of the Open Inference Protocol that are none. */
function wrongTensors(): HostileRequest[] {
  const good = { name: 'image', datatype: 'UINT8', shape: [1, 2, 2, 3], data: [...plain(0)] };
  const changes: readonly (readonly [string, object])[] = [
    ['another name', { name: 'x' }],
    ['no name', { name: undefined }],
    ['a prototype for a name', { name: '__proto__' }],
    ['no datatype', { datatype: undefined }],
    ['a datatype that is a number', { datatype: 8 }],
    ...['INT8', 'FP64', 'BOOL', 'uint8', '', 'constructor', 'x'.repeat(10_000)].map(
      (datatype) => [`datatype ${datatype.slice(0, 12)}`, { datatype }] as const,
    ),
    ['no shape', { shape: undefined }],
    ['a shape that is a text', { shape: '1,2,2,3' }],
    ['an empty shape', { shape: [] }],
    ['a flat shape', { shape: [12] }],
    ['a negative size', { shape: [-1, 2, 2, 3] }],
    ['a fraction', { shape: [1.5, 2, 2, 3] }],
    ['a huge size', { shape: [2 ** 40, 2, 2, 3] }],
    ['a size of the largest number', { shape: [Number.MAX_SAFE_INTEGER, 2, 2, 3] }],
    ['sizes that multiply to the right one', { shape: [1, 1, 4, 3] }],
    ['no image', { shape: [0, 2, 2, 3], data: [] }],
    ['too many images', { shape: [65, 2, 2, 3] }],
    ['a shape of many axes', { shape: new Array(1000).fill(1) }],
    ['a shape of texts', { shape: ['1', '2', '2', '3'] }],
    ['a shape of null', { shape: [null, 2, 2, 3] }],
    ['no data', { data: undefined }],
    ['data that is a text', { data: 'AAAAAAAAAAAA' }],
    ['data that is an object', { data: { length: 12 } }],
    ['too little data', { data: [0] }],
    ['too much data', { data: new Array(13).fill(0) }],
    ['data of texts', { data: new Array(12).fill('0') }],
    ['data of null', { data: new Array(12).fill(null) }],
    ['data of 256', { data: new Array(12).fill(256) }],
    ['data of fractions', { datatype: 'FP32', data: new Array(12).fill(0.5) }],
    ['data below 0', { datatype: 'FP32', data: new Array(12).fill(-1) }],
    ['numbers as BYTES', { datatype: 'BYTES', shape: [1], data: [5] }],
    ['no pictures', { datatype: 'BYTES', shape: [0], data: [] }],
    ['fewer pictures than said', { datatype: 'BYTES', shape: [2], data: ['AAAA'] }],
    ['more pictures than said', { datatype: 'BYTES', shape: [1], data: ['AAAA', 'AAAA'] }],
    ['BYTES of an image shape', { datatype: 'BYTES' }],
    ['a stranger', { extra: 1 }],
    ['strange parameters', { parameters: { x: 1 } }],
    ['parameters that are a list', { parameters: [] }],
    ['raw data that is not there', { data: undefined, parameters: { binary_data_size: 12 } }],
    ['data twice', { parameters: { binary_data_size: 0 } }],
    ['raw data of a negative size', { data: undefined, parameters: { binary_data_size: -1 } }],
  ];
  const requests: readonly (readonly [string, object])[] = [
    ['no inputs', {}],
    ['inputs that are an object', { inputs: good }],
    ['no input', { inputs: [] }],
    ['two inputs', { inputs: [good, good] }],
    ['an input that is null', { inputs: [null] }],
    ['an input that is a list', { inputs: [[]] }],
    ['an id that is a number', { id: 5, inputs: [good] }],
    ['an id that is an object', { id: {}, inputs: [good] }],
    ['another output', { inputs: [good], outputs: [{ name: 'logits' }] }],
    ['two outputs', { inputs: [good], outputs: [{ name: 'probabilities' }, { name: 'probabilities' }] }],
    ['outputs that are a text', { inputs: [good], outputs: 'probabilities' }],
    ['an output that is null', { inputs: [good], outputs: [null] }],
    ['strange parameters of all', { inputs: [good], parameters: { x: 1 } }],
    ['a sequence', { inputs: [good], parameters: { sequence_id: 3 } }],
    ['a flag that is a text', { inputs: [good], parameters: { binary_data_output: 'true' } }],
    ['a model name that is a number', { inputs: [good], model_name: 5 }],
    ...[-1, 0.5, '2', null].map(
      (classification) =>
        [
          `classes of ${classification}`,
          { inputs: [good], outputs: [{ name: 'probabilities', parameters: { classification } }] },
        ] as const,
    ),
  ];
  return [
    ...changes.map(([title, change]) => ({ title, body: { inputs: [{ ...good, ...change }] } })),
    ...requests.map(([title, body]) => ({ title, body })),
  ].map(({ title, body }) => ({ title: `tensor: ${title}`, url: open, payload: JSON.stringify(body) }));
}

/** The binary extension, with lengths that do not fit. */
function wrongBytes(): HostileRequest[] {
  const request = (input: object, bytes: Uint8Array) => {
    const parameters = { binary_data_size: bytes.length };
    return withBytes({ inputs: [{ name: 'image', shape: [1, 2, 2, 3], parameters, ...input }] }, bytes);
  };
  const lengths = ['', '-1', '1e3', '0x10', '99999999', '9'.repeat(30), 'NaN', '1, 1', '0', '5'];
  const whole = request({ datatype: 'UINT8' }, plain(0));
  const floats = (value: number) => Buffer.from(new Float32Array(imageSize).fill(value).buffer);
  const picturesOf = (bytes: number[]) => request({ datatype: 'BYTES', shape: [1] }, Buffer.from(bytes));
  const tensors: readonly (readonly [string, ReturnType<typeof withBytes>])[] = [
    ['too few bytes', request({ datatype: 'UINT8' }, plain(0).subarray(1))],
    ['too many bytes', request({ datatype: 'UINT8' }, Buffer.alloc(100))],
    ['NaN', request({ datatype: 'FP32' }, floats(Number.NaN))],
    ['Infinity', request({ datatype: 'FP32' }, floats(Number.POSITIVE_INFINITY))],
    ['0.5', request({ datatype: 'FP32' }, floats(0.5))],
    ['-1', request({ datatype: 'FP32' }, floats(-1))],
    ['FP32 of odd bytes', request({ datatype: 'FP32' }, Buffer.alloc(47))],
    ['another size than said', request({ datatype: 'UINT8', parameters: { binary_data_size: 5 } }, plain(0))],
    [
      'a size that is a text',
      request({ datatype: 'UINT8', parameters: { binary_data_size: '12' } }, plain(0)),
    ],
    [
      'bytes that nothing asks for',
      request({ datatype: 'UINT8', parameters: {}, data: [...plain(0)] }, plain(0)),
    ],
    ['a picture of more bytes than there are', picturesOf([255, 255, 255, 255, 0])],
    ['a picture of fewer bytes', picturesOf([1, 0, 0, 0, 0, 0])],
    ['half a length', picturesOf([1, 0])],
    ['an empty picture', picturesOf([])],
  ];
  return [
    ...lengths.map((length) => ({
      title: `bytes: a header of ${length.slice(0, 12)}`,
      url: open,
      payload: whole.payload,
      headers: { 'inference-header-content-length': length },
    })),
    ...tensors.map(([title, parts]) => ({ title: `bytes: ${title}`, url: open, ...parts })),
  ];
}

/** Files that are no pictures, or too large ones, through each way a picture can come. */
async function pictures(): Promise<HostileRequest[]> {
  const jpeg = await picture(99, { format: 'jpeg', width: 300, height: 300 });
  const png = await picture(99, { format: 'png', width: 300, height: 300 });
  const webp = await picture(99, { format: 'webp', width: 300, height: 300 });
  const files: readonly (readonly [string, Buffer, number])[] = [
    ['a bomb of a PNG', pngClaiming(60_000, 60_000), 413],
    ['a PNG of the largest size', pngClaiming(2 ** 31 - 1, 2 ** 31 - 1), 400],
    ['a PNG of no size', pngClaiming(0, 0), 400],
    ['a PNG with too little in it', pngClaiming(3000, 3000), 400],
    ['a JPEG that claims to be huge', jpegClaiming(jpeg, 65_000, 65_000), 413],
    ['a JPEG cut short', jpeg.subarray(0, jpeg.length >> 1), 400],
    ['a PNG cut short', png.subarray(0, png.length - 40), 400],
    ['a WebP cut short', webp.subarray(0, webp.length >> 1), 400],
    ['the first bytes of a JPEG', jpeg.subarray(0, 12), 400],
    ['the first bytes of a PNG', png.subarray(0, 8), 400],
    ['a damaged PNG', Buffer.from(png).fill(0x5a, 60, 90), 400],
    [
      'HTML that begins like a JPEG',
      Buffer.from('\xff\xd8\xff<html><script>alert(1)</script>', 'latin1'),
      400,
    ],
    ['a script that begins like a PNG', Buffer.from('\x89PNG\r\n\x1a\n#!/bin/sh\nid', 'latin1'), 400],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 415],
    ['SVG that reads a file', Buffer.from('<svg><image href="file:///etc/passwd"/></svg>'), 415],
    ['GIF', Buffer.from('GIF89a\x01\x00\x01\x00', 'latin1'), 415],
    ['TIFF', Buffer.from('II*\x00\x08\x00\x00\x00', 'latin1'), 415],
    ['BMP', Buffer.from('BM'.padEnd(60, '\0'), 'latin1'), 415],
    ['AVIF', Buffer.from('\x00\x00\x00\x20ftypavif'.padEnd(40, '\0'), 'latin1'), 415],
    ['PDF', Buffer.from('%PDF-1.7'), 415],
    ['PostScript', Buffer.from('%!PS-Adobe-3.0'), 415],
    [
      'ImageMagick',
      Buffer.from('push graphic-context\nviewbox 0 0 1 1\nimage over 0,0 0,0 "https://x"'),
      415,
    ],
    ['a zip', Buffer.from('PK\x03\x04'.padEnd(40, '\0'), 'latin1'), 415],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), 415],
    ['RIFF of sound', Buffer.from('RIFF\x24\x00\x00\x00WAVEfmt ', 'latin1'), 415],
    ['text', Buffer.from('hello'), 415],
    ['a byte', Buffer.from([0xff]), 415],
  ];
  const viaJson = (b64: string) => JSON.stringify({ instances: [{ b64 }] });
  const viaTensor = (b64: string) =>
    JSON.stringify({ inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [b64] }] });
  const formOf = (text: string) => ({
    url: upload,
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
    payload: text,
  });
  return [
    ...files.flatMap(([name, file, status]): HostileRequest[] => [
      { title: `picture: ${name}`, url: upload, payload: file, status },
      { title: `form: ${name}`, url: upload, ...form(file), status },
      { title: `b64: ${name}`, url: tensorflow, payload: viaJson(file.toString('base64')), status },
      { title: `BYTES: ${name}`, url: open, payload: viaTensor(file.toString('base64')), status },
    ]),
    { title: 'picture: none', url: upload, payload: '' },
    { title: 'picture: too many bytes', url: upload, payload: Buffer.alloc(9 * 2 ** 20), status: 413 },
    { title: 'form: too many bytes', url: upload, ...form(Buffer.alloc(9 * 2 ** 20)), status: 413 },
    { title: 'form: nothing', ...formOf('') },
    {
      title: 'form: no file',
      ...formOf('--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n1\r\n--b--\r\n'),
    },
    {
      title: 'form: cut short',
      ...formOf('--b\r\nContent-Disposition: form-data; name="x"; filename="y"\r\n\r\nabc'),
    },
    {
      title: 'form: no boundary',
      url: upload,
      payload: 'x',
      headers: { 'content-type': 'multipart/form-data' },
    },
    {
      title: 'form: a prototype',
      ...formOf('--b\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\n1\r\n--b--\r\n'),
    },
  ];
}

const formOfNothing = { url: upload, ...form(Buffer.from('x')) };

/** Addresses and headers with tricks in them. */
function paths(): HostileRequest[] {
  const body = JSON.stringify({ instances: nested(plain(0)) });
  const to = (url: string, status = 404): HostileRequest => ({
    title: `path: ${url.slice(0, 60)}`,
    url,
    payload: body,
    status,
  });
  const names = [
    '..',
    '%2e%2e',
    '..%2f..%2fetc',
    '%00',
    'grey%00',
    '__proto__',
    'constructor',
    'toString',
    'GREY',
    'x'.repeat(150),
  ];
  return [
    ...names.flatMap((name) => [
      to(`/v1/models/${name}:predict`, name.includes('%2f') ? 400 : 404),
      to(`/models/${name}x/predict`),
      to(`/v2/models/${name}/infer`),
    ]),
    ...['0', '2', '9'.repeat(40)].map((version) => to(`/v1/models/grey/versions/${version}:predict`)),
    ...['01x', '-1', '1.0', '1e0', 'latest'].map((version) =>
      to(`/v1/models/grey/versions/${version}:predict`, 400),
    ),
    ...['0', '2', '-1', 'latest', '9'.repeat(40)].map((version) =>
      to(`/v2/models/grey/versions/${version}/infer`),
    ),
    to('/v1/models/grey:regress', 400),
    to('/v1/models/other:regress'),
    to('/v1/models/grey:predict/', 400),
    to('/v1/models/grey:predict:predict', 400),
    to('/v1/models//grey:predict', 400),
    to('/v1/models/grey/labels/stable:predict', 400),
    to('/v1/models', 400),
    to('/v1/', 400),
    to('/v1', 400),
    to('/../../etc/passwd'),
    to('/%2e%2e/%2e%2e/etc/passwd'),
    to('/docs/static/..%2f..%2f..%2fpackage.json'),
    to('/%', 400),
    to('/v1/models/%E0%A4%A:predict', 400),
    to(`/${'a'.repeat(10_000)}`),
    ...(['GET', 'PUT', 'DELETE'] as const).map((method) => ({
      title: `method: ${method}`,
      method,
      url: tensorflow,
      payload: method === 'GET' ? undefined : body,
    })),
    ...['0', '-1', '1.5', 'NaN', '1e2', '99999', 'x', '', '%00', '1&top=2', '[]'].map((top) => ({
      title: `top: ${top}`,
      url: `${upload}?top=${top}`,
      payload: 'x',
    })),
    {
      title: 'header: a content type that is none',
      url: tensorflow,
      payload: body,
      headers: { 'content-type': ';;;' },
      status: 415,
    },
    {
      title: 'header: a length that is none',
      url: tensorflow,
      payload: '',
      headers: { 'content-length': 'abc' },
    },
    {
      title: 'header: gzip',
      url: tensorflow,
      payload: Buffer.from([0x1f, 0x8b, 8, 0]),
      headers: { 'content-encoding': 'gzip' },
      status: 415,
    },
    {
      title: 'header: a form that is compressed',
      ...formOfNothing,
      headers: { ...formOfNothing.headers, 'content-encoding': 'br' },
      status: 415,
    },
  ];
}

/** A PNG header that claims an image of this size, over a few bytes of content. */
function pngClaiming(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const content = Buffer.concat([Buffer.from(type), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(content), 4);
    return Buffer.concat([ends.subarray(0, 4), content, ends.subarray(4)]);
  };
  const header = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const content = chunk('IDAT', deflateSync(Buffer.alloc(1000)));
  const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  return Buffer.concat([signature, chunk('IHDR', header), content, chunk('IEND', Buffer.alloc(0))]);
}

/** A JPEG with another size in its frame header. */
function jpegClaiming(jpeg: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(jpeg);
  const frame = changed.indexOf(Buffer.from([0xff, 0xc0]));
  changed.writeUInt16BE(height, frame + 5);
  changed.writeUInt16BE(width, frame + 7);
  return changed;
}
