import type { FastifyInstance } from 'fastify';
import type { ServingContext } from './context';
import { asJson } from './schemas';

const status = {
  type: 'object',
  required: ['status'],
  additionalProperties: false,
  properties: { status: { type: 'string' } },
} as const;

const tags = ['Operations'];

const live = {
  tags,
  summary: 'Whether the server lives',
  description: 'Answers as long as the process does.',
  response: { 200: asJson(status, 'It lives.') },
} as const;

const ready = {
  tags,
  summary: 'Whether models answer',
  description:
    'Whether requests may be sent here: not before the models are warm, nor once the server is ending.',
  response: { 200: asJson(status, 'They do.'), 503: asJson(status, 'Not yet, or not any more.') },
} as const;

/** What an orchestrator asks: whether the process lives, and whether it is to be sent requests. */
export async function operationsRoutes(
  server: FastifyInstance,
  { models, isDraining }: ServingContext & { readonly isDraining: () => boolean },
): Promise<void> {
  const open = { access: 'open' } as const;
  server.get('/healthz', { config: open, schema: live }, async () => ({ status: 'ok' }));
  server.get('/readyz', { config: open, schema: ready }, async (_, reply) => {
    const state = isDraining() ? 'draining' : models.isReady ? 'ready' : 'loading';
    return reply.code(state === 'ready' ? 200 : 503).send({ status: state });
  });
}
