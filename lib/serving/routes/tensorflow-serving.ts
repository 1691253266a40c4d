import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseJson, parseObject } from '../json';
import { imagesFromExamples, imagesFromJson } from '../json-images';
import type { VersionStatus } from '../model-registry';
import type { ImageDemands, Images } from '../pictures';
import { scanInstances } from '../scan-instances';
import { badRequest } from '../serving-error';
import {
  type Answer,
  answerWith,
  bytesOf,
  type ModelParams,
  rowsOf,
  type ServingContext,
  wanted,
} from './context';
import { modelParams, versionParams } from './schemas';
import { signatureDef } from './signature-def';
import * as schemas from './tensorflow-schemas';

type Request = FastifyRequest<{ Params: ModelParams }>;

/** TensorFlow Serving's REST API: https://www.tensorflow.org/tfx/serving/api_rest */
export async function tensorflowServing(server: FastifyInstance, context: ServingContext): Promise<void> {
  const { models } = context;

  const predict = async (request: Request, reply: FastifyReply) => {
    models.find(wanted(request.params)); // before a body is looked at
    const answer = await answerWith(context, { params: request.params, reply }, (demands) =>
      imagesToPredict(bytesOf(request), demands),
    );
    return answer.byColumn ? { outputs: rowsOf(answer) } : { predictions: rowsOf(answer) };
  };

  const classify = async (request: Request, reply: FastifyReply) => {
    models.find(wanted(request.params));
    const keys = ['signature_name', 'context', 'examples'] as const;
    const body = parseObject(parseJson(bytesOf(request)), keys, 'the request');
    requireSignature(body.signature_name);
    if (body.context !== undefined) parseObject(body.context, [], 'context'); // nothing is common to images
    const answer = await answerWith(context, { params: request.params, reply }, (demands) =>
      imagesFromExamples(body.examples, demands, 'examples'),
    );
    return { results: labelledRows(answer) };
  };

  const regress = async ({ params }: Request) => {
    models.find(wanted(params));
    throw badRequest('Expected a regression signature; this model has none, try :predict or :classify');
  };

  const status = async ({ params }: Request) => {
    return { model_version_status: models.status(wanted(params)).map(toVersionStatus) };
  };

  const metadata = async ({ params }: Request) => {
    const { name, version, servable } = models.find(wanted(params));
    return {
      model_spec: { name, signature_name: '', version: `${version}` },
      metadata: { signature_def: { signature_def: signatureDef(servable) } },
    };
  };

  const paths = [
    { path: '/v1/models/:name(^[^/:]+)', params: modelParams },
    { path: '/v1/models/:name(^[^/:]+)/versions/:version(^\\d+)', params: versionParams },
  ];
  for (const { path, params } of paths) {
    const post = (
      verb: string,
      schema: object,
      handler: (request: Request, reply: FastifyReply) => unknown,
    ) => server.post<{ Params: ModelParams }>(`${path}::${verb}`, { schema }, handler);
    post('predict', { ...schemas.predict, params }, predict);
    post('classify', { ...schemas.classify, params }, classify);
    post('regress', { hide: true }, regress);
    server.get<{ Params: ModelParams }>(path, { schema: { ...schemas.status, params } }, status);
    server.get<{ Params: ModelParams }>(
      `${path}/metadata`,
      { schema: { ...schemas.metadata, params } },
      metadata,
    );
  }
  await server.register(malformedRequests, { prefix: '/v1' });
}

/** What is none of its addresses is, to TensorFlow Serving, not missing but wrong. */
async function malformedRequests(server: FastifyInstance): Promise<void> {
  server.setNotFoundHandler(({ method, url }) => {
    throw badRequest(`Malformed request: ${method} ${url}`);
  });
}

/** The images of a request in row or column form. */
async function imagesToPredict(
  body: Uint8Array | undefined,
  demands: ImageDemands,
): Promise<Images & { readonly byColumn: boolean }> {
  const scanned = body && scanInstances(body, demands);
  if (scanned) return { ...scanned, byColumn: false };
  const keys = ['signature_name', 'instances', 'inputs'] as const;
  const { signature_name, instances, inputs } = parseObject(parseJson(body), keys, 'the request');
  requireSignature(signature_name);
  const byColumn = inputs !== undefined;
  if (byColumn === (instances !== undefined))
    throw badRequest('expected either "instances" or "inputs" in the request');
  const images = byColumn
    ? imagesFromJson(columnOf(inputs), demands, 'inputs')
    : imagesFromJson(instances, demands, 'instances');
  return { ...(await images), byColumn };
}

/** The only signature there is; `` and none stand for it. */
function requireSignature(name: unknown): void {
  if (name === undefined || name === '' || name === 'serving_default') return;
  if (typeof name !== 'string') throw badRequest('signature_name: expected a text');
  const start = JSON.stringify(name.slice(0, 60));
  throw badRequest(`Serving signature name: ${start} not found in signature def; expected serving_default`);
}

/** With one input, its name may be left out. */
function columnOf(inputs: unknown): unknown {
  return Array.isArray(inputs) ? inputs : parseObject(inputs, ['image'], 'inputs').image;
}

/** For each image its classes with their probabilities, the best first. */
function labelledRows(answer: Answer): [string, number][][] {
  const { classNames } = answer.model.servable;
  return rowsOf(answer).map((row) =>
    row.map((probability, i): [string, number] => [classNames[i], probability]).sort(([, a], [, b]) => b - a),
  );
}

function toVersionStatus({ version, state, error }: VersionStatus) {
  return {
    version: `${version}`,
    state,
    status: { error_code: error ? 'UNKNOWN' : 'OK', error_message: error ?? '' },
  };
}
