import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const load = () => import('../../lib/setup/build.mjs');

describe('building the library', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-build-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function touch(...path: string[]): void {
    const file = join(folder, ...path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, '');
  }

  it('takes every .ts file below, but neither outputs nor packages', async () => {
    const { sourceFiles } = await load();
    for (const path of ['a.ts', 'data/b.ts', 'data/c.mjs', 'dist/a.d.ts', 'node_modules/x/index.ts'])
      touch(path);
    assert.deepEqual(sourceFiles(folder).sort(), ['a.ts', 'data/b.ts']);
  });

  it('deletes the outputs of sources that are gone, and nothing else', async () => {
    const { removeStale } = await load();
    const kept = ['a.js', 'a.d.ts', 'a.js.map', '.tsbuildinfo', 'data/b.js'];
    const gone = ['old.js', 'old.d.ts', 'old.js.map', 'data/old.js'];
    for (const path of [...kept, ...gone]) touch(path);
    removeStale(folder, new Set(['a.ts', 'data/b.ts']));
    assert.deepEqual(
      kept.filter((path) => !existsSync(join(folder, path))),
      [],
    );
    assert.deepEqual(
      gone.filter((path) => existsSync(join(folder, path))),
      [],
    );
  });
});
