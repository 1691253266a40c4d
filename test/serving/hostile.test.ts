import assert from 'node:assert/strict';
import type { FastifyInstance } from 'fastify';
import { plain } from './fakes';
import { type HostileRequest, hostileRequests } from './hostile-requests';
import { assertError, greyServer, nested, post } from './requests';

describe('a hostile request', () => {
  let server: FastifyInstance;
  let close: () => Promise<void>;
  let requests: HostileRequest[];

  before(async () => {
    ({ server, close } = await greyServer());
    requests = await hostileRequests();
  });

  after(() => close());

  const send = async ({ method = 'POST', url, payload, headers }: HostileRequest) => {
    const response = await server.inject({ method, url, payload, headers: { ...headers } });
    return { status: response.statusCode, body: parsed(response.payload) };
  };

  it('is answered with an error in the shape of the protocols, and the server goes on', async () => {
    assert.ok(requests.length >= 200, `${requests.length} cases`);
    const failures: string[] = [];
    for (const request of requests) {
      try {
        assertError(await send(request), request.status ?? 400);
        const next = await post(server, '/v1/models/grey:predict', { instances: nested(plain(0)) });
        assert.deepEqual(next.body, { predictions: [[1, 0]] });
      } catch (error) {
        failures.push(`${request.title}: ${(error as Error).message.slice(0, 200)}`);
      }
    }
    assert.deepEqual(failures, []);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });

  it('without a token tells nothing but that', async () => {
    const guarded = await greyServer({ token: 'a token of this server' });
    try {
      for (const { method = 'POST', url, payload, headers } of requests) {
        if (url === '/%' || url.includes('%A:')) continue; // no address at all
        const response = await guarded.server.inject({ method, url, payload, headers: { ...headers } });
        const largest = response.statusCode === 413; // refused by its length alone
        const answer = { status: response.statusCode, body: parsed(response.payload) };
        assertError(answer, largest ? 413 : 401);
      }
    } finally {
      await guarded.close();
    }
  });
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.slice(0, 200);
  }
}
