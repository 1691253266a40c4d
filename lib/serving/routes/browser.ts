import { existsSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { findLibrary, type LibraryFile } from '../browser-library';
import { ServingError } from '../serving-error';
import { type ModelParams, type ServingContext, wanted } from './context';

type Request = FastifyRequest<{ Params: ModelParams }>;

const modelFiles = { 'model.json': 'application/json', 'weights.bin': 'application/octet-stream' } as const;

/**
 * What the page needs to compute by itself: TensorFlow.js, which is open to all; and a model's own files, which any program
 * with the token may give to `tf.loadLayersModel`.
 */
export async function browserRoutes(server: FastifyInstance, { models }: ServingContext): Promise<void> {
  const library = await findLibrary();
  const schema = { hide: true };
  for (const file of Object.values(library ?? {})) {
    server.get(`/${file.url}`, { config: { access: 'open' }, schema }, (request, reply) =>
      sendLibrary(file, request, reply),
    );
  }

  const folderOf = ({ params }: Request) => filesIn(models.find(wanted(params)).servable.folder);
  for (const [name, type] of Object.entries(modelFiles)) {
    server.get(`/models/:name/versions/:version/${name}`, { schema }, (request: Request, reply) =>
      sendModelFile(join(folderOf(request), name), reply.type(type), request),
    );
  }

  server.get('/models/:name/versions/:version/browser', { schema }, async (request: Request) => {
    const { name, version } = models.find(wanted(request.params));
    if (!library) return { reason: 'this server was installed without the files that a browser needs' };
    const bytes = await sizeOf(Object.keys(modelFiles).map((file) => join(folderOf(request), file)));
    if (bytes === undefined) return { reason: 'the files of this model are gone from the server' };
    const parts = Object.entries(library).map(
      async ([part, file]) => [part, { url: file.url, bytes: (await file.gzipped()).length }] as const,
    );
    return {
      library: Object.fromEntries(await Promise.all(parts)),
      model: { url: `models/${encodeURIComponent(name)}/versions/${version}/model.json`, bytes },
    };
  });
}

async function sendLibrary(file: LibraryFile, { headers }: FastifyRequest, reply: FastifyReply) {
  const compressed = /\bgzip\b/.test(String(headers['accept-encoding']));
  if (compressed) reply.header('content-encoding', 'gzip');
  return reply
    .type(file.type)
    .header('vary', 'accept-encoding')
    .header('cache-control', 'public, max-age=31536000, immutable')
    .send(compressed ? await file.gzipped() : await file.read());
}

/** The file as it is now, in pieces; nothing of it to a browser that has it already. */
async function sendModelFile(path: string, reply: FastifyReply, { headers }: FastifyRequest) {
  const file = await open(path).catch(() => {
    throw new ServingError(404, 'the files of this model are gone from the server');
  });
  const { size, mtimeMs } = await file.stat();
  const etag = `"${size.toString(36)}-${Math.round(mtimeMs).toString(36)}"`;
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (headers['if-none-match'] !== etag)
    return reply.header('content-length', size).send(file.createReadStream());
  await file.close();
  return reply.code(304).send();
}

/** Runs keep their model in a folder `model`. */
function filesIn(folder: string): string {
  const inside = join(folder, 'model');
  return existsSync(join(inside, 'model.json')) ? inside : folder;
}

/** Of all together; undefined where one is missing. */
async function sizeOf(paths: readonly string[]): Promise<number | undefined> {
  const found = await Promise.all(paths.map((path) => stat(path))).catch(() => undefined);
  return found?.reduce((sum, { size }) => sum + size, 0);
}
