import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { unzipSync, zipSync } from 'fflate';
import { useBackend } from '../../lib/backend';
import { exportClassifier, importClassifier } from '../../lib/interchange';
import { readHdf5, writeHdf5 } from '../../lib/interchange/hdf5';
import { readZip, writeZip } from '../../lib/interchange/keras-zip';
import { createRandom } from '../../lib/random';
import { otherClassifiers } from './toy-classifiers';

const text = (content: string) => new Uint8Array(Buffer.from(content));

describe('a damaged file', function () {
  this.timeout(120_000);
  let folder: string;
  const good: Record<string, Buffer> = {};

  before(async () => {
    await useBackend();
    folder = mkdtempSync(join(tmpdir(), 'hostile-'));
    for (const to of ['keras', 'h5'] as const) {
      const file = join(folder, `good.${to}`);
      await exportClassifier(otherClassifiers().flat, file, { to });
      good[to] = readFileSync(file);
    }
  });

  after(() => rmSync(folder, { recursive: true }));

  /** What comes of a file: its sentence, or nothing where it can be read after all. */
  async function outcome(bytes: Uint8Array): Promise<string | undefined> {
    const file = join(folder, 'damaged');
    writeFileSync(file, bytes);
    const before = tf.memory().numTensors;
    try {
      (await importClassifier(file)).model.dispose();
      return undefined;
    } catch (error) {
      assert.ok(error instanceof Error && error.name === 'CourseError', `${error}`);
      assert.ok(error.message.startsWith(`${file}: `) && error.message.length < 600, error.message);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come out of a file onto a terminal
      assert.doesNotMatch(error.message, /[\u0000-\u001f]/);
      return error.message.slice(file.length + 2);
    } finally {
      assert.equal(tf.memory().numTensors, before, 'tensors are left');
    }
  }

  for (const to of ['keras', 'h5'] as const) {
    it(`is refused wherever a .${to} is cut off`, async () => {
      for (let i = 0; i < 200; i++) {
        const length = Math.floor((i / 200) * good[to].length);
        assert.ok(await outcome(good[to].subarray(0, length)), `${length} bytes`);
      }
    });

    it(`ends in a sentence or a model, whichever bytes of a .${to} are changed`, async () => {
      const random = createRandom(`flip ${to}`);
      const outcomes: (string | undefined)[] = [];
      for (let i = 0; i < 15; i++) {
        const bytes = Buffer.from(good[to]);
        for (let changes = 0; changes <= i % 3; changes++)
          bytes[random.integer(bytes.length)] = random.integer(256);
        outcomes.push(await outcome(bytes));
      }
      assert.ok(outcomes.some((each) => each !== undefined));
    });
  }

  it('is refused when its description is not one', async () => {
    const entries = unzipSync(good.keras);
    const described = (config: string) => outcome(writeZip({ ...entries, 'config.json': text(config) }));
    assert.match((await described('[')) ?? '', /config\.json: expected JSON: /);
    assert.match((await described('[]')) ?? '', /config\.json: expected an object of JSON/);
    assert.match((await described('{}')) ?? '', /expected an object as the model's config, got undefined/);
    assert.ok(await described('['.repeat(1e6)));
    assert.ok(await described(`${'{"config":'.repeat(1e5)}1${'}'.repeat(1e5)}`));
    const chain = Array.from({ length: 10_000 }, (_, i) => ({
      class_name: 'ReLU',
      config: { name: `${i}` },
    }));
    const input = { class_name: 'InputLayer', config: { name: 'in', batch_shape: [null, 2, 2, 1] } };
    const deep = { class_name: 'Sequential', config: { layers: [input, ...chain] } };
    assert.ok(await described(JSON.stringify(deep)));
    const { 'metadata.json': _, ...rest } = entries;
    assert.match((await outcome(writeZip(rest))) ?? '', /expected a \.keras file, with metadata\.json in it/);
  });

  it('is refused when it asks for weights that it does not bring', async () => {
    const entries = unzipSync(good.keras);
    const config = Buffer.from(entries['config.json']).toString();
    const huge = text(config.replace('"units":5', '"units":9000000'));
    const sentence = await outcome(writeZip({ ...entries, 'config.json': huge }));
    assert.match(sentence ?? '', /expected a kernel of \[60, 9000000\], got \[60, 5\]/);
    const { attributes } = await readHdf5(good.h5, { under: ['model_weights'] });
    const weightless = await writeHdf5({ attributes, arrays: new Map() });
    assert.match((await outcome(weightless)) ?? '', /expected the weights kernel, bias, got 0 weights/);
    const alone = await writeHdf5({ attributes: new Map(), arrays: new Map() });
    assert.match((await outcome(alone)) ?? '', /expected a whole model, got weights alone; save it with/);
  });
});

describe('a zip file', () => {
  const zeros = new Uint8Array(10_000_000);
  const packed = () => Buffer.from(zipSync({ a: zeros }, { level: 9 }));

  it('gives the entries that are wanted, stored or deflated', () => {
    const file = zipSync({
      a: [text('stored'), { level: 0 }],
      b: [text('deflated'), { level: 6 }],
      c: text('no'),
    });
    const entries = readZip(file, ['a', 'b', 'd']);
    assert.deepEqual([...entries.keys()], ['a', 'b']);
    assert.deepEqual(
      [...entries.values()].map((each) => Buffer.from(each).toString()),
      ['stored', 'deflated'],
    );
  });

  it('is refused before it is unpacked when it would grow a thousandfold', () => {
    const file = packed();
    assert.ok(file.length < 20_000);
    const before = process.memoryUsage().arrayBuffers;
    assert.throws(
      () => readZip(file, ['a']),
      /the entry a of this zip file has \d+ bytes and says .* 10000000: a trap/,
    );
    assert.ok(process.memoryUsage().arrayBuffers - before < 5_000_000);
  });

  it('is refused when it grows beyond the size that it announces', () => {
    const file = packed();
    const directory = file.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    file.writeUInt32LE(1000, directory + 24);
    assert.throws(() => readZip(file, ['a']), /the entry a cannot be unpacked: /);
  });

  it('is refused with two entries of one name, a wrong checksum, or a directory that is not there', () => {
    const twice = Buffer.from(writeZip({ one: text('1'), two: text('2') }));
    for (let at = twice.indexOf('two'); at >= 0; at = twice.indexOf('two', at)) twice.write('one', at);
    assert.throws(() => readZip(twice, ['one']), /two entries of this zip file are named one/);
    const changed = Buffer.from(writeZip({ one: text('content') }));
    changed.write('C', changed.indexOf('content'));
    assert.throws(() => readZip(changed, ['one']), /the entry one does not match its checksum/);
    assert.throws(() => readZip(text('PK\x03\x04'), ['one']), /its directory is missing; it is cut off/);
    assert.deepEqual(readZip(changed, ['two']).size, 0);
  });
});

describe('an HDF5 file', function () {
  this.timeout(60_000);
  const shape = [2, 3];
  const content = {
    attributes: new Map([['group', new Map([['names', ['ä', 'b']]])]]),
    arrays: new Map([['group/deep/numbers', { shape, data: Float32Array.of(1, 2, 3, 4, 5, -6.5) }]]),
  };

  it('comes back as it was, only the groups that are wanted', async () => {
    const bytes = await writeHdf5(content);
    const all = await readHdf5(bytes, { under: ['group'] });
    assert.deepEqual(all.arrays, content.arrays);
    assert.deepEqual(all.attributes.get('group'), content.attributes.get('group'));
    assert.equal((await readHdf5(bytes, { under: ['other'] })).arrays.size, 0);
  });

  it('is given up after a while', async () => {
    await assert.rejects(
      readHdf5(await writeHdf5(content), { under: [], timeoutMs: 1 }),
      /nothing came in 0\.001 s/,
    );
  });

  it('is refused when its numbers would unpack to more than the file has room for', async () => {
    const { File, ready } = await import('h5wasm');
    const { FS } = await ready;
    const file = new File('bomb.h5', 'w');
    file.create_group('group');
    const zeros = { data: new Float32Array(1e6), shape: [1e6], chunks: [1e5], compression: 9 };
    file.create_dataset({ name: 'group/zeros', dtype: '<f4', ...zeros });
    file.close();
    const bytes = FS.readFile('bomb.h5');
    assert.ok(bytes.length < 100_000);
    const sentence = /group\/zeros: more numbers than the file has room for/;
    await assert.rejects(readHdf5(bytes, { under: ['group'] }), sentence);
  });
});
