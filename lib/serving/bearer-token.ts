import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { ServingError } from './serving-error';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `open`: no token is asked for, and no rate is kept. For what tells nothing of the models. */
    readonly access?: 'open';
  }
}

/** Asks every route that is not open for `Authorization: Bearer TOKEN`. */
export function requireToken(server: FastifyInstance, token: string): void {
  const expected = sha256(token);
  server.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.access === 'open') return;
    const given = /^bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
    // Digests have one length, and comparing them takes one time, wherever they differ.
    if (timingSafeEqual(sha256(given), expected)) return;
    reply.header('www-authenticate', 'Bearer');
    throw new ServingError(401, 'expected the token of this server: Authorization: Bearer TOKEN');
  });
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
