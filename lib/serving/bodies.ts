import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ServingError, unavailable } from './serving-error';

export interface BodyLimits {
  /** Of one body. */
  readonly maxBodyBytes: number;
  /** Of all bodies of requests that are not answered yet. */
  readonly maxPendingBytes: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Of its body, so far. */
    arrivedBytes: number;
  }
}

/**
 * Reads bodies as bytes, whatever they are said to be: TensorFlow Serving does not look at the content type either. What
 * has arrived is counted, not what is announced: slow clients that promise much keep nobody out.
 */
export function readBodies(server: FastifyInstance, { maxBodyBytes, maxPendingBytes }: BodyLimits): void {
  let pending = 0;
  const tooLong = () => new ServingError(413, `expected at most ${maxBodyBytes} bytes in the body`);

  server.decorateRequest('arrivedBytes', 0);
  server.addHook('onRequest', (request, reply, done) => {
    reply.raw.once('close', () => {
      pending -= request.arrivedBytes;
    });
    done(Number(request.headers['content-length'] ?? 0) > maxBodyBytes ? tooLong() : undefined);
  });
  server.addHook('onSend', ({ raw }, reply, payload, done) => {
    if (hasBody(raw) && !raw.complete) reply.header('connection', 'close'); // nobody reads the rest
    done(null, payload);
  });

  const read = (request: FastifyRequest, body: NodeJS.ReadableStream): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const chunks: Buffer[] = [];
      const refuse = (error: ServingError): void => {
        body.off('data', take).resume();
        reject(error);
      };
      const take = (chunk: Buffer): void => {
        request.arrivedBytes += chunk.length;
        pending += chunk.length;
        if (request.arrivedBytes > maxBodyBytes) refuse(tooLong());
        else if (pending > maxPendingBytes) refuse(unavailable('too many requests are under way; try again'));
        else chunks.push(chunk);
      };
      body.on('data', take).on('error', reject);
      body.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
    });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', read);
}

/** Whether a body comes behind the headers; until one without is parsed to its end, it is not complete either. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
