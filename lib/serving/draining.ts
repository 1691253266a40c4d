import type { FastifyInstance } from 'fastify';

const graceMs = 100; // for what is on its way on a connection already

/**
 * Makes `server.close()` answer what was accepted and wait for nothing else: a connection ends with its answer, and those
 * that have asked nothing, or half a question, end once the last accepted request is answered.
 */
export function drainConnections(server: FastifyInstance): { readonly isDraining: () => boolean } {
  let isDraining = false;
  let underWay = 0;
  const endOthers = (): void => {
    if (!isDraining || underWay > 0) return;
    setTimeout(() => {
      if (underWay === 0) server.server.closeAllConnections();
    }, graceMs);
  };
  server.addHook('onRequest', (_request, reply, done) => {
    underWay++;
    reply.raw.once('close', () => {
      underWay--;
      endOthers();
    });
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isDraining) reply.header('connection', 'close');
    done(null, payload);
  });
  server.addHook('preClose', async () => {
    isDraining = true;
    endOthers();
  });
  return { isDraining: () => isDraining };
}
