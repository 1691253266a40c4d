import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const load = () => import('../../lib/setup/stamps.mjs');

describe('stamps', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-stamps-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('makes one key of inputs in any order, another for any change', async () => {
    const { keyOf } = await load();
    assert.equal(keyOf({ a: '1', b: 2 }), keyOf({ b: 2, a: '1' }));
    assert.notEqual(keyOf({ a: '1', b: 2 }), keyOf({ a: '1', b: 3 }));
    assert.notEqual(keyOf({ a: '1 b', c: '' }), keyOf({ a: '1', 'b c': '' }));
  });

  it('gives a stamp back for its own key only', async () => {
    const { readStamp, writeStamp } = await load();
    const file = join(folder, 'made', 'stamp.json');
    assert.equal(readStamp(file, 'k'), undefined);
    writeStamp(file, { key: 'k', detail: 'Python 3.11.7' });
    assert.deepEqual(readStamp(file, 'k'), { key: 'k', detail: 'Python 3.11.7' });
    assert.equal(readStamp(file, 'other'), undefined);
    assert.deepEqual(readdirSync(join(folder, 'made')), ['stamp.json']);
  });

  it('takes a stamp that was cut off for none', async () => {
    const { readStamp } = await load();
    const file = join(folder, 'stamp.json');
    writeFileSync(file, '{"key":"k"');
    assert.equal(readStamp(file, 'k'), undefined);
  });

  it('hashes what is in a file, not when it was written', async () => {
    const { hashOf } = await load();
    writeFileSync(join(folder, 'a'), 'one');
    writeFileSync(join(folder, 'b'), 'one');
    writeFileSync(join(folder, 'c'), 'two');
    assert.equal(hashOf(join(folder, 'a')), hashOf(join(folder, 'b')));
    assert.notEqual(hashOf(join(folder, 'a')), hashOf(join(folder, 'c')));
  });
});
