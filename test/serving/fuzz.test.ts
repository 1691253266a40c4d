import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { type Document, type Documented, type Judge, judgeBy, operationsOf } from './document';
import { examplesOf, type FuzzOptions, requestsTo } from './document-requests';
import { plain } from './fakes';
import { greyServer, nested, picture, post } from './requests';

/** To each operation that takes a body, and a fifth to the others; another seed makes other requests. */
const numRuns = Number(process.env.COURSE_FUZZ_RUNS ?? 100);
const seed = Number(process.env.COURSE_FUZZ_SEED ?? 1);

describe('the OpenAPI document', function () {
  this.timeout(Math.max(60_000, numRuns * 1000));

  const known = { name: 'grey', version: '1' };
  let server: FastifyInstance;
  let operations: Documented[];
  let judge: Judge;
  let options: FuzzOptions;
  let close: () => Promise<unknown>;

  before(async () => {
    const grey = await greyServer();
    const document: Document = (await grey.server.inject({ url: '/openapi.json' })).json();
    const judging = await judgeBy(document);
    const formats = ['png', 'jpeg', 'webp'] as const;
    const pictures = await Promise.all(formats.map((format) => picture(99, { format, width: 3, height: 2 })));
    operations = operationsOf(document);
    ({ server } = grey);
    ({ judge } = judging);
    options = { known, pictures };
    close = () => Promise.all([grey.close(), judging.close()]);
  });

  after(() => close());

  it('has every operation once, by a name of its own', () => {
    const names = operations.map(({ operation }) => operation.operationId);
    assert.equal(new Set(names).size, names.length);
    assert.ok(names.includes('post_v1_models_name_versions_version_predict'), names.join());
  });

  it('has examples that get the results it describes', async () => {
    let tried = 0;
    for (const { method, path, operation } of operations) {
      const url = path.replace('{name}', known.name).replace('{version}', known.version);
      const { 'application/json': json, 'image/png': png } = operation.requestBody?.content ?? {};
      const payloads = json ? examplesOf(json).map((body) => JSON.stringify(body)) : [undefined];
      for (const payload of png ? options.pictures : payloads) {
        const answer = await server.inject({ method, url, payload });
        assert.equal(answer.statusCode, 200, `${path}: ${answer.payload}`);
        assert.equal(await judge(operation, answer), undefined, path);
        tried++;
      }
    }
    assert.ok(tried > operations.length, `${tried} examples of ${operations.length} operations`);
  });

  it('tells every answer, whatever is asked', async () => {
    const counts: Record<number, number> = {};
    for (const documented of operations) {
      const property = fc.asyncProperty(requestsTo(documented, options), async (request) => {
        const answer = await server.inject({ ...request, headers: { ...request.headers } });
        counts[answer.statusCode] = (counts[answer.statusCode] ?? 0) + 1;
        assert.ok(answer.statusCode < 500, answer.payload);
        assert.equal(await judge(documented.operation, answer), undefined);
      });
      const runs = documented.method === 'POST' ? numRuns : Math.ceil(numRuns / 5);
      await fc.assert(property, { numRuns: runs, seed, timeout: 10_000 }); // or it hangs
    }
    for (const status of [200, 400, 404, 415]) assert.ok(counts[status] > 0, JSON.stringify(counts));
    if (process.env.COURSE_FUZZ_RUNS) console.log(counts);
    const { body } = await post(server, '/v1/models/grey:predict', { instances: nested(plain(0)) });
    assert.deepEqual(body, { predictions: [[1, 0]] });
  });
});
