import type { FastifyInstance } from 'fastify';
import { ServingError, unavailable } from './serving-error';

export interface BodyBudgetOptions {
  /** Of one body. */
  readonly maxBodyBytes: number;
  /** Of all bodies of requests that are not answered yet. */
  readonly maxPendingBytes: number;
}

/**
 * Bounds the memory of requests: each reserves the length it announces, or the largest one where it announces none, until
 * it is answered; what does not fit is refused before it is read.
 */
export function limitBodies(
  server: FastifyInstance,
  { maxBodyBytes, maxPendingBytes }: BodyBudgetOptions,
): void {
  let pending = 0;
  server.addHook('onRequest', async (request, reply) => {
    const bytes = announced(request.headers, maxBodyBytes);
    if (bytes === 0) return;
    if (bytes > maxBodyBytes)
      throw new ServingError(413, `expected at most ${maxBodyBytes} bytes in the body`);
    if (pending + bytes > maxPendingBytes) throw unavailable('too many requests are under way; try again');
    pending += bytes;
    reply.raw.once('close', () => {
      pending -= bytes;
    });
  });
}

function announced(
  headers: { readonly 'content-length'?: string; readonly 'transfer-encoding'?: string },
  otherwise: number,
): number {
  if (headers['transfer-encoding'] !== undefined) return otherwise;
  return Number(headers['content-length'] ?? 0);
}
