import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { buildServer } from '../../lib/serving';
import { brightness, deferred, fakeServable, plain, settle } from './fakes';
import { assertError, get, greyServer, nested, picture, post } from './requests';

const body = { instances: nested(plain(0)) };
const predictUrl = '/v1/models/grey:predict';

describe('buildServer', function () {
  this.timeout(20_000);
  let close: () => Promise<void> = async () => undefined;

  afterEach(() => close());

  const start = async (options: Parameters<typeof greyServer>[0] = {}) => {
    const made = await greyServer(options);
    close = made.close;
    return made.server;
  };

  it('lives at once, and is ready once its models are', async () => {
    const { server: other, folder, close: closeOther } = await greyServer();
    const gate = deferred<ReturnType<typeof fakeServable>>();
    const server = await buildServer({ folder, models: { load: () => gate.promise } });
    close = async () => {
      await server.close();
      await closeOther();
    };
    assert.equal((await get(other, '/readyz')).status, 200);
    const started = server.models.start();
    await settle();
    assert.equal((await get(server, '/healthz')).status, 200);
    assert.deepEqual((await get(server, '/readyz')).body, { status: 'loading' });
    assert.equal((await get(server, '/v2/health/ready')).status, 503);
    while (server.models.names.length === 0) await sleep(5);
    const early = await post(server, '/predict', {});
    assertError(early, 503);
    assert.equal(early.headers['retry-after'], '1');
    gate.resolve(fakeServable());
    await started;
    assert.deepEqual((await get(server, '/readyz')).body, { status: 'ready' });
  });

  it('asks for the token, but not for the health of the server', async () => {
    const token = 'correct horse battery staple';
    const server = await start({ token });
    for (const authorization of [undefined, '', 'Bearer', `Bearer ${token}x`, `Basic ${token}`, token]) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (const url of [predictUrl, '/predict', '/v2/models/grey/infer', '/nothing']) {
        const answer = await post(server, url, body, headers);
        assertError(answer, 401);
        assert.equal(answer.headers['www-authenticate'], 'Bearer');
      }
    }
    for (const url of ['/metrics', '/models', '/v1/models/grey', '/v2'])
      assertError(await get(server, url), 401);
    for (const url of [
      '/healthz',
      '/readyz',
      '/v2/health/live',
      '/v2/health/ready',
      '/openapi.json',
      '/docs',
    ])
      assert.equal((await server.inject({ url })).statusCode, 200, url);
    const answer = await post(server, predictUrl, body, { authorization: `Bearer ${token}` });
    assert.equal(answer.status, 200);
  });

  it('keeps a rate for each address, health left out', async () => {
    const server = await start({ rateLimit: 3 });
    for (let i = 0; i < 3; i++) assert.equal((await post(server, predictUrl, body)).status, 200);
    const refused = await post(server, predictUrl, body);
    assertError(refused, 429);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    assertError(await get(server, '/nothing'), 429);
    assert.equal((await get(server, '/healthz')).status, 200);
    const other = await server.inject({ url: '/models', remoteAddress: '10.1.2.3' });
    assert.equal(other.statusCode, 200);
  });

  it('takes a plain request id, and makes one in the place of any other', async () => {
    const server = await start();
    const idFor = async (id?: string) =>
      (await server.inject({ url: '/healthz', headers: id === undefined ? {} : { 'x-request-id': id } }))
        .headers['x-request-id'];
    assert.equal(await idFor('order-66.a_b'), 'order-66.a_b');
    const made = /^[0-9a-f-]{36}$/;
    for (const id of [undefined, '', 'a b', 'x'.repeat(65), '{"a":1}'])
      assert.match(String(await idFor(id)), made);
  });

  it('sends headers that forbid what the page does not need', async () => {
    const server = await start();
    for (const url of ['/models', '/docs']) {
      const { headers } = await server.inject({ url });
      assert.match(String(headers['content-security-policy']), /default-src 'self'/);
      assert.doesNotMatch(
        String(headers['content-security-policy']),
        /unsafe-inline|upgrade-insecure|script-src[^;]*http/,
      );
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  });

  it('documents every route, and shows the document without files from elsewhere', async () => {
    const server = await start();
    const { body: document } = await get(server, '/openapi.json');
    assert.equal(document.openapi, '3.0.3');
    const paths = Object.keys(document.paths);
    for (const path of ['/predict', '/v1/models/{name}:predict', '/v2/models/{name}/infer', '/healthz'])
      assert.ok(paths.includes(path), path);
    const page = (await server.inject({ url: '/docs' })).payload;
    const files = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file);
    assert.ok(files.length > 3);
    for (const url of files) {
      assert.ok(url.startsWith('/docs/'), url);
      assert.equal((await server.inject({ url })).statusCode, 200, url);
    }
  });

  it('counts what happens for Prometheus', async () => {
    const server = await start();
    await post(server, predictUrl, body);
    await post(server, predictUrl, {});
    const text = (await server.inject({ url: '/metrics' })).payload;
    const count = (status: number) =>
      new RegExp(
        `course_request_duration_seconds_count\\{method="POST",route="[^"]*predict",status="${status}"\\} 1`,
      );
    assert.match(text, count(200));
    assert.match(text, count(400));
    assert.match(text, /course_queue_images\{model="grey",version="1"\} 0/);
    assert.match(text, /course_model_state\{model="grey",version="1",state="AVAILABLE"\} 1/);
    assert.match(text, /process_resident_memory_bytes \d/);
  });

  it('refuses bodies that are too large, before they are read', async () => {
    const server = await start({ maxBodyBytes: 1000 });
    assertError(await post(server, predictUrl, { instances: 'x'.repeat(1000) }), 413);
    assertError(await post(server, '/predict', Buffer.alloc(1001)), 413);
    const announced = await server.inject({
      method: 'POST',
      url: '/predict',
      headers: { 'content-length': '1e9' },
    });
    assert.equal(announced.statusCode, 413);
  });

  it('refuses what would be too much at once, with a time to try again', async () => {
    const gate = deferred<void>();
    const server = await start({
      maxPendingBytes: 1500,
      models: {
        load: async () =>
          fakeServable({
            predict: async (pixels, count) => {
              await gate.promise;
              return brightness(pixels, count);
            },
          }),
      },
    });
    const padded = { ...body, signature_name: '' };
    const text = Buffer.from(JSON.stringify(padded).padEnd(1000));
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const send = () => fetch(`http://127.0.0.1:${port}${predictUrl}`, { method: 'POST', body: text });
    const first = send();
    await sleep(100);
    const second = await send();
    assert.deepEqual([second.status, second.headers.get('retry-after')], [503, '1']);
    gate.resolve();
    assert.equal((await first).status, 200);
    assert.equal((await send()).status, 200);
  });

  it('keeps nobody out for bodies that are announced and do not come', async () => {
    const server = await start({ maxBodyBytes: 5000, maxPendingBytes: 6000 });
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const slow = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
    for (const socket of slow) {
      await once(socket, 'connect');
      socket.write('POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5000\r\n\r\nx');
    }
    await sleep(100);
    const answer = await fetch(`http://127.0.0.1:${port}${predictUrl}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200);
    for (const socket of slow) socket.destroy();
  });

  it('ends a request that takes too long to arrive', async () => {
    const server = await start({ requestTimeoutMs: 300 });
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n');
    const dripping = setInterval(() => socket.write('x'), 100);
    let text = '';
    for await (const chunk of socket) text += chunk;
    clearInterval(dripping);
    assert.match(text, /^HTTP\/1\.1 408 .*"error":/s);
  });

  it('refuses a body without a length once it is too large', async () => {
    const server = await start({ maxBodyBytes: 1000 });
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /predict HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n');
    socket.write(`3e9\r\n${'x'.repeat(1001)}\r\n`); // 1001 bytes, and no end
    let text = '';
    for await (const chunk of socket) text += chunk;
    assert.match(text, /^HTTP\/1\.1 413 .*"error":"expected at most 1000 bytes in the body"/s);
  });

  it('keeps a connection open after each answer, but where a body was left unread', async () => {
    const server = await start({ maxBodyBytes: 1000 });
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    const connection = async (url: string, init?: RequestInit) => {
      const answer = await fetch(`${address}${url}`, init);
      await answer.arrayBuffer();
      return answer.headers.get('connection');
    };
    const paths = ['/', '/page.js', '/healthz', '/readyz', '/metrics', '/openapi.json', '/docs', '/nothing'];
    for (const url of [...paths, '/v2/health/ready', '/v1/models/grey'])
      assert.equal(await connection(url), 'keep-alive', url);
    assert.equal(await connection('/predict', { method: 'POST' }), 'keep-alive');
    assert.equal(await connection('/predict', { method: 'POST', body: 'x'.repeat(999) }), 'keep-alive');
    assert.equal(await connection('/predict', { method: 'POST', body: 'x'.repeat(1001) }), 'close');
  });

  it('refuses a full queue at once, with a time to try again', async () => {
    const gate = deferred<void>();
    const predict = async (pixels: Uint8Array, count: number) => {
      await gate.promise;
      return brightness(pixels, count);
    };
    const batching = { maxBatchSize: 1, maxEnqueuedBatches: 2 };
    const server = await start({ models: { load: async () => fakeServable({ predict, batching }) } });
    const accepted = [1, 2, 3].map(() => post(server, predictUrl, body));
    await sleep(50);
    const refused = await post(server, predictUrl, body);
    assertError(refused, 503);
    assert.equal(refused.headers['retry-after'], '1');
    gate.resolve();
    for (const answer of await Promise.all(accepted)) assert.equal(answer.status, 200);
  });

  it('does not compute for a client that is gone', async () => {
    const gates = [deferred<void>(), deferred<void>()];
    const computed: number[] = [];
    const predict = async (pixels: Uint8Array, count: number) => {
      await gates[computed.push(count) - 1].promise;
      return brightness(pixels, count);
    };
    const server = await start({ models: { load: async () => fakeServable({ predict }) } });
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const first = post(server, predictUrl, body);
    const gone = new AbortController();
    const url = `http://127.0.0.1:${port}${predictUrl}`;
    const aborted = fetch(url, { method: 'POST', body: JSON.stringify(body), signal: gone.signal });
    const [{ servable }] = server.models.available;
    while (servable.queuedImages === 0) await sleep(5);
    gone.abort();
    await assert.rejects(aborted);
    while ((await connections(server)) > 0) await sleep(5); // the test's own limit ends this
    gates[0].resolve();
    assert.equal((await first).status, 200);
    assert.deepEqual(computed, [1]);
  });

  it('answers what it has accepted before it closes', async () => {
    const gate = deferred<void>();
    const predict = async (pixels: Uint8Array, count: number) => {
      await gate.promise;
      return brightness(pixels, count);
    };
    const server = await start({ models: { load: async () => fakeServable({ predict }) } });
    const address = await server.listen({ host: '127.0.0.1', port: 0 });
    const accepted = fetch(`${address}/predict`, {
      method: 'POST',
      body: new Uint8Array(await picture(255)),
    });
    await sleep(100);
    const closed = server.close();
    await sleep(50);
    await assert.rejects(fetch(`${address}/healthz`));
    gate.resolve();
    const answer = await accepted;
    assert.deepEqual([answer.status, answer.headers.get('connection')], [200, 'close']);
    await closed;
  });

  it('does not wait for connections that have asked nothing, or half a question', async () => {
    const server = await start();
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    const ended = ['', 'POST /predict HTTP/1.1\r\nHost: a\r\nContent-Le'].map(async (text) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      socket.on('error', () => undefined); // cut off
      await once(socket, 'close');
    });
    while ((await connections(server)) < 2) await sleep(5);
    await server.close(); // within the test's time, which is less than that of a slow request
    await Promise.all(ended);
  });

  it('answers what is no HTTP in the same shape', async () => {
    const server = await start();
    await server.listen({ host: '127.0.0.1', port: 0 });
    const { port } = server.server.address() as AddressInfo;
    for (const [text, status] of [
      ['NONSENSE\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ] as const) {
      const answer = await raw(port, text);
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.deepEqual(Object.keys(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))), ['error']);
    }
    assert.equal((await get(server, '/healthz')).status, 200);
  });
});

function connections({ server }: FastifyInstance): Promise<number> {
  return new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

/** What comes back for `text` until the connection ends. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8');
    socket.on('data', (part) => {
      answer += part;
    });
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
