import fastify from 'fastify';

/** The part of JSON Schema that the OpenAPI document uses. */
export interface Schema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: 'byte' | 'binary';
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

export interface Media {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, Media>> }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Schema;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<'get' | 'post', Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** An operation and where it is. */
export interface Documented {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly operation: Operation;
}

export function operationsOf({ paths }: Document): Documented[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      method: method === 'get' ? 'GET' : 'POST',
      path,
      operation,
    })),
  );
}

export interface Answer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload: string;
}

/** Says what an answer has that the document does not, or nothing. */
export type Judge = (operation: Operation, answer: Answer) => Promise<string | undefined>;

/** Fastify reads only bodies that its schemas allow; so a server that takes answers as bodies judges them. */
export async function judgeBy(document: Document) {
  const strict = { strict: true, coerceTypes: false, removeAdditional: false, useDefaults: false } as const;
  const server = fastify({ ajv: { customOptions: strict } });
  for (const [name, schema] of Object.entries(document.components.schemas))
    server.addSchema({ $id: name, ...schema });
  const urlOf = (...words: string[]) => `/${words.map(encodeURIComponent).join('/')}`;
  for (const { operation } of operationsOf(document)) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const { schema } = content['application/json'] ?? {};
      if (!schema) continue;
      const body = JSON.parse(JSON.stringify(schema).replaceAll(/"#\/components\/schemas\/(\w+)"/g, '"$1#"'));
      server.post(urlOf(operation.operationId, status), { schema: { body } }, async () => 'right');
    }
  }
  await server.ready();

  const judge: Judge = async ({ operationId, responses }, { statusCode, headers, payload }) => {
    const response = responses[statusCode];
    if (!response) return `status ${statusCode}: ${payload.slice(0, 200)}`;
    const type = String(headers['content-type']);
    if (!response.content[type]) return `content type ${type}, status ${statusCode}`;
    if (type !== 'application/json') return undefined;
    const url = urlOf(operationId, String(statusCode));
    const verdict = await server.inject({ method: 'POST', url, payload, headers: { 'content-type': type } });
    return verdict.payload === 'right' ? undefined : `${verdict.payload} of ${payload.slice(0, 200)}`;
  };
  return { judge, close: () => server.close() };
}
