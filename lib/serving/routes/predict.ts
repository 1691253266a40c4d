import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { encodePicture } from '../encode-picture';
import { fileOf, isForm } from '../forms';
import { decodePictures } from '../pictures';
import { badRequest, unavailable } from '../serving-error';
import { answerWith, bytesOf, type ServingContext } from './context';
import { asJson, errorResponses, inferErrors, modelParams, texts } from './schemas';

type Request = FastifyRequest<{
  Params: { readonly name?: string };
  Querystring: { readonly top?: unknown; readonly seen?: unknown };
}>;

/** `POST /predict`: a picture in, class names out. */
export async function predictRoutes(server: FastifyInstance, context: ServingContext): Promise<void> {
  const predict = async (request: Request, reply: FastifyReply) => {
    const name = request.params.name ?? onlyModel(context);
    const top = parseTop(request.query.top);
    const seen = parseSeen(request.query.seen);
    const answer = await answerWith(context, { params: { name }, reply }, async (demands) =>
      decodePictures([await pictureIn(request)], demands),
    );
    const { model, probabilities, pixels } = answer;
    const [height, width, channels] = model.servable.inputShape;
    const predictions = model.servable.classNames
      .map((className, i) => ({ className, probability: probabilities[i] }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, top);
    const result = { model: model.name, version: model.version, predictions };
    return seen
      ? { ...result, seen: await encodePicture({ pixels, count: 1, height, width, channels }) }
      : result;
  };

  const schema = {
    tags: ['Pictures'],
    summary: 'What a picture shows',
    description: 'A JPEG, PNG or WebP file of any size: as the body itself, or as the file of a form.',
    body: { content: { ...pictureBodies, 'multipart/form-data': { schema: formBody } } },
    querystring,
    response: { 200: asJson(response, 'Class names with probabilities.', { example }), ...inferErrors },
  } as const;
  server.post('/predict', { schema }, predict);
  server.post('/models/:name/predict', { schema: { ...schema, params: modelParams } }, predict);

  server.get('/models', { schema: listSchema }, async () => ({
    models: context.models.available.map(({ name, version, servable }) => {
      const { classNames, inputShape, engine } = servable;
      return { name, version, classNames, inputShape, engine };
    }),
  }));
}

async function pictureIn(request: FastifyRequest): Promise<Uint8Array> {
  const body = bytesOf(request);
  if (!body || body.length === 0) throw badRequest('expected a picture in the body, got nothing');
  return isForm(request.headers) ? fileOf(body, request.headers) : body;
}

function onlyModel({ models }: ServingContext): string {
  const { names, available } = models;
  if (available.length === 0) throw unavailable('no model is loaded yet');
  if (names.length === 1) return names[0];
  throw badRequest(`expected the name of a model: POST /models/NAME/predict with one of ${names.join(', ')}`);
}

function parseTop(top: unknown): number | undefined {
  if (top === undefined) return undefined;
  if (typeof top === 'string' && /^[1-9]\d{0,3}$/.test(top)) return Number(top);
  throw badRequest('top: expected a whole number of 1 to 9999');
}

function parseSeen(seen: unknown): boolean {
  if (seen === undefined || seen === 'true' || seen === 'false') return seen === 'true';
  throw badRequest('seen: expected true or false');
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
  required: ['model', 'version', 'predictions'],
  additionalProperties: false,
  properties: {
    model: { type: 'string' },
    version: { type: 'integer' },
    predictions: {
      type: 'array',
      description: 'the most probable class first',
      items: {
        type: 'object',
        required: ['className', 'probability'],
        additionalProperties: false,
        properties: { className: { type: 'string' }, probability: { type: 'number' } },
      },
    },
    seen: { type: 'string', description: 'PNG, as a data URL; with seen=true' },
  },
} as const;

const example = {
  model: 'airbench-cifar10',
  version: 1,
  predictions: [
    { className: 'cat', probability: 0.91 },
    { className: 'dog', probability: 0.06 },
  ],
} as const;

const modelInList = {
  type: 'object',
  required: ['name', 'version', 'classNames', 'inputShape', 'engine'],
  additionalProperties: false,
  properties: {
    name: { type: 'string' },
    version: { type: 'integer' },
    classNames: texts,
    inputShape: { type: 'array', items: { type: 'integer' }, description: 'height, width, channels' },
    engine: { type: 'string' },
  },
} as const;

const list = {
  type: 'object',
  required: ['models'],
  additionalProperties: false,
  properties: { models: { type: 'array', items: modelInList } },
} as const;

const listSchema = {
  tags: ['Pictures'],
  summary: 'The models that answer',
  description: 'Each with its classes, the size of its images, and what computes it.',
  response: { 200: asJson(list, 'The models.'), ...errorResponses(401, 429) },
} as const;
