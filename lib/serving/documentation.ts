import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

const prefix = '/docs';

/** Describes the routes that are added after it, at /openapi.json and, for people, at /docs. */
export async function documentRoutes(server: FastifyInstance): Promise<void> {
  server.addHook('onRoute', (route) => {
    if (route.url.startsWith(prefix)) route.config = { ...route.config, access: 'open' };
  });
  await server.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'Image classification',
        description: 'Class probabilities of pictures, through three protocols.',
        version: '1',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{}, { token: [] }],
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
