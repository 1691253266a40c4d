import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { errorSchema } from './routes/schemas';

const prefix = '/docs';
const withCharset = 'application/json; charset=utf-8';

/** Describes the routes that are added after it, at /openapi.json and, for people, at /docs. */
export async function documentRoutes(server: FastifyInstance): Promise<void> {
  server.addHook('onRoute', (route) => {
    if (route.url.startsWith(prefix)) route.config = { ...route.config, access: 'open' };
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    // Fastify adds a charset, which JSON does not have; some clients compare the whole text.
    if (reply.getHeader('content-type') === withCharset) reply.header('content-type', 'application/json');
    done(null, payload);
  });
  server.addSchema(errorSchema);
  // An answer is what its route says, not what a schema lets through: so a test can hold the one against the other.
  server.setSerializerCompiler(() => (answer) => JSON.stringify(answer));
  await server.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'Image classification',
        description: 'Class probabilities of pictures, through three protocols.',
        version: '1',
        license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      },
      servers: [{ url: '/', description: 'where this document comes from' }],
      tags,
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }],
    },
    refResolver: { buildLocalReference: (schema) => String(schema.$id) },
    transform: ({ schema, url, route }) => {
      const security = route.config?.access === 'open' ? [] : undefined;
      return { schema: { operationId: operationId(String(route.method), url), security, ...schema }, url };
    },
  });
  await server.register(swaggerUi, {
    routePrefix: prefix,
    uiConfig: { validatorUrl: null }, // nothing from elsewhere
  });
  server.get('/openapi.json', { config: { access: 'open' }, schema: { hide: true } }, async () =>
    server.swagger(),
  );
}

const tags = [
  { name: 'Pictures', description: 'A picture in, class names out.' },
  {
    name: 'TensorFlow Serving',
    description: 'Its REST API: https://www.tensorflow.org/tfx/serving/api_rest',
  },
  {
    name: 'Open Inference Protocol',
    description:
      'Version 2, as KServe and Triton speak it: https://github.com/kserve/open-inference-protocol',
  },
  { name: 'Operations', description: 'For whoever runs the server.' },
];

/** `get_v2_models_name_ready`: what generated clients call a route. */
function operationId(method: string, url: string): string {
  const words = url.replaceAll(/\(.*?\)/g, '').match(/\w+/g) ?? [];
  return [method.toLowerCase(), ...words].join('_');
}
