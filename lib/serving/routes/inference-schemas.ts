/* What the OpenAPI document says of the Open Inference Protocol. */
import {
  asJson,
  errorResponses,
  examplePicture,
  inferErrors,
  readErrors,
  texts,
  wholeNumbers,
} from './schemas';

const tags = ['Open Inference Protocol'];

export const server = {
  tags,
  summary: 'This server',
  description: 'Its name, its version, and the extensions of the protocol that it has.',
  response: {
    200: asJson(
      object({ name: { type: 'string' }, version: { type: 'string' }, extensions: texts }),
      'The server.',
    ),
    ...errorResponses(401, 429),
  },
} as const;

export const serverLive = {
  tags,
  summary: 'Whether the server runs',
  description: 'Answers as soon as the server listens.',
  response: { 200: asJson(object({ live: { type: 'boolean' } }), 'It runs.') },
} as const;

const readiness = object({ ready: { type: 'boolean' } });

export const serverReady = {
  tags,
  summary: 'Whether models answer',
  description: 'Whether all that was there at the start is loaded or refused, and something answers.',
  response: { 200: asJson(readiness, 'They do.'), 503: asJson(readiness, 'Not yet, or not any more.') },
} as const;

const tensorMetadata = object({
  name: { type: 'string' },
  datatype: { type: 'string' },
  shape: { ...wholeNumbers, description: '-1 for any number' },
});

export const metadata = {
  tags,
  summary: 'Inputs and outputs',
  description: 'The versions of a model that answer, and the tensors that go in and come out.',
  response: {
    200: asJson(
      object({
        name: { type: 'string' },
        versions: texts,
        platform: { type: 'string' },
        inputs: { type: 'array', items: tensorMetadata },
        outputs: { type: 'array', items: tensorMetadata },
      }),
      'The model.',
    ),
    ...readErrors,
  },
} as const;

export const modelReady = {
  tags,
  summary: 'Whether the model answers',
  description: 'Answers 404 while it does not.',
  response: {
    200: asJson(object({ name: { type: 'string' }, ready: { type: 'boolean' } }), 'It does.'),
    ...readErrors,
  },
} as const;

const parameters = (properties: object) => ({ type: 'object', additionalProperties: false, properties });
const contentType = { type: 'string', description: 'is not looked at' };

const input = {
  type: 'object',
  required: ['name', 'shape', 'datatype'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', enum: ['image'] },
    shape: { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1, maxItems: 4 },
    datatype: { type: 'string', enum: ['UINT8', 'FP32', 'BYTES'] },
    parameters: parameters({
      binary_data_size: { type: 'integer', minimum: 0, description: 'of the data behind the JSON' },
      content_type: contentType,
    }),
    data: {
      type: 'array',
      description:
        'whole numbers of 0 to 255, flat or nested as the shape says; or, of BYTES, JPEG, PNG or WebP files as base64',
      items: {},
    },
  },
};

const output = {
  type: 'object',
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', enum: ['probabilities'] },
    parameters: parameters({
      binary_data: { type: 'boolean', description: 'bytes behind the JSON' },
      classification: {
        type: 'integer',
        minimum: 0,
        description:
          'so many classes of each image, the best first, as texts PROBABILITY:INDEX:NAME; 0 for none',
      },
      content_type: contentType,
    }),
  },
};

const request = {
  type: 'object',
  required: ['inputs'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', description: 'comes back with the answer' },
    model_name: { type: 'string', description: 'is not looked at' },
    parameters: parameters({
      binary_data_output: { type: 'boolean', description: 'bytes behind the JSON' },
      content_type: contentType,
    }),
    inputs: { type: 'array', minItems: 1, maxItems: 1, items: input },
    outputs: { type: 'array', maxItems: 1, items: output },
  },
  examples: [{ inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], data: [examplePicture] }] }],
};

const outputTensor = {
  type: 'object',
  required: ['name', 'datatype', 'shape', 'data'],
  additionalProperties: false,
  properties: {
    name: { type: 'string', enum: ['probabilities'] },
    datatype: { type: 'string', enum: ['FP32', 'BYTES'] },
    shape: wholeNumbers,
    data: { type: 'array', items: { anyOf: [{ type: 'number' }, { type: 'string' }] } },
  },
};

const answer = {
  type: 'object',
  required: ['model_name', 'model_version', 'outputs'],
  additionalProperties: false,
  properties: {
    model_name: { type: 'string' },
    model_version: { type: 'string' },
    id: { type: 'string' },
    outputs: { type: 'array', items: outputTensor },
  },
};

const bytes = { schema: { type: 'string', format: 'binary' } };

export const infer = {
  tags,
  summary: 'Class probabilities',
  description:
    'Tensors may come and go as bytes behind the JSON, whose length the header Inference-Header-Content-Length then tells.',
  headers: {
    type: 'object',
    properties: {
      'inference-header-content-length': {
        type: 'integer',
        minimum: 0,
        description: 'of the JSON, where bytes are behind it',
      },
    },
  },
  body: {
    content: { 'application/json': { schema: request }, 'application/octet-stream': bytes },
  },
  response: {
    200: {
      description: 'The probabilities of each image.',
      content: { 'application/json': { schema: answer }, 'application/octet-stream': bytes },
    },
    ...inferErrors,
  },
} as const;

/** An object that has exactly these properties. */
function object(properties: object) {
  return { type: 'object', required: Object.keys(properties), additionalProperties: false, properties };
}
