import type { IncomingHttpHeaders } from 'node:http';
import Busboy from '@fastify/busboy';
import { badRequest } from './serving-error';

/** Whether a body is a form with files, as browsers and `curl --form` send it. */
export function isForm(headers: IncomingHttpHeaders): boolean {
  return /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

/**
 * The first file of a form (RFC 7578), whatever its field is called.
 * @throws ServingError 400 for a form without one, with several, or that is none.
 */
export function fileOf(body: Uint8Array, headers: IncomingHttpHeaders): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void =>
      reject(badRequest(`this form cannot be read: ${(error as Error).message}`));
    try {
      const { 'content-type': contentType = '' } = headers;
      const form = new Busboy({
        headers: { 'content-type': contentType },
        limits: { files: 1, fields: 10, parts: 11, fieldSize: 1000 },
      });
      let file: Uint8Array | undefined;
      form.on('file', (_, stream) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          file = Buffer.concat(chunks);
        });
        stream.on('error', refuse);
      });
      for (const limit of ['filesLimit', 'fieldsLimit', 'partsLimit'] as const)
        form.on(limit, () => refuse(new Error('expected one file and at most 10 fields')));
      form.on('error', refuse);
      form.on('finish', () => {
        if (file) resolve(file);
        else reject(badRequest('expected a picture as a file of the form, got none'));
      });
      form.end(body);
    } catch (error) {
      refuse(error); // a form without a boundary
    }
  });
}
