import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { buildServer, type ServerOptions } from '../../lib/serving';
import { fakeServable, inputShape, writeFakeModel } from './fakes';

/** A server with the model `grey`, version 1, that tells how bright a picture is; to be closed with `close`. */
export async function greyServer(options: Partial<ServerOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'serving-'));
  writeFakeModel(folder, 'grey', 1);
  const models = {
    load: async (folder: string) => fakeServable({ folder }),
    pollMs: 60_000,
    ...options.models,
  };
  const server = await buildServer({ folder, ...options, models });
  await server.models.start();
  const close = async (): Promise<void> => {
    await server.close();
    rmSync(folder, { recursive: true });
  };
  return { server, folder, close };
}

/** A picture of one colour. */
export function picture(
  value: number,
  {
    format = 'png',
    width = 40,
    height = 30,
  }: { format?: 'png' | 'jpeg' | 'webp'; width?: number; height?: number } = {},
): Promise<Buffer> {
  const background = { r: value, g: value, b: value };
  return sharp({ create: { width, height, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

/** Bytes as nested numbers, [count][height][width][channels]. */
export function nested(
  pixels: Uint8Array,
  shape: readonly [number, number, number] = inputShape,
): number[][][][] {
  const [height, width, channels] = shape;
  const count = pixels.length / (height * width * channels);
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length: height }, (_, y) =>
      Array.from({ length: width }, (_, x) => {
        const at = ((n * height + y) * width + x) * channels;
        return [...pixels.subarray(at, at + channels)];
      }),
    ),
  );
}

/** The file of a form, as a browser sends it. */
export function form(file: Uint8Array, { name = 'image', filename = 'a.png' } = {}) {
  const boundary = 'x-boundary-x';
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${filename}"\r\nContent-Type: image/png\r\n\r\n`;
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    payload: Buffer.concat([Buffer.from(head), file, Buffer.from(`\r\n--${boundary}--\r\n`)]),
  };
}

/** JSON, and behind it raw bytes, as the binary extension of the Open Inference Protocol has it. */
export function withBytes(json: object, bytes: Uint8Array) {
  const header = Buffer.from(JSON.stringify(json));
  return {
    headers: { 'inference-header-content-length': `${header.length}` },
    payload: Buffer.concat([header, bytes]),
  };
}

/** One request, its answer's JSON. */
export async function post(
  server: FastifyInstance,
  url: string,
  payload: unknown,
  headers: Readonly<Record<string, string>> = {},
) {
  const body = payload instanceof Uint8Array ? Buffer.from(payload) : JSON.stringify(payload);
  const response = await server.inject({ method: 'POST', url, payload: body, headers });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

export async function get(server: FastifyInstance, url: string) {
  const response = await server.inject({ url });
  return { status: response.statusCode, headers: response.headers, body: response.json() };
}

/** Probabilities as whole percents: 8-bit pictures cannot be told more exactly. */
export function percents(rows: readonly (readonly number[])[]): number[][] {
  return rows.map((row) => row.map((value) => Math.round(value * 100)));
}

/** Fails unless an answer is an error in the protocols' shape. */
export function assertError({ status, body }: { status: number; body: unknown }, expected: number): void {
  assert.equal(status, expected, JSON.stringify(body));
  assert.deepEqual(Object.keys(body as object), ['error']);
  assert.equal(typeof (body as { error: unknown }).error, 'string');
}
