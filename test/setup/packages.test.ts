import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const load = () => import('../../lib/setup/packages.mjs');
const here = { platform: 'linux', arch: 'x64' };

describe('installed npm packages', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-packages-'));
    mkdirSync(join(folder, 'node_modules', 'a'), { recursive: true });
    writeFileSync(join(folder, 'node_modules', 'a', 'package.json'), '{}');
    lock('package-lock.json', {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/gpu': { version: '2.0.0', optional: true },
    });
    lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function lock(file: string, packages: object): void {
    writeFileSync(join(folder, file), JSON.stringify({ packages }));
  }

  it('are complete without an optional package', async () => {
    const { installedPackages } = await load();
    assert.equal(installedPackages(folder, here), 1);
  });

  it('are to be installed after an interrupted install, which has no record of npm', async () => {
    const { installedPackages } = await load();
    rmSync(join(folder, 'node_modules', '.package-lock.json'));
    assert.equal(installedPackages(folder, here), undefined);
  });

  it('are to be installed when one is missing, of another version, or its folder is gone', async () => {
    const { installedPackages } = await load();
    lock('node_modules/.package-lock.json', {});
    assert.equal(installedPackages(folder, here), undefined);
    lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.1' } });
    assert.equal(installedPackages(folder, here), undefined);
    lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
    rmSync(join(folder, 'node_modules', 'a', 'package.json'));
    assert.equal(installedPackages(folder, here), undefined);
  });

  it('are to be installed when they were made for another computer', async () => {
    const { installedPackages } = await load();
    lock('node_modules/.package-lock.json', {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a-darwin': { version: '1.0.0', optional: true, os: ['darwin'], cpu: ['arm64'] },
    });
    assert.equal(installedPackages(folder, here), undefined);
    assert.equal(installedPackages(folder, { platform: 'darwin', arch: 'arm64' }), 2);
  });

  it('are told to be missing by the first of what npm says, not by its advice', async () => {
    const { npmErrors } = await load();
    const output = 'npm warn old\nnpm error code ENOSPC\nnpm error\nnpm error nospc no space left\nbye\n';
    assert.equal(npmErrors(output), 'npm error code ENOSPC\nnpm error nospc no space left');
    assert.equal(npmErrors('spawn failed\n'), 'spawn failed');
  });
});
