import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../lib/transfer/store';
import { inFolder } from '../data/download/tools';

describe('openStore', () => {
  it('computes what has a name once, also when it is opened again', () =>
    inFolder(async (folder) => {
      let computed = 0;
      const compute = async () => ({ value: ++computed });
      const store = await openStore(folder, { epochs: 3 });
      assert.deepEqual(await store.once('a', compute), { value: 1 });
      assert.deepEqual(await store.once('a', compute), { value: 1 });
      const again = await openStore(folder, { epochs: 3 });
      assert.deepEqual(await again.once('a', compute), { value: 1 });
      assert.deepEqual(await again.once('b', compute), { value: 2 });
      assert.deepEqual(readdirSync(folder).sort(), ['a.json', 'b.json', 'settings.json']);
    }));

  it('refuses the folder of work with other settings', () =>
    inFolder(async (folder) => {
      await openStore(folder, { epochs: 3 });
      await assert.rejects(openStore(folder, { epochs: 4 }), {
        name: 'CourseError',
        message: `${folder}: holds an experiment with other settings; choose another folder`,
      });
    }));

  it('keeps nothing of what failed, and computes what cannot be read anew', () =>
    inFolder(async (folder) => {
      const store = await openStore(folder, {});
      await assert.rejects(
        store.once('a', () => Promise.reject(new Error('no'))),
        /no/,
      );
      assert.equal(await store.once('a', async () => 1), 1);
      writeFileSync(join(folder, 'a.json'), '{"cut off');
      assert.equal(await store.once('a', async () => 2), 2);
      assert.equal(await store.once('a', async () => 3), 2);
    }));
});
