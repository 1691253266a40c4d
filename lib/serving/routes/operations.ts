import type { FastifyInstance } from 'fastify';
import type { ServingContext } from './context';

const status = { type: 'object', properties: { status: { type: 'string' } } } as const;

/** What an orchestrator asks: whether the process lives, and whether it is to be sent requests. */
export async function operationsRoutes(
  server: FastifyInstance,
  { models, isDraining }: ServingContext & { readonly isDraining: () => boolean },
): Promise<void> {
  const open = { access: 'open' } as const;
  const tags = ['Operations'];
  server.get(
    '/healthz',
    { config: open, schema: { tags, summary: 'Whether the server lives', response: { 200: status } } },
    async () => ({ status: 'ok' }),
  );
  server.get(
    '/readyz',
    {
      config: open,
      schema: { tags, summary: 'Whether models answer', response: { 200: status, 503: status } },
    },
    async (_, reply) => {
      const state = isDraining() ? 'draining' : models.isReady ? 'ready' : 'loading';
      return reply.code(state === 'ready' ? 200 : 503).send({ status: state });
    },
  );
}
