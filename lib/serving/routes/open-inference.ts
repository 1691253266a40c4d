import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerWith, bytesOf, type ModelParams, type ServingContext, wanted } from './context';
import { outputTensor } from './inference-outputs';
import * as schemas from './inference-schemas';
import { imagesFromTensor, parseInferenceRequest } from './inference-tensors';
import { modelParams, versionParams } from './schemas';

type Request = FastifyRequest<{ Params: ModelParams }>;

const lengthHeader = 'inference-header-content-length';

/** The Open Inference Protocol, version 2: https://github.com/kserve/open-inference-protocol */
export async function openInference(server: FastifyInstance, context: ServingContext): Promise<void> {
  const { models } = context;
  const open = { access: 'open' } as const;

  const describeServer = async () => ({
    name: 'course',
    version: '1',
    extensions: ['binary_tensor_data', 'classification'],
  });
  server.get('/v2', { schema: schemas.server }, describeServer);
  server.get('/v2/', { schema: { hide: true } }, describeServer); // the protocol's OpenAPI document has it with a slash
  server.get('/v2/health/live', { config: open, schema: schemas.serverLive }, async () => ({ live: true }));
  server.get('/v2/health/ready', { config: open, schema: schemas.serverReady }, async (_, reply) =>
    reply.code(models.isReady ? 200 : 503).send({ ready: models.isReady }),
  );

  const infer = async (request: Request, reply: FastifyReply) => {
    models.find(wanted(request.params)); // before a body is looked at
    const { [lengthHeader]: headerLength } = request.headers;
    const { id, input, output } = parseInferenceRequest(
      bytesOf(request),
      headerLength === undefined ? undefined : String(headerLength),
    );
    const answer = await answerWith(context, { params: request.params, reply }, (demands) =>
      imagesFromTensor(input, demands),
    );
    const { name, version } = answer.model;
    const { described, bytes } = outputTensor(answer, output);
    const json = { model_name: name, model_version: `${version}`, id, outputs: [described] };
    return bytes ? sendBehind(reply, json, bytes) : json;
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
    server.get<{ Params: ModelParams }>(path, { schema: { ...schemas.metadata, params } }, metadata);
    server.get<{ Params: ModelParams }>(
      `${path}/ready`,
      { schema: { ...schemas.modelReady, params } },
      ready,
    );
    server.post<{ Params: ModelParams }>(`${path}/infer`, { schema: { ...schemas.infer, params } }, infer);
  }
}

/** JSON, its length in a header, and bytes behind it. */
function sendBehind(reply: FastifyReply, json: object, bytes: Uint8Array): FastifyReply {
  const head = Buffer.from(JSON.stringify(json));
  return reply
    .header('content-type', 'application/octet-stream')
    .header(lengthHeader, head.length)
    .send(Buffer.concat([head, bytes]));
}
