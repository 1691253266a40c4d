import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { imageSize, plain } from './fakes';
import { assertError, form, get, greyServer, nested, percents, picture, post, withBytes } from './requests';

/** Answers for black, grey and white. */
const three = Buffer.concat([plain(0), plain(102), plain(255)]);
const expected = [
  [100, 0],
  [60, 40],
  [0, 100],
];

let server: FastifyInstance;
let close: () => Promise<void>;

before(async () => {
  ({ server, close } = await greyServer());
});

after(() => close());

describe('POST /predict', () => {
  for (const format of ['png', 'jpeg', 'webp'] as const) {
    it(`names what a ${format} shows, the most probable class first`, async () => {
      const { status, body } = await post(server, '/predict', await picture(255, { format }));
      assert.equal(status, 200);
      assert.deepEqual(body, {
        model: 'grey',
        version: 1,
        predictions: [
          { className: 'bright', probability: 1 },
          { className: 'dark', probability: 0 },
        ],
      });
    });
  }

  it('takes the file of a form, a model by its name, and how many classes to tell', async () => {
    const { headers, payload } = form(await picture(0));
    const { body } = await post(server, '/models/grey/predict?top=1', payload, headers);
    assert.deepEqual(body.predictions, [{ className: 'dark', probability: 1 }]);
  });

  it('gives the picture as the network sees it where asked', async () => {
    const file = await picture(0);
    assert.match((await post(server, '/predict?seen=true', file)).body.seen, /^data:image\/png;base64,/);
    assert.equal('seen' in (await post(server, '/predict?seen=false', file)).body, false);
    assertError(await post(server, '/predict?seen=yes', file), 400);
  });

  it('lists the models', async () => {
    const { body } = await get(server, '/models');
    assert.deepEqual(body.models, [
      {
        name: 'grey',
        version: 1,
        classNames: ['dark', 'bright'],
        inputShape: [2, 2, 3],
        engine: 'tensorflow',
      },
    ]);
  });
});

describe("TensorFlow Serving's API", () => {
  const url = '/v1/models/grey:predict';

  it('predicts rows of numbers, by name or without', async () => {
    const images = nested(three);
    const rows = await post(server, url, { signature_name: 'serving_default', instances: images });
    assert.deepEqual(percents(rows.body.predictions), expected);
    const named = await post(server, '/v1/models/grey/versions/1:predict', {
      instances: images.map((image) => ({ image })),
    });
    assert.deepEqual(named.body, rows.body);
  });

  it('predicts columns, and calls the answer outputs', async () => {
    const images = nested(three);
    for (const inputs of [images, { image: images }]) {
      const { body } = await post(server, url, { inputs });
      assert.deepEqual(Object.keys(body), ['outputs']);
      assert.deepEqual(percents(body.outputs), expected);
    }
  });

  it('predicts encoded pictures', async () => {
    const pictures = await Promise.all([0, 102, 255].map((value) => picture(value)));
    const encoded = pictures.map((file) => ({ b64: file.toString('base64') }));
    for (const body of [
      { instances: encoded },
      { instances: encoded.map((image) => ({ image })) },
      { inputs: { image: encoded } },
    ]) {
      const answer = await post(server, url, body);
      assert.deepEqual(percents(answer.body.predictions ?? answer.body.outputs), expected);
    }
  });

  it('does not look at the content type', async () => {
    const body = { instances: nested(plain(0)) };
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain'])
      assert.equal((await post(server, url, body, { 'content-type': type })).status, 200);
  });

  it('classifies: pairs of a class and its probability, the best first', async () => {
    const { body } = await post(server, '/v1/models/grey:classify', { examples: nested(plain(255)) });
    assert.deepEqual(body, {
      results: [
        [
          ['bright', 1],
          ['dark', 0],
        ],
      ],
    });
  });

  it('classifies numbers as an Example has them, in one flat list', async () => {
    const example = { image: [...plain(255)] };
    const { body } = await post(server, '/v1/models/grey:classify', { examples: [example, example] });
    assert.deepEqual(body.results[1], [
      ['bright', 1],
      ['dark', 0],
    ]);
    for (const wrong of [plain(0, 1, 11), plain(0, 1, 13), plain(0, 2)]) {
      const examples = [{ image: [...wrong] }];
      assertError(await post(server, '/v1/models/grey:classify', { examples }), 400);
    }
    assertError(await post(server, url, { instances: [example] }), 400);
  });

  it('says of a regression that this is none, and of any other address that it is malformed', async () => {
    const examples = [{ x: 1 }];
    const regression = await post(server, '/v1/models/grey:regress', { examples });
    assertError(regression, 400);
    assert.match(regression.body.error, /regression signature/);
    assertError(await post(server, '/v1/models/other:regress', { examples }), 404);
    for (const path of [
      '/v1/models',
      '/v1/foo',
      '/v1/models/grey/labels/stable',
      '/v1/models/grey:predict',
    ]) {
      const answer = await get(server, path);
      assertError(answer, 400);
      assert.equal(answer.body.error, `Malformed request: GET ${path}`);
    }
  });

  it('tells the state and the inputs of a model', async () => {
    const state = { version: '1', state: 'AVAILABLE', status: { error_code: 'OK', error_message: '' } };
    for (const path of ['/v1/models/grey', '/v1/models/grey/versions/1'])
      assert.deepEqual((await get(server, path)).body, { model_version_status: [state] });
    const { body } = await get(server, '/v1/models/grey/metadata');
    assert.deepEqual(body.model_spec, { name: 'grey', signature_name: '', version: '1' });
    const { inputs } = body.metadata.signature_def.signature_def.serving_default;
    assert.deepEqual(
      inputs.image.tensor_shape.dim.map(({ size }: { size: string }) => size),
      ['-1', '2', '2', '3'],
    );
  });

  it('answers 404 for a model or a version that there is not', async () => {
    const body = { instances: nested(plain(0)) };
    for (const path of ['other', 'grey/versions/2', 'grey/versions/99999999999999999999'])
      assertError(await post(server, `/v1/models/${path}:predict`, body), 404);
    for (const path of ['other', 'other/metadata', 'grey/versions/7'])
      assertError(await get(server, `/v1/models/${path}`), 404);
  });
});

describe('the Open Inference Protocol', () => {
  const url = '/v2/models/grey/infer';
  const tensor = (datatype: string, data: unknown, shape = [3, 2, 2, 3]) => ({
    inputs: [{ name: 'image', datatype, shape, data }],
  });

  it('tells of the server and of the model', async () => {
    for (const path of ['/v2', '/v2/']) {
      const { body } = await get(server, path);
      assert.deepEqual(body.extensions, ['binary_tensor_data', 'classification']);
    }
    for (const path of ['/v2/health/live', '/v2/health/ready', '/v2/models/grey/ready'])
      assert.equal((await get(server, path)).status, 200);
    const { body } = await get(server, '/v2/models/grey/versions/1');
    assert.deepEqual(body.inputs, [{ name: 'image', datatype: 'UINT8', shape: [-1, 2, 2, 3] }]);
    assert.deepEqual(body.outputs, [{ name: 'probabilities', datatype: 'FP32', shape: [-1, 2] }]);
    assertError(await get(server, '/v2/models/other/ready'), 404);
  });

  it('infers from flat and from nested numbers', async () => {
    for (const data of [[...three], nested(three)]) {
      for (const datatype of ['UINT8', 'FP32']) {
        const { body } = await post(server, url, { id: 'a1', ...tensor(datatype, data) });
        const [{ name, shape, datatype: type, data: values }] = body.outputs;
        assert.deepEqual([body.id, body.model_name, body.model_version], ['a1', 'grey', '1']);
        assert.deepEqual([name, shape, type], ['probabilities', [3, 2], 'FP32']);
        assert.deepEqual(percents([values]), [expected.flat()]);
      }
    }
  });

  it('infers from raw tensors behind the JSON', async () => {
    const floats = Buffer.from(Float32Array.from(three).buffer);
    for (const [datatype, bytes] of [
      ['UINT8', three],
      ['FP32', floats],
    ] as const) {
      const parameters = { binary_data_size: bytes.length };
      const inputs = [{ name: 'image', datatype, shape: [3, 2, 2, 3], parameters }];
      const { headers, payload } = withBytes({ inputs }, bytes);
      const { body } = await post(server, url, payload, headers);
      assert.deepEqual(percents([body.outputs[0].data]), [expected.flat()]);
    }
  });

  it('infers from encoded pictures, as base64 or behind the JSON', async () => {
    const pictures = await Promise.all([0, 102, 255].map((value) => picture(value)));
    const texts = pictures.map((file) => file.toString('base64'));
    const answer = await post(server, url, tensor('BYTES', texts, [3]));
    assert.deepEqual(percents([answer.body.outputs[0].data]), [expected.flat()]);
    const parts = pictures.flatMap((file) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(file.length);
      return [length, file];
    });
    const bytes = Buffer.concat(parts);
    const parameters = { binary_data_size: bytes.length };
    const inputs = [{ name: 'image', datatype: 'BYTES', shape: [3, 1], parameters }];
    const { headers, payload } = withBytes({ inputs }, bytes);
    const { body } = await post(server, url, payload, headers);
    assert.deepEqual(percents([body.outputs[0].data]), [expected.flat()]);
  });

  it('answers with raw probabilities where asked', async () => {
    const outputs = [{ name: 'probabilities', parameters: { binary_data: true } }];
    for (const request of [{ outputs }, { parameters: { binary_data_output: true } }]) {
      const payload = JSON.stringify({ ...tensor('UINT8', [...three]), ...request });
      const response = await server.inject({ method: 'POST', url, payload });
      const length = Number(response.headers['inference-header-content-length']);
      const { outputs: described } = JSON.parse(response.rawPayload.toString('utf8', 0, length));
      assert.deepEqual(described[0].parameters, { binary_data_size: 24 });
      const values = new Float32Array(new Uint8Array(response.rawPayload.subarray(length)).buffer);
      assert.deepEqual(percents([[...values]]), [expected.flat()]);
    }
  });
});

describe("the Open Inference Protocol's classes", () => {
  const ask = async (parameters: object, count = 2) => {
    const pixels = three.subarray(0, count * imageSize);
    const image = { name: 'image', datatype: 'UINT8', shape: [count, 2, 2, 3], data: [...pixels] };
    const outputs = [{ name: 'probabilities', parameters }];
    const payload = JSON.stringify({ inputs: [image], outputs });
    return server.inject({ method: 'POST', url: '/v2/models/grey/infer', payload });
  };

  it('are texts of probability, index and name, the best first', async () => {
    const { outputs } = (await ask({ classification: 1 })).json();
    const texts = ['1.000000:0:dark', '0.600000:0:dark'];
    assert.deepEqual(outputs, [{ name: 'probabilities', datatype: 'BYTES', shape: [2, 1], data: texts }]);
  });

  it('are as many as there are where more are asked for, and none for 0', async () => {
    const all = (await ask({ classification: 99 }, 1)).json().outputs[0];
    assert.deepEqual(all.data, ['1.000000:0:dark', '0.000000:1:bright']);
    assert.deepEqual(all.shape, [1, 2]);
    const none = (await ask({ classification: 0 }, 1)).json().outputs[0];
    assert.deepEqual([none.datatype, none.data], ['FP32', [1, 0]]);
  });

  it('come behind the JSON, each behind its length', async () => {
    const { headers, rawPayload } = await ask({ classification: 1, binary_data: true });
    const length = Number(headers['inference-header-content-length']);
    const { outputs } = JSON.parse(rawPayload.toString('utf8', 0, length));
    assert.deepEqual(outputs[0].parameters, { binary_data_size: 38 });
    const behind = '\x0f\0\0\x001.000000:0:dark\x0f\0\0\x000.600000:0:dark';
    assert.equal(rawPayload.toString('latin1', length), behind);
  });
});

describe('clients of the Open Inference Protocol', () => {
  it('may say the model again in the body, as KServe does', async () => {
    const image = { name: 'image', datatype: 'UINT8', shape: [1, 2, 2, 3], data: [...plain(0)] };
    const { status } = await post(server, '/v2/models/grey/infer', { model_name: 'grey', inputs: [image] });
    assert.equal(status, 200);
  });
});

describe('a compressed body', () => {
  it('is refused by every protocol, with 415', async () => {
    const body = gzipSync(JSON.stringify({ instances: nested(plain(0)) }));
    const compressed = { 'content-encoding': 'gzip' };
    for (const url of [
      '/predict',
      '/v1/models/grey:predict',
      '/v1/models/grey:classify',
      '/v2/models/grey/infer',
    ])
      assertError(await post(server, url, body, compressed), 415);
    const { headers, payload } = form(await picture(0));
    assertError(await post(server, '/predict', payload, { ...headers, ...compressed }), 415);
    const plainly = { ...headers, 'content-encoding': 'identity' };
    assert.equal((await post(server, '/predict', payload, plainly)).status, 200);
  });
});

describe('a request of several images', () => {
  it('may have as many as a batch', async () => {
    const instances = nested(plain(0, 64));
    assert.equal(instances.length * imageSize, 768);
    const answer = await post(server, '/v1/models/grey:predict', { instances });
    assert.equal(answer.body.predictions.length, 64);
    assertError(await post(server, '/v1/models/grey:predict', { instances: nested(plain(0, 65)) }), 400);
  });
});
