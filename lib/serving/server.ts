import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import rateLimit from '@fastify/rate-limit';
import fastify, { type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify';
import { requireToken } from './bearer-token';
import { readBodies } from './bodies';
import { documentRoutes } from './documentation';
import { drainConnections } from './draining';
import { answerError, answerErrors, answerNoHttp } from './error-answers';
import { addMetrics } from './metrics';
import { ModelRegistry, type ModelRegistryOptions } from './model-registry';
import { PixelBudget } from './pixel-budget';
import { openInference } from './routes/open-inference';
import { operationsRoutes } from './routes/operations';
import { pageRoutes } from './routes/page';
import { predictRoutes } from './routes/predict';
import { tensorflowServing } from './routes/tensorflow-serving';
import { securityHeaders } from './security-headers';
import { type LoadServableOptions, loadServable } from './servable';
import { ServingError } from './serving-error';

export interface ServerOptions {
  /** A model, a run, or a folder of `NAME/VERSION`: see `findModels`. */
  readonly folder: string;
  readonly servable?: Pick<LoadServableOptions, 'engine' | 'workers' | 'batching'>;
  /** Asked for by every route but those of health and of the documents; none: open to all. */
  readonly token?: string;
  /** Requests a minute and address; none: any number. */
  readonly rateLimit?: number;
  /** Of a request's body; default 8 MiB. */
  readonly maxBodyBytes?: number;
  /** Of all bodies under way; default 256 MiB. */
  readonly maxPendingBytes?: number;
  /** Of an encoded picture, and of all that are decoded at once; default 50 million. */
  readonly maxPixels?: number;
  /** For the whole of a request to arrive; default 30 seconds. */
  readonly requestTimeoutMs?: number;
  readonly logger?: FastifyServerOptions['logger'];
  /** For tests: how a model is loaded, and how often the folder is looked at. */
  readonly models?: Partial<Pick<ModelRegistryOptions, 'load' | 'pollMs' | 'keep'>>;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** To be started by whoever listens. */
    readonly models: ModelRegistry;
  }
}

/**
 * The server, not yet listening: `await server.listen(...)`, then `await server.models.start()`; until the models are
 * warm it says that it is not ready. `server.close()` answers what was accepted, and ends the workers.
 */
export async function buildServer(options: ServerOptions): Promise<FastifyInstance> {
  const { maxBodyBytes = 8 * 2 ** 20, maxPendingBytes = 256 * 2 ** 20, maxPixels = 50_000_000 } = options;
  const { requestTimeoutMs = 30_000 } = options;
  const server = fastify({
    logger: options.logger ?? false,
    logController: new LogController({ disableRequestLogging: true }), // one line instead of two: see `logRequests`
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    // Node's default is a minute, and it waits for the longer one.
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: requestTimeoutMs / 6 },
    keepAliveTimeout: 10_000,
    return503OnClosing: false, // what arrives on an open connection is answered, and the connection closed then
    genReqId: requestId,
    routerOptions: { maxParamLength: 200 },
    frameworkErrors: answerError,
    clientErrorHandler: answerNoHttp,
  });
  server.setValidatorCompiler(() => () => true); // the schemas are for the document; the routes check more strictly
  answerErrors(server);
  logRequests(server);
  const { isDraining } = drainConnections(server);
  const headers = securityHeaders();
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
  if (options.rateLimit) await limitRate(server, options.rateLimit);
  if (options.token) requireToken(server, options.token);
  readBodies(server, { maxBodyBytes, maxPendingBytes });
  await documentRoutes(server);

  const metrics = addMetrics(server, () => models);
  const load: ModelRegistryOptions['load'] = (folder, { name }) =>
    loadServable(folder, {
      ...options.servable,
      log: server.log,
      onBatch: (report) => metrics.onBatch(name, report),
    });
  const models = new ModelRegistry({ folder: options.folder, load, log: server.log, ...options.models });
  server.decorate('models', models);
  server.addHook('onClose', () => models.close());

  const context = { models, maxPixels, decoding: new PixelBudget(maxPixels) };
  await server.register(operationsRoutes, { ...context, isDraining });
  await server.register(pageRoutes, context);
  await server.register(predictRoutes, context);
  await server.register(tensorflowServing, context);
  await server.register(openInference, context);
  return server;
}

function logRequests(server: FastifyInstance): void {
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  server.addHook('onResponse', (request, reply, done) => {
    const { method, url, ip } = request;
    const durationMs = Math.round(reply.elapsedTime * 100) / 100;
    request.log.info({ method, url, ip, statusCode: reply.statusCode, durationMs }, 'request');
    done();
  });
}

async function limitRate(server: FastifyInstance, max: number): Promise<void> {
  await server.register(rateLimit, {
    global: false,
    max,
    timeWindow: '1 minute',
    allowList: ({ routeOptions }) => routeOptions.config.access === 'open',
    errorResponseBuilder: (_, { after }) =>
      new ServingError(429, `expected at most ${max} requests a minute; try again in ${after}`),
  });
  server.addHook('onRequest', server.rateLimit()); // for unknown addresses too, and before the token is looked at
}

/** The client's own id where it is a plain word, so that one request can be followed through several logs. */
function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID();
}
