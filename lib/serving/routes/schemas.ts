/* Parts of the OpenAPI document that several routes share. Bodies are read by hand: see `noBodyValidation`. */

export const errorSchema = {
  type: 'object',
  description: 'what is wrong, in one sentence',
  required: ['error'],
  properties: { error: { type: 'string' } },
} as const;

/** Every answer that is no result. */
export const errorResponses = { '4xx': errorSchema, '5xx': errorSchema } as const;

export const modelParams = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', description: 'name of a model' } },
} as const;

export const versionParams = {
  type: 'object',
  required: ['name', 'version'],
  properties: { ...modelParams.properties, version: { type: 'string', pattern: '^\\d{1,15}$' } },
} as const;

export const probabilityRows = {
  type: 'array',
  description: 'the class probabilities of each image',
  items: { type: 'array', items: { type: 'number' } },
} as const;

/** An image in a request of TensorFlow Serving. */
export const imageInJson = {
  description:
    'an image: numbers [height][width][channels] of 0 to 255, or a JPEG, PNG or WebP file as base64',
  anyOf: [
    {
      type: 'array',
      items: {
        type: 'array',
        items: { type: 'array', items: { type: 'integer', minimum: 0, maximum: 255 } },
      },
    },
    {
      type: 'object',
      required: ['b64'],
      additionalProperties: false,
      properties: { b64: { type: 'string', contentEncoding: 'base64' } },
    },
  ],
} as const;
