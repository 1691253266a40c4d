import sharp from 'sharp';
import type { ImageDataset } from '../../../lib/data';
import { createRandom } from '../../../lib/random';

/** What is asked, for each of the servers. */
export interface Payload {
  readonly name: 'picture' | 'json' | 'bytes';
  /** In words, for the table. */
  readonly what: string;
  readonly ours: Request;
  readonly peers: Request;
}

export interface Request {
  readonly path: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** The first test image as a photograph, as numbers in JSON, and as bytes; `model` is its name at our server. */
export async function makePayloads(
  test: ImageDataset,
  { model }: { readonly model: string },
): Promise<readonly Payload[]> {
  const { height, width, channels } = test;
  const pixels = test.pixels.slice(0, height * width * channels);
  const photograph = await enlarge(pixels, { height, width });
  const json = Buffer.from(JSON.stringify({ instances: [rows(pixels, { height, width })] }));
  const picture = { body: photograph, headers: { 'content-type': 'image/jpeg' } };
  const numbers = { body: json, headers: { 'content-type': 'application/json' } };
  return [
    {
      name: 'picture',
      what: `a photograph, JPEG, 640 x 480, ${Math.round(photograph.length / 1000)} kB`,
      ours: { ...picture, path: '/predict' },
      peers: { ...picture, path: '/picture' },
    },
    {
      name: 'json',
      what: `32 x 32 x 3 numbers as JSON, ${Math.round(json.length / 1000)} kB`,
      ours: { ...numbers, path: `/v1/models/${model}:predict` },
      peers: { ...numbers, path: '/json' },
    },
    {
      name: 'bytes',
      what: '32 x 32 x 3 bytes',
      ours: { ...binaryTensor(pixels, { height, width, channels }), path: `/v2/models/${model}/infer` },
      peers: {
        body: Buffer.from(pixels),
        headers: { 'content-type': 'application/octet-stream' },
        path: '/bytes',
      },
    },
  ];
}

/** A photograph has detail at every size: noise, as a sensor adds it, keeps the file from being small. */
async function enlarge(
  pixels: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
): Promise<Buffer> {
  const size = { width: 640, height: 480, channels: 3 } as const;
  const large = await sharp(pixels, { raw: { height, width, channels: 3 } })
    .resize(size.width, size.height, { fit: 'fill' })
    .raw()
    .toBuffer();
  const random = createRandom('sensor');
  const noisy = large.map((value) => Math.max(0, Math.min(255, value + random.integer(17) - 8)));
  return sharp(noisy, { raw: size }).jpeg({ quality: 85 }).toBuffer();
}

function rows(
  pixels: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
): number[][][] {
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => [
      ...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
    ]),
  );
}

/** A request of the Open Inference Protocol with its binary extension: JSON, then the tensor. */
function binaryTensor(
  pixels: Uint8Array,
  { height, width, channels }: { readonly height: number; readonly width: number; readonly channels: number },
): Pick<Request, 'body' | 'headers'> {
  const shape = [1, height, width, channels];
  const input = { name: 'image', shape, datatype: 'UINT8', parameters: { binary_data_size: pixels.length } };
  const head = Buffer.from(JSON.stringify({ inputs: [input] }));
  return {
    body: Buffer.concat([head, pixels]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
    },
  };
}
