import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ModelRegistry } from '../../lib/serving/model-registry';
import type { Servable } from '../../lib/serving/servable';
import { deferred, fakeServable, settle, writeFakeModel } from './fakes';

describe('ModelRegistry', () => {
  let folder: string;
  const loaded = new Map<string, ReturnType<typeof fakeServable>>();
  let bad = new Set<string>();
  let registry: ModelRegistry;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'));
    loaded.clear();
    bad = new Set();
    registry = make();
  });

  afterEach(async () => {
    await registry.close();
    rmSync(folder, { recursive: true });
  });

  const make = (load?: () => Promise<Servable>) =>
    new ModelRegistry({
      folder,
      pollMs: 60_000,
      load:
        load ??
        (async (place, { name, version }) => {
          if (bad.has(`${name}/${version}`)) throw new Error(`${join(place, 'model.json')}: damaged`);
          const servable = fakeServable();
          loaded.set(`${name}/${version}`, servable);
          return servable;
        }),
    });

  const states = (name: string) =>
    registry.status({ name }).map(({ version, state }) => `${version} ${state}`);

  it('serves the newest version, and the one before it by its number', async () => {
    for (const version of [1, 2, 10]) writeFakeModel(folder, 'cats', version);
    writeFakeModel(folder, 'dogs', 7);
    writeFakeModel(folder, '.hidden', 1);
    writeFakeModel(folder, 'cats', 11);
    renameSync(join(folder, 'cats', '11'), join(folder, 'cats', '.11'));
    await registry.start();
    assert.equal(registry.find({ name: 'cats' }).version, 10);
    assert.equal(registry.find({ name: 'cats', version: 2 }).version, 2);
    assert.throws(() => registry.find({ name: 'cats', version: 1 }), { statusCode: 404 });
    assert.throws(() => registry.find({ name: 'birds' }), { statusCode: 404, message: /Latest\(birds\)/ });
    assert.throws(() => registry.find({ name: 'constructor' }), { statusCode: 404 });
    assert.deepEqual(registry.names, ['cats', 'dogs']);
  });

  it('takes the folder of one model, or of its versions, too', async () => {
    const version = writeFakeModel(folder, 'cats', 4);
    const nameAndVersion = async (place: string) => {
      const one = new ModelRegistry({ folder: place, load: async () => fakeServable() });
      await one.start();
      const [{ name, version: number }] = one.available;
      await one.close();
      return [name, number];
    };
    assert.deepEqual(await nameAndVersion(join(folder, 'cats')), ['cats', 4]);
    renameSync(version, join(folder, 'cats', 'model')); // as in a run
    assert.deepEqual(await nameAndVersion(join(folder, 'cats')), ['cats', 1]);
    assert.deepEqual(await nameAndVersion(join(folder, 'cats', 'model')), ['cats', 1]);
  });

  it('swaps to a new version, and ends the old one after its last request', async () => {
    writeFakeModel(folder, 'cats', 1);
    await registry.start();
    writeFakeModel(folder, 'cats', 2);
    writeFakeModel(folder, 'cats', 3);
    const gate = deferred<void>();
    const slow = registry.use({ name: 'cats' }, async ({ version }) => {
      await gate.promise;
      return version;
    });
    await registry.refresh();
    assert.equal(registry.find({ name: 'cats' }).version, 3);
    assert.deepEqual(states('cats'), ['3 AVAILABLE', '2 AVAILABLE', '1 UNLOADING']);
    assert.throws(() => registry.find({ name: 'cats', version: 1 }), { statusCode: 404 });
    assert.equal(loaded.get('cats/1')?.closed, false);
    gate.resolve();
    assert.equal(await slow, 1);
    await settle();
    assert.deepEqual(states('cats')[2], '1 END');
    assert.equal(loaded.get('cats/1')?.closed, true);
  });

  it('answers with the old version while the new one loads', async () => {
    writeFakeModel(folder, 'cats', 1);
    const gate = deferred<Servable>();
    let loads = 0;
    registry = make(() => (++loads === 1 ? Promise.resolve(fakeServable()) : gate.promise));
    await registry.start();
    writeFakeModel(folder, 'cats', 2);
    const refreshed = registry.refresh();
    while (loads < 2) await settle();
    assert.deepEqual(states('cats'), ['2 LOADING', '1 AVAILABLE']);
    assert.equal(registry.find({ name: 'cats' }).version, 1);
    assert.throws(() => registry.find({ name: 'cats', version: 2 }), { statusCode: 404 });
    gate.resolve(fakeServable());
    await refreshed;
    assert.equal(registry.find({ name: 'cats' }).version, 2);
  });

  it('refuses a bad version and goes on with the old one, until its files change', async () => {
    writeFakeModel(folder, 'cats', 1);
    await registry.start();
    bad.add('cats/2');
    writeFakeModel(folder, 'cats', 2);
    await registry.refresh();
    assert.equal(registry.find({ name: 'cats' }).version, 1);
    assert.deepEqual(registry.status({ name: 'cats', version: 2 }), [
      { version: 2, state: 'END', error: 'model.json: damaged' }, // strangers need not know where
    ]);
    bad.clear();
    await registry.refresh();
    assert.equal(registry.find({ name: 'cats' }).version, 1); // the same files
    writeFakeModel(folder, 'cats', 2, '{ }');
    await registry.refresh();
    assert.equal(registry.find({ name: 'cats' }).version, 2);
    assert.deepEqual(registry.status({ name: 'cats', version: 2 }), [
      { version: 2, state: 'AVAILABLE', error: undefined },
    ]);
  });

  it('finds a new version by itself', async () => {
    writeFakeModel(folder, 'cats', 1);
    registry = new ModelRegistry({ folder, pollMs: 5, load: async () => fakeServable() });
    await registry.start();
    writeFakeModel(folder, 'cats', 2);
    for (let i = 0; i < 200 && registry.find({ name: 'cats' }).version < 2; i++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(registry.find({ name: 'cats' }).version, 2);
  });

  it('keeps what it has when the folder is gone', async () => {
    writeFakeModel(folder, 'cats', 1);
    await registry.start();
    renameSync(join(folder, 'cats'), join(folder, '.cats'));
    await registry.refresh();
    assert.equal(registry.find({ name: 'cats' }).version, 1);
  });

  it('says why there is nothing to serve', async () => {
    await assert.rejects(registry.start(), /there is no model here/);
    bad.add('cats/1');
    writeFakeModel(folder, 'cats', 1);
    await assert.rejects(registry.start(), { name: 'CourseError', message: /cats\/1\/model\.json: damaged/ });
    assert.equal(registry.isReady, false);
  });

  it('closes every model', async () => {
    writeFakeModel(folder, 'cats', 1);
    writeFakeModel(folder, 'dogs', 1);
    await registry.start();
    assert.equal(registry.isReady, true);
    await registry.close();
    assert.deepEqual(
      [...loaded.values()].map(({ closed }) => closed),
      [true, true],
    );
    assert.throws(() => registry.find({ name: 'cats' }), { statusCode: 404 });
    assert.equal(registry.isReady, false);
  });
});
