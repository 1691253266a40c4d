import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { courseRoot } from '../../paths';
import { loadSamples, type Sample } from '../samples';
import { browserRoutes } from './browser';
import type { ServingContext } from './context';

const types = {
  'index.html': 'text/html; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'comparison.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'bars.js': 'text/javascript; charset=utf-8',
  'browser-network.js': 'text/javascript; charset=utf-8',
  'comparison.js': 'text/javascript; charset=utf-8',
  'network-worker.js': 'text/javascript; charset=utf-8',
} as const;

/** The page for people at `/`, its style and scripts, pictures to try, and what it computes with by itself. */
export async function pageRoutes(server: FastifyInstance, context: ServingContext): Promise<void> {
  const { models } = context;
  await server.register(browserRoutes, context);
  const folder = join(courseRoot(), 'lib', 'serving', 'page');
  for (const [name, type] of Object.entries(types)) {
    const content = await readFile(join(folder, name));
    const url = name === 'index.html' ? '/' : `/${name}`;
    server.get(url, { config: { access: 'open' }, schema: { hide: true } }, async (_, reply) =>
      reply.type(type).header('cache-control', 'no-cache').send(content),
    );
  }

  const loaded = new Map<string, Promise<readonly Sample[]>>();
  server.get('/samples', { config: { access: 'open' }, schema: { hide: true } }, async () => {
    const classNames = models.available[0]?.servable.classNames ?? [];
    const key = classNames.join();
    const samples = loaded.get(key) ?? loadSamples(classNames);
    loaded.set(key, samples);
    return { samples: await samples };
  });
}
