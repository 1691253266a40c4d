import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/**
 * Every error of `server` as `{"error": "..."}`, the shape of TensorFlow Serving and of the Open Inference Protocol, with
 * Retry-After where another try may do. An error of the server itself is logged, and told without its details.
 */
export function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler(answerError);
  server.setNotFoundHandler((request, reply) =>
    reply.code(404).send({ error: `Malformed request: ${request.method} ${request.url}` }),
  );
}

/** The same for an address that cannot be read at all. */
export function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const statusCode = error.statusCode ?? 500;
  if (statusCode === 503 || statusCode === 429) {
    if (!reply.hasHeader('retry-after')) reply.header('retry-after', 1);
  } else if (statusCode >= 500) request.log.error({ err: error }, 'request failed');
  const ours = statusCode >= 500 && error.name !== 'ServingError';
  void reply.code(statusCode).send({ error: ours ? 'internal error' : error.message });
}

/** The same for what is no HTTP, written to the connection itself. */
export function answerNoHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return;
  const statusCodes: Readonly<Record<string, number>> = {
    ERR_HTTP_REQUEST_TIMEOUT: 408,
    HPE_HEADER_OVERFLOW: 431,
  };
  const status = statusCodes[error.code ?? ''] ?? 400;
  const body = JSON.stringify({ error: `${STATUS_CODES[status]}` });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
}
