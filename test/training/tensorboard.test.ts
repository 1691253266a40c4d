import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { benchPython } from '../../lib/bench/python';
import { crc32c, TensorBoardWriter } from '../../lib/training/tensorboard';
import { inFolder } from '../data/download/tools';

/** The checksum as TFRecord keeps it, rotated another way than in lib. */
function masked(bytes: Uint8Array): number {
  const crc = BigInt(crc32c(bytes));
  const rotated = (crc >> 15n) | ((crc & 0x7fffn) << 17n);
  return Number((rotated + 0xa282ead8n) % 2n ** 32n);
}

/** The data of each record of a TFRecord file; fails where a checksum is wrong. */
function recordsOf(file: string): Buffer[] {
  const bytes = readFileSync(file);
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    assert.equal(bytes.readUInt32LE(at + 8), masked(bytes.subarray(at, at + 8)));
    assert.equal(bytes.readUInt32LE(at + 12 + length), masked(data));
    records.push(data);
    at += length + 16;
  }
  return records;
}

describe('crc32c', () => {
  it('gives the known checksums', () => {
    assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283);
    assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa); // https://www.rfc-editor.org/rfc/rfc3720#appendix-B.4
    assert.equal(crc32c(new Uint8Array(0)), 0);
  });
});

describe('TensorBoardWriter', () => {
  it('writes version and start first, then every scalar at once', () =>
    inFolder(async (folder) => {
      const writer = new TensorBoardWriter(join(folder, 'runs', 'a'));
      assert.match(basename(writer.file), /^events\.out\.tfevents\.\d{10}\.course$/);
      writer.scalar('loss', 0.5, { step: 300, wallTime: 1.5 });
      const [version, start, scalar, ...more] = recordsOf(writer.file); // before close
      writer.close();
      assert.equal(more.length, 0);
      assert.equal(version.subarray(9).toString('latin1'), '\x10\x00\x1a\x0dbrain.Event:2');
      assert.equal(start.subarray(9).toString('hex'), '1000' + '3a020801'); // step 0, session_log { status: START }
      // wall_time 1.5, step 300, summary { value { tag: loss, simple_value: 0.5 } }
      const expected = `09${'000000000000f83f'}${'10ac02'}${'2a0d'}${'0a0b'}${'0a046c6f7373'}${'150000003f'}`;
      assert.equal(scalar.toString('hex'), expected);
    }));

  it('gives a resumed run a later file, and forgets what is written anew', () =>
    inFolder(async (folder) => {
      const first = new TensorBoardWriter(folder);
      const second = new TensorBoardWriter(folder, { firstStep: 5 });
      assert.ok(second.file > first.file);
      const [version, start] = recordsOf(second.file);
      assert.match(version.toString('latin1'), /brain\.Event:2$/);
      assert.equal(start.subarray(9).toString('hex'), '1005' + '3a020801'); // step 5
      for (const writer of [first, second]) writer.close();
    }));

  it('refuses steps that are none, a closed writer and a folder that is a file', () =>
    inFolder(async (folder) => {
      const writer = new TensorBoardWriter(folder);
      for (const step of [-1, 0.5, Number.NaN])
        assert.throws(() => writer.scalar('loss', 1, { step }), { name: 'RangeError' });
      writer.close();
      writer.close();
      assert.throws(() => writer.scalar('loss', 1, { step: 0 }), /course: the writer is closed$/);
      assert.equal(recordsOf(writer.file).length, 2);
      const file = join(folder, 'file');
      writeFileSync(file, '');
      assert.throws(() => new TensorBoardWriter(file), {
        name: 'CourseError',
        message: /file: cannot be written: EEXIST/,
      });
      assert.throws(() => new TensorBoardWriter(join(folder, 'none'), { firstStep: -1 }), RangeError);
      assert.ok(!existsSync(join(folder, 'none')));
    }));

  it('is read by TensorFlow', function () {
    this.timeout(120_000); // the import alone can take long
    if (!existsSync(benchPython())) {
      if (this.test) this.test.title += ' (no Python with TensorFlow: it comes with npx course bench)';
      return this.skip();
    }
    return inFolder(async (folder) => {
      const writer = new TensorBoardWriter(folder, { firstStep: 7 });
      writer.scalar('loss/train', 0.1, { step: 0, wallTime: 1_700_000_000.25 });
      writer.scalar('Genauigkeit über alles', -1e30, { step: 2 ** 40, wallTime: 2 });
      writer.scalar('loss/train', Number.NaN, { step: 127, wallTime: 3 });
      writer.scalar('x'.repeat(300), 0, { step: 128, wallTime: 4 });
      writer.close();
      const script = `
import json, sys
from tensorflow.compat.v1.train import summary_iterator
events = list(summary_iterator(sys.argv[1]))
print(json.dumps([events[0].file_version, events[1].session_log.status, events[1].step]))
print(json.dumps([[e.wall_time, e.step, v.tag, str(v.simple_value)] for e in events for v in e.summary.value]))
`;
      const output = execFileSync(benchPython(), ['-c', script, writer.file], {
        encoding: 'utf8',
        env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1' },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [start, scalars] = output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      assert.deepEqual(start, ['brain.Event:2', 1, 7]);
      assert.deepEqual(scalars, [
        [1_700_000_000.25, 0, 'loss/train', '0.10000000149011612'],
        [2, 2 ** 40, 'Genauigkeit über alles', '-1.0000000150474662e+30'],
        [3, 127, 'loss/train', 'nan'],
        [4, 128, 'x'.repeat(300), '0.0'],
      ]);
    });
  });
});
