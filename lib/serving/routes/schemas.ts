/* Parts of the OpenAPI document that several routes share. It only documents: the routes read what comes by hand. */

export const errorSchema = {
  $id: 'Error',
  type: 'object',
  required: ['error'],
  additionalProperties: false,
  properties: { error: { type: 'string', description: 'what is wrong, in one sentence' } },
} as const;

const meanings = {
  400: 'The request is wrong.',
  401: 'The token is missing, or another.',
  404: 'There is no such model or version.',
  413: 'The body or a picture in it is too large.',
  415: 'A picture is no JPEG, PNG or WebP file, or the body is compressed.',
  429: 'Too many requests a minute came from this address.',
  503: 'Too much is under way, or nothing is loaded yet; the same request may be sent again.',
} as const;

type ErrorStatus = keyof typeof meanings;

/** Every answer of a route that is no result. */
export function errorResponses(...statuses: readonly ErrorStatus[]) {
  return Object.fromEntries(statuses.map((status) => [status, asJson({ $ref: 'Error#' }, meanings[status])]));
}

/** Errors of routes that tell of one model, and of those that ask it. */
export const readErrors = errorResponses(400, 401, 404, 429);
export const inferErrors = errorResponses(400, 401, 404, 413, 415, 429, 503);

/** An answer in JSON. */
export function asJson(schema: object, description: string, more: { readonly example?: unknown } = {}) {
  return { description, content: { 'application/json': { schema, ...more } } };
}

const exampleName = 'airbench-cifar10'; // what is served without an argument before anything is trained

export const modelParams = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', minLength: 1, description: 'name of a model', examples: [exampleName] },
  },
} as const;

export const versionParams = {
  type: 'object',
  required: ['name', 'version'],
  properties: {
    ...modelParams.properties,
    version: { type: 'integer', minimum: 1, description: 'one of its versions', examples: [1] },
  },
} as const;

/** A PNG of one orange pixel, which fits every model. */
export const examplePicture =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAADElEQVQI12N4ViECAAO6AXOmXx/6AAAAAElFTkSuQmCC';

export const numberRows = { type: 'array', items: { type: 'array', items: { type: 'number' } } } as const;
export const wholeNumbers = { type: 'array', items: { type: 'integer' } } as const;
export const texts = { type: 'array', items: { type: 'string' } } as const;
