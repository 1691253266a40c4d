import type { FastifyReply, FastifyRequest } from 'fastify';
import type { LoadedModel, ModelName, ModelRegistry } from '../model-registry';
import type { ImageDemands, Images } from '../pictures';
import type { PixelBudget } from '../pixel-budget';
import { ServingError } from '../serving-error';

/** What routes answer with. */
export interface ServingContext {
  readonly models: ModelRegistry;
  /** Of one encoded picture. */
  readonly maxPixels: number;
  /** Of all that are decoded at once. */
  readonly decoding: PixelBudget;
}

/** Which model a request is meant for, from its path. */
export interface ModelParams {
  readonly name: string;
  readonly version?: string;
}

/** The same with a number. A version that no folder can have is one that there is not. */
export function wanted({ name, version }: ModelParams): ModelName {
  if (version === undefined) return { name };
  if (!/^\d{1,15}$/.test(version)) throw new ServingError(404, `expected a version's number, got ${version}`);
  return { name, version: Number(version) };
}

/** A model's answer for the images of one request. */
export interface Answer extends Images {
  readonly model: LoadedModel;
  /** [count, numClasses] */
  readonly probabilities: Float32Array;
  readonly numClasses: number;
}

/** Reads the images of a request for the model it is meant for, and asks that. */
export function answerWith<I extends Images>(
  { models, maxPixels, decoding }: ServingContext,
  { params, reply }: { readonly params: ModelParams; readonly reply: FastifyReply },
  read: (demands: ImageDemands) => Promise<I>,
): Promise<Answer & I> {
  return models.use(wanted(params), async (model) => {
    const { inputShape, maxBatchSize, classNames, predict } = model.servable;
    const images = await read({ inputShape, maxImages: maxBatchSize, maxPixels, decoding });
    const probabilities = await predict(images.pixels, images.count, {
      gone: () => (reply.raw.destroyed ? clientGone : undefined),
    });
    return { ...images, model, probabilities, numClasses: classNames.length };
  });
}

/** The probabilities of each image by itself. */
export function rowsOf({ probabilities, numClasses, count }: Answer): number[][] {
  return Array.from({ length: count }, (_, n) => [
    ...probabilities.subarray(n * numClasses, (n + 1) * numClasses),
  ]);
}

/** The body as it came; every content type is taken as bytes. */
export function bytesOf(request: FastifyRequest): Uint8Array | undefined {
  requireUncompressed(request);
  return request.body instanceof Uint8Array ? request.body : undefined;
}

/** @throws ServingError 415 for a body that is compressed: a few kilobytes could become gigabytes. */
function requireUncompressed({ headers }: FastifyRequest): void {
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  throw new ServingError(415, `Content-Encoding: expected a body that is not compressed, got ${encoding}`);
}

/** With the status that nginx logs for it. */
const clientGone = new ServingError(499, 'the client is gone');
