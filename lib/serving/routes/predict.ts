import multipart from '@fastify/multipart';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { encodePicture } from '../encode-picture';
import { decodePictures } from '../pictures';
import { badRequest, ServingError } from '../serving-error';
import { answerWith, bytesOf, type ServingContext } from './context';
import { errorResponses, modelParams } from './schemas';

type Request = FastifyRequest<{
  Params: { readonly name?: string };
  Querystring: { readonly top?: unknown; readonly seen?: unknown };
}>;

/** `POST /predict`: a picture in, class names out. */
export async function predictRoutes(server: FastifyInstance, context: ServingContext): Promise<void> {
  await server.register(multipart, {
    limits: { files: 1, fields: 10, parts: 11, fileSize: server.initialConfig.bodyLimit },
  });

  const predict = async (request: Request, reply: FastifyReply) => {
    const name = request.params.name ?? onlyModel(context);
    const top = parseTop(request.query.top);
    const answer = await answerWith(context, { params: { name }, reply }, async (demands) =>
      decodePictures([await pictureIn(request)], demands),
    );
    const { model, probabilities, pixels } = answer;
    const [height, width, channels] = model.servable.inputShape;
    const predictions = model.servable.classNames
      .map((className, i) => ({ className, probability: probabilities[i] }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
    const seen =
      request.query.seen === 'true'
        ? await encodePicture({ pixels, count: 1, height, width, channels })
        : undefined;
    return { model: model.name, version: model.version, predictions, seen };
  };

  const schema = {
    tags: ['Pictures'],
    summary: 'What a picture shows',
    description: 'A JPEG, PNG or WebP file of any size: as the body itself, or as the file of a form.',
    body: { content: { ...pictureBodies, 'multipart/form-data': { schema: formBody } } },
    querystring,
    response: { 200: response, ...errorResponses },
  } as const;
  server.post('/predict', { schema }, predict);
  server.post('/models/:name/predict', { schema: { ...schema, params: modelParams } }, predict);

  server.get(
    '/models',
    { schema: { tags: ['Pictures'], summary: 'The models that answer', response: { 200: list } } },
    async () => ({
      models: context.models.available.map(({ name, version, servable }) => {
        const { classNames, inputShape, engine } = servable;
        return { name, version, classNames, inputShape, engine };
      }),
    }),
  );
}

async function pictureIn(request: FastifyRequest): Promise<Uint8Array> {
  if (request.isMultipart()) return fileOf(request);
  const body = bytesOf(request);
  if (body && body.length > 0) return body;
  throw badRequest('expected a picture in the body, got nothing');
}

async function fileOf(request: FastifyRequest): Promise<Uint8Array> {
  try {
    const part = await request.file();
    if (part) return await part.toBuffer();
  } catch (error) {
    const { statusCode, message } = error as FastifyError;
    if (statusCode === 413) throw new ServingError(413, message);
    throw badRequest(`this form cannot be read: ${message}`); // the parser's own errors have no status
  }
  throw badRequest('expected a picture as a file of the form, got none');
}

function onlyModel({ models }: ServingContext): string {
  const { names } = models;
  if (names.length === 1) return names[0];
  if (names.length === 0) throw new ServingError(503, 'no model is loaded yet');
  throw badRequest(`expected the name of a model: POST /models/NAME/predict with one of ${names.join(', ')}`);
}

function parseTop(top: unknown): number | undefined {
  if (top === undefined) return undefined;
  if (typeof top === 'string' && /^[1-9]\d{0,3}$/.test(top)) return Number(top);
  throw badRequest('top: expected a whole number of 1 to 9999');
}

const picture = { type: 'string', format: 'binary' } as const;
const pictureBodies = {
  'image/jpeg': { schema: picture },
  'image/png': { schema: picture },
  'image/webp': { schema: picture },
} as const;
const formBody = { type: 'object', required: ['image'], properties: { image: picture } } as const;

const querystring = {
  type: 'object',
  properties: {
    top: { type: 'integer', minimum: 1, maximum: 9999, description: 'how many classes; default all' },
    seen: { type: 'boolean', description: 'also give the picture as the network sees it' },
  },
} as const;

const response = {
  type: 'object',
  properties: {
    model: { type: 'string' },
    version: { type: 'integer' },
    predictions: {
      type: 'array',
      description: 'the most probable class first',
      items: {
        type: 'object',
        properties: { className: { type: 'string' }, probability: { type: 'number' } },
      },
    },
    seen: { type: 'string', description: 'PNG, as a data URL; with seen=true' },
  },
} as const;

const list = {
  type: 'object',
  properties: {
    models: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          version: { type: 'integer' },
          classNames: { type: 'array', items: { type: 'string' } },
          inputShape: { type: 'array', items: { type: 'integer' }, description: 'height, width, channels' },
          engine: { type: 'string' },
        },
      },
    },
  },
} as const;
