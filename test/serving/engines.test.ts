import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import sharp from 'sharp';
import { useBackend } from '../../lib/backend';
import { decodeImage, type ImageBatch } from '../../lib/data';
import { predictImages } from '../../lib/evaluation';
import { loadClassifier } from '../../lib/interchange';
import { courseRoot } from '../../lib/paths';
import { createRandom } from '../../lib/random';
import { buildServer, engineNames } from '../../lib/serving';
import { viewsOf } from '../../lib/serving/model-description';
import { startWorker } from '../../lib/serving/worker-process';
import { largestDifference, noise } from '../interchange/toy-classifiers';
import { form, nested, post, withBytes } from './requests';

const baseline = join(courseRoot(), 'data', 'pretrained', 'baseline-cifar10');
const name = 'baseline-cifar10';

/** A photograph's worth of noise, turned by EXIF, and what the course says of it. */
async function photograph() {
  const { model, normalization, classNames } = await loadClassifier(baseline);
  const random = createRandom('photograph');
  const pixels = Buffer.from(Array.from({ length: 70 * 50 * 3 }, () => random.integer(256)));
  const raw = sharp(pixels, { raw: { width: 70, height: 50, channels: 3 } });
  const file = await raw.blur(3).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const image = await decodeImage(file, { height: 32, width: 32 });
  const probabilities = await predictImages(model, image, { normalization });
  return { file, image, probabilities: [...probabilities], classNames };
}

/** The same picture through every protocol, in every form: the probabilities of each answer. */
async function throughAll(
  server: FastifyInstance,
  file: Buffer,
  image: ImageBatch,
  classNames: readonly string[],
) {
  const pixels = Buffer.from(image.pixels);
  const numbers = nested(pixels, [32, 32, 3]);
  const b64 = file.toString('base64');
  const inOrder = (pairs: readonly (readonly [string, number])[]) => {
    const found = new Map(pairs);
    return classNames.map((each) => found.get(each) ?? Number.NaN);
  };
  const upload = async (payload: unknown, headers = {}) => {
    const { body } = await post(server, '/predict', payload, headers);
    const { predictions } = body as { predictions: { className: string; probability: number }[] };
    return inOrder(predictions.map(({ className, probability }) => [className, probability] as const));
  };
  const infer = async (payload: unknown, headers = {}) =>
    (await post(server, `/v2/models/${name}/infer`, payload, headers)).body.outputs[0].data as number[];
  const tensor = (datatype: string, shape: number[], data: unknown) => ({
    inputs: [{ name: 'image', datatype, shape, data }],
  });
  const predict = async (body: object) => {
    const answer = await post(server, `/v1/models/${name}:predict`, body);
    return (answer.body.predictions ?? answer.body.outputs)[0] as number[];
  };
  const classify = await post(server, `/v1/models/${name}:classify`, { examples: [{ b64 }] });
  const parts = form(file);
  const parameters = { binary_data_size: pixels.length };
  const binary = withBytes(
    { inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, 32, 32, 3], parameters }] },
    pixels,
  );
  return {
    'raw body': await upload(file),
    form: await upload(parts.payload, parts.headers),
    'instances, numbers': await predict({ instances: numbers }),
    'instances, b64': await predict({ instances: [{ b64 }] }),
    'inputs, numbers': await predict({ inputs: { image: numbers } }),
    classify: inOrder(classify.body.results[0]),
    UINT8: await infer(tensor('UINT8', [1, 32, 32, 3], [...pixels])),
    FP32: await infer(tensor('FP32', [1, 32, 32, 3], numbers)),
    BYTES: await infer(tensor('BYTES', [1], [b64])),
    'binary UINT8': await infer(binary.payload, binary.headers),
  };
}

describe('every engine', function () {
  this.timeout(180_000);

  before(() => useBackend());

  for (const network of ['baseline', 'regularized', 'airbench']) {
    it(`gives the answers of the notebooks for ${network}`, async () => {
      const folder = join(courseRoot(), 'data', 'pretrained', `${network}-cifar10`);
      const classifier = await loadClassifier(folder);
      const images = noise(classifier, { count: 3 });
      const { model, normalization } = classifier;
      const views = viewsOf(classifier);
      const expected = await predictImages(model, images, { normalization, views });
      const looksOnce = views === 'single'; // ONNX Runtime computes no other
      for (const engine of engineNames.filter((name) => looksOnce || name !== 'onnx')) {
        const worker = await startWorker({ folder, engine, threads: 0, maxBatchSize: 4 });
        try {
          const difference = largestDifference(await worker.predict(images.pixels, 3), expected);
          assert.ok(difference < 1e-5, `${engine} differs by ${difference}`);
        } finally {
          await worker.close();
        }
      }
    });
  }
});

describe('a real network', function () {
  this.timeout(180_000); // processes that start from source, on a machine that may be busy

  before(() => useBackend());

  for (const engine of engineNames) {
    it(`answers the same through every protocol as in the notebooks, with ${engine}`, async () => {
      const { file, image, probabilities, classNames } = await photograph();
      const server = await buildServer({ folder: baseline, servable: { engine } });
      try {
        await server.models.start();
        const answers = await throughAll(server, file, image, classNames);
        for (const [protocol, answer] of Object.entries(answers)) {
          const difference = largestDifference(answer, probabilities);
          assert.ok(difference < 1e-5, `${protocol} differs by ${difference}`);
        }
      } finally {
        await server.close();
      }
    });
  }

  it('is swapped under load without an error, and a broken version changes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'swap-'));
    const addVersion = (version: number) => {
      const hidden = join(folder, 'net', `.${version}`);
      cpSync(join(baseline, 'model'), hidden, { recursive: true });
      renameSync(hidden, join(folder, 'net', String(version)));
    };
    mkdirSync(join(folder, 'net'));
    addVersion(1);
    const server = await buildServer({
      folder,
      servable: { engine: 'onnx' },
      models: { keep: 1, pollMs: 50 },
    });
    try {
      await server.models.start();
      const { file } = await photograph();
      let stop = false;
      const versions = new Set<number>();
      const statuses = new Set<number>();
      const client = async () => {
        while (!stop) {
          const { status, body } = await post(server, '/models/net/predict', file);
          statuses.add(status);
          versions.add(body.version);
          await sleep(5); // the new version needs a core to load
        }
      };
      const clients = [1, 2].map(client);
      mkdirSync(join(folder, 'net', '2'));
      writeFileSync(join(folder, 'net', '2', 'model.json'), '{}');
      while (!server.models.status({ name: 'net' }).some(({ error }) => error)) await server.models.refresh();
      addVersion(3);
      while (!versions.has(3)) await sleep(20);
      stop = true;
      await Promise.all(clients);
      assert.deepEqual([...statuses], [200]);
      assert.deepEqual([...versions], [1, 3]);
      const states = server.models.status({ name: 'net' }).map(({ version, state }) => [version, state]);
      assert.deepEqual(states, [
        [3, 'AVAILABLE'],
        [2, 'END'],
        [1, 'END'],
      ]);
    } finally {
      await server.close();
      rmSync(folder, { recursive: true });
    }
  });
});
