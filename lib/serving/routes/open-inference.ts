import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Answer, answerWith, bytesOf, type ModelParams, type ServingContext, wanted } from './context';
import { imagesFromTensor, parseInferenceRequest } from './inference-tensors';
import { errorResponses, modelParams, versionParams } from './schemas';

type Request = FastifyRequest<{ Params: ModelParams }>;

const lengthHeader = 'inference-header-content-length';

/** The Open Inference Protocol, version 2: https://github.com/kserve/open-inference-protocol */
export async function openInference(server: FastifyInstance, context: ServingContext): Promise<void> {
  const { models } = context;
  const tags = ['Open Inference Protocol'];
  const open = { access: 'open' } as const;

  server.get('/v2', { schema: { tags, summary: 'This server' } }, async () => ({
    name: 'course',
    version: '1',
    extensions: ['binary_tensor_data'],
  }));
  server.get(
    '/v2/health/live',
    { config: open, schema: { tags, summary: 'Whether the server runs' } },
    async () => ({ live: true }),
  );
  server.get(
    '/v2/health/ready',
    { config: open, schema: { tags, summary: 'Whether models answer' } },
    async (_, reply) => reply.code(models.isReady ? 200 : 503).send({ ready: models.isReady }),
  );

  const infer = async (request: Request, reply: FastifyReply) => {
    models.find(wanted(request.params)); // before a body is looked at
    const { [lengthHeader]: headerLength } = request.headers;
    const { id, input, binaryOutput } = parseInferenceRequest(
      bytesOf(request),
      headerLength === undefined ? undefined : String(headerLength),
    );
    const answer = await answerWith(context, { params: request.params, reply }, (demands) =>
      imagesFromTensor(input, demands),
    );
    return binaryOutput ? sendBinary(reply, { id, answer }) : inference({ id, answer });
  };

  const metadata = async ({ params }: Request) => {
    const { name, servable } = models.find(wanted(params));
    const versions = models.available.filter((model) => model.name === name);
    return {
      name,
      versions: versions.map(({ version }) => `${version}`),
      platform: servable.engine === 'onnx' ? 'onnx_onnxv1' : 'tensorflow_tfjs',
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [-1, ...servable.inputShape] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: [-1, servable.classNames.length] }],
    };
  };

  const ready = async ({ params }: Request) => {
    const { name } = models.find(wanted(params));
    return { name, ready: true };
  };

  const paths = [
    { path: '/v2/models/:name', params: modelParams },
    { path: '/v2/models/:name/versions/:version', params: versionParams },
  ];
  for (const { path, params } of paths) {
    const schema = { tags, params, response: errorResponses };
    const get = (suffix: string, summary: string, handler: (request: Request) => Promise<object>) =>
      server.get<{ Params: ModelParams }>(`${path}${suffix}`, { schema: { ...schema, summary } }, handler);
    get('', 'Inputs and outputs', metadata);
    get('/ready', 'Whether the model answers', ready);
    server.post<{ Params: ModelParams }>(
      `${path}/infer`,
      { schema: { ...schema, summary: 'Class probabilities', body: inferBody } },
      infer,
    );
  }
}

interface Inference {
  readonly id?: string;
  readonly answer: Answer;
}

function inference({ id, answer }: Inference, data: object = { data: [...answer.probabilities] }) {
  const { model, count, numClasses } = answer;
  const output = { name: 'probabilities', datatype: 'FP32', shape: [count, numClasses], ...data };
  return { model_name: model.name, model_version: `${model.version}`, id, outputs: [output] };
}

/** JSON, its length in a header, and behind it the probabilities as float32, little-endian. */
function sendBinary(reply: FastifyReply, result: Inference): FastifyReply {
  const { buffer, byteOffset, byteLength } = result.answer.probabilities;
  const parameters = { binary_data_size: byteLength };
  const json = Buffer.from(JSON.stringify(inference(result, { parameters })));
  return reply
    .header('content-type', 'application/octet-stream')
    .header(lengthHeader, json.length)
    .send(Buffer.concat([json, Buffer.from(buffer, byteOffset, byteLength)]));
}

const inferBody = {
  type: 'object',
  required: ['inputs'],
  properties: {
    id: { type: 'string' },
    inputs: {
      type: 'array',
      minItems: 1,
      maxItems: 1,
      items: {
        type: 'object',
        required: ['name', 'shape', 'datatype'],
        properties: {
          name: { type: 'string', enum: ['image'] },
          shape: { type: 'array', items: { type: 'integer' } },
          datatype: { type: 'string', enum: ['UINT8', 'FP32', 'BYTES'] },
          data: { type: 'array', items: {} },
        },
      },
    },
  },
} as const;
