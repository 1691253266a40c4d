/* What the OpenAPI document says of TensorFlow Serving's REST API. */
import { versionStates } from '../model-registry';
import { asJson, examplePicture, inferErrors, numberRows, readErrors } from './schemas';

const tags = ['TensorFlow Serving'];

const list = (items: object, more: object = {}) => ({ type: 'array', minItems: 1, items, ...more });
const exactly = (properties: object) => ({
  type: 'object',
  required: Object.keys(properties),
  additionalProperties: false,
  properties,
});

const pixel = { type: 'integer', minimum: 0, maximum: 255 };
const numbers = list(list(list(pixel)), { description: '[height][width][channels]' });
const file = exactly({ b64: { type: 'string', format: 'byte', description: 'a JPEG, PNG or WebP file' } });
const image = { anyOf: [numbers, file] };
const images = list({ anyOf: [numbers, file, exactly({ image })] });

const signatureName = { type: 'string', enum: ['', 'serving_default'] };

const rows = {
  type: 'object',
  description: 'a row for each image',
  required: ['instances'],
  additionalProperties: false,
  properties: { signature_name: signatureName, instances: images },
};

const columns = {
  type: 'object',
  description: 'all images of the one input',
  required: ['inputs'],
  additionalProperties: false,
  properties: { signature_name: signatureName, inputs: { anyOf: [images, exactly({ image: list(image) })] } },
};

const pictures = [{ b64: examplePicture }];

export const predict = {
  tags,
  summary: 'Class probabilities',
  description: 'All images of a request have one form. The content type is not looked at.',
  body: { oneOf: [rows, columns], examples: [{ instances: pictures }, { inputs: { image: pictures } }] },
  response: {
    200: asJson(
      { oneOf: [exactly({ predictions: numberRows }), exactly({ outputs: numberRows })] },
      'The probabilities of each image, as predictions of instances, as outputs of inputs.',
    ),
    ...inferErrors,
  },
} as const;

export const classify = {
  tags,
  summary: 'Class names with probabilities',
  description: 'Numbers of an image may also be one flat list, as features of an Example are.',
  body: {
    type: 'object',
    required: ['examples'],
    additionalProperties: false,
    properties: {
      signature_name: signatureName,
      context: { type: 'object', additionalProperties: false, description: 'nothing is common to images' },
      examples: list({ anyOf: [numbers, file, exactly({ image: { anyOf: [numbers, file, list(pixel)] } })] }),
    },
    examples: [{ examples: [{ image: { b64: examplePicture } }] }],
  },
  response: {
    200: asJson(
      exactly({
        results: {
          type: 'array',
          items: {
            type: 'array',
            items: {
              type: 'array',
              minItems: 2,
              maxItems: 2,
              items: { anyOf: [{ type: 'string' }, { type: 'number' }] },
            },
          },
        },
      }),
      'For each image its classes, each a pair of name and probability, the best first.',
    ),
    ...inferErrors,
  },
} as const;

const text = { type: 'string' };

export const status = {
  tags,
  summary: 'State of the versions',
  description: 'Of every version that is or was, the newest first, or of one.',
  response: {
    200: asJson(
      exactly({
        model_version_status: {
          type: 'array',
          items: exactly({
            version: text,
            state: { type: 'string', enum: versionStates },
            status: exactly({ error_code: text, error_message: text }),
          }),
        },
      }),
      'The states.',
    ),
    ...readErrors,
  },
} as const;

const tensors = {
  type: 'object',
  description: 'by name',
  additionalProperties: exactly({
    dtype: text,
    tensor_shape: exactly({
      dim: { type: 'array', items: exactly({ size: text, name: text }) },
      unknown_rank: { type: 'boolean' },
    }),
    name: text,
  }),
};

const signature = exactly({ inputs: tensors, outputs: tensors, method_name: text });

export const metadata = {
  tags,
  summary: 'Inputs and outputs',
  description: 'The signature of a model, as its exported SavedModel has it.',
  response: {
    200: asJson(
      exactly({
        model_spec: exactly({ name: text, signature_name: text, version: text }),
        metadata: exactly({
          signature_def: exactly({ signature_def: exactly({ serving_default: signature }) }),
        }),
      }),
      'The signature.',
    ),
    ...readErrors,
  },
} as const;
