import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { BatchReport } from './batcher';
import { type ModelRegistry, versionStates } from './model-registry';
import { errorResponses } from './routes/schemas';

/** What Prometheus reads at /metrics. */
export interface Metrics {
  /** To be called with each batch of a model. */
  readonly onBatch: (model: string, report: BatchReport) => void;
}

const secondsBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Counts the requests of `server`, and adds the route /metrics. */
export function addMetrics(server: FastifyInstance, models: () => ModelRegistry): Metrics {
  const register = new Registry();
  const registers = [register];
  collectDefaultMetrics({ register });
  const requests = new Histogram({
    name: 'course_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: secondsBuckets,
    registers,
  });
  const batchSize = new Histogram({
    name: 'course_batch_size_images',
    help: 'Images computed at once',
    labelNames: ['model'],
    buckets: [1, 2, 4, 8, 16, 32, 64, 128],
    registers,
  });
  const queueing = new Histogram({
    name: 'course_batch_wait_seconds',
    help: 'How long the first request of a batch waited',
    labelNames: ['model'],
    buckets: secondsBuckets,
    registers,
  });
  const computing = new Histogram({
    name: 'course_engine_duration_seconds',
    help: 'How long the engine computed a batch',
    labelNames: ['model'],
    buckets: secondsBuckets,
    registers,
  });
  const images = new Counter({
    name: 'course_images_total',
    help: 'Images computed',
    labelNames: ['model'],
    registers,
  });
  new Gauge({
    name: 'course_queue_images',
    help: 'Images that wait for a batch',
    labelNames: ['model', 'version'],
    registers,
    collect() {
      this.reset();
      for (const { name, version, servable } of models().available)
        this.set({ model: name, version }, servable.queuedImages);
    },
  });
  new Gauge({
    name: 'course_model_state',
    help: '1 for the state that a version is in',
    labelNames: ['model', 'version', 'state'],
    registers,
    collect() {
      this.reset();
      for (const name of models().names)
        for (const { version, state } of models().status({ name }))
          for (const each of versionStates)
            this.set({ model: name, version, state: each }, each === state ? 1 : 0);
    },
  });

  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none'; // not the address: anyone can make up those
    requests.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
  const schema = {
    tags: ['Operations'],
    summary: 'Figures for Prometheus',
    description: 'Requests, batches, queues, models and the process.',
    response: {
      200: {
        description: 'The figures.',
        content: { [register.contentType]: { schema: { type: 'string' } } },
      },
      ...errorResponses(401, 429),
    },
  };
  server.get('/metrics', { schema }, async (_, reply) =>
    reply.type(register.contentType).send(await register.metrics()),
  );
  return {
    onBatch: (model, { images: count, waitedMs, computeMs }) => {
      batchSize.observe({ model }, count);
      queueing.observe({ model }, waitedMs / 1000);
      computing.observe({ model }, computeMs / 1000);
      images.inc({ model }, count);
    },
  };
}
