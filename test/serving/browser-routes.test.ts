import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import type { FastifyInstance } from 'fastify';
import { useBackend } from '../../lib/backend';
import { courseRoot } from '../../lib/paths';
import { buildServer } from '../../lib/serving';
import { fakeServable } from './fakes';
import { assertError, greyServer } from './requests';

const baseline = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10');
const place = '/models/baseline-cifar10/versions/1';
const headers = { authorization: 'Bearer secret' };

describe('what a browser computes with', () => {
  let server: FastifyInstance;

  before(async () => {
    const load = async (folder: string) => fakeServable({ folder });
    server = await buildServer({ folder: baseline, token: 'secret', models: { load, pollMs: 60_000 } });
    await server.models.start();
  });

  after(() => server.close());

  it('is listed with the bytes that are sent', async () => {
    const answer = await server.inject({ url: `${place}/browser`, headers });
    const { library, model } = answer.json();
    for (const { url, bytes } of Object.values<{ url: string; bytes: number }>(library)) {
      const file = await server.inject({ url: `/${url}`, headers: { 'accept-encoding': 'gzip' } });
      assert.deepEqual([file.statusCode, file.rawPayload.length], [200, bytes], url);
    }
    assert.deepEqual(model, { url: place.slice(1) + '/model.json', bytes: 10_640 + 490_280 });
  });

  it('is TensorFlow.js as its packages have it, kept by browsers for good, its licence included', async () => {
    const answer = await server.inject({ url: `${place}/browser`, headers });
    const { core, wasmSimd } = answer.json().library;
    const packed = await server.inject({ url: `/${core.url}`, headers: { 'accept-encoding': 'br, gzip' } });
    const plain = await server.inject({ url: `/${core.url}` });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.equal(plain.headers.vary, 'accept-encoding');
    assert.match(String(plain.headers['cache-control']), /max-age=31536000, immutable/);
    assert.match(core.url, new RegExp(`/${tf.version['tfjs-core'].replaceAll('.', '\\.')}/`));
    const installed = readFileSync(require.resolve('@tensorflow/tfjs-core/dist/tf-core.es2017.min.js'));
    assert.ok(plain.rawPayload.equals(installed));
    assert.ok(gunzipSync(packed.rawPayload).equals(installed));
    assert.match(plain.payload, /^\/\*\*\s+\* @license/);
    const wasm = await server.inject({ url: `/${wasmSimd.url}` });
    assert.equal(wasm.headers['content-type'], 'application/wasm');
    assert.equal(wasm.rawPayload.subarray(0, 4).toString('latin1'), '\0asm');
  });

  it("has the model's own files, unchanged, and does not send them twice", async () => {
    for (const name of ['model.json', 'weights.bin']) {
      const file = readFileSync(join(baseline, 'model', name));
      const answer = await server.inject({ url: `${place}/${name}`, headers });
      assert.equal(answer.statusCode, 200);
      assert.ok(answer.rawPayload.equals(file), name);
      assert.equal(answer.headers['content-length'], `${file.length}`);
      const known = { ...headers, 'if-none-match': String(answer.headers.etag) };
      const again = await server.inject({ url: `${place}/${name}`, headers: known });
      assert.deepEqual([again.statusCode, again.payload], [304, '']);
    }
  });

  it('is what any program gives to tf.loadLayersModel', async () => {
    await useBackend();
    const url = await server.listen({ host: '127.0.0.1', port: 0 });
    const model = await tf.loadLayersModel(`${url}${place}/model.json`, { requestInit: { headers } });
    assert.deepEqual(model.inputs[0].shape, [null, 32, 32, 3]);
    model.dispose();
    await assert.rejects(tf.loadLayersModel(`${url}${place}/model.json`), /401/);
  });

  it('tells nothing of a model without the token', async () => {
    for (const name of ['browser', 'model.json', 'weights.bin']) {
      const answer = await server.inject({ url: `${place}/${name}` });
      assertError({ status: answer.statusCode, body: answer.json() }, 401);
    }
  });

  it('is no way to other files', async () => {
    for (const url of [
      `${place}/config.json`,
      `${place}/..%2fconfig.json`,
      `${place}/model.json%00`,
      `${place}/model.json/`,
      `${place}/../../../../config.json`,
      '/models/baseline-cifar10/versions/2/model.json',
      '/models/baseline-cifar10/versions/-1/model.json',
      '/models/baseline-cifar10/versions/1e0/weights.bin',
      '/models/baseline-cifar10/versions/..%2f../model.json',
      '/models/..%2fbaseline-cifar10/versions/1/model.json',
      '/models/..%2f..%2fpretrained/versions/1/browser',
      '/models/__proto__/versions/1/model.json',
      '/tensorflow/4.22.0/',
      '/tensorflow/4.22.0/package.json',
      '/tensorflow/4.22.0/..%2f..%2fpackage.json',
      '/tensorflow/0.0.0/tf-core.es2017.min.js',
    ]) {
      const answer = await server.inject({ url, headers });
      assertError({ status: answer.statusCode, body: answer.json() }, 404);
    }
  });
});

describe('a model whose files are gone', () => {
  it('still answers, and says why a browser cannot', async () => {
    const { server, folder, close } = await greyServer();
    try {
      const url = '/models/grey/versions/1';
      writeFileSync(join(folder, 'grey', '1', 'weights.bin'), '');
      assert.equal((await server.inject({ url: `${url}/browser` })).json().model.bytes, 2);
      rmSync(join(folder, 'grey', '1', 'weights.bin'));
      assert.deepEqual((await server.inject({ url: `${url}/browser` })).json(), {
        reason: 'the files of this model are gone from the server',
      });
      const answer = await server.inject({ url: `${url}/weights.bin` });
      assertError({ status: answer.statusCode, body: answer.json() }, 404);
    } finally {
      await close();
    }
  });
});
