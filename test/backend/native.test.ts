import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtNativeFolder, nativeWarnings, npmNativeFolder, probeNative } from '../../lib/backend/native';

describe('native backend', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-native-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A package folder with a name and, if given, JavaScript where the native library would be. */
  function makePackage(path: string, name: string, binding?: string): string {
    const home = join(folder, path);
    const modules = join(home, 'lib', 'napi-v8');
    mkdirSync(modules, { recursive: true });
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name, version: '4.22.0' }));
    if (binding !== undefined) writeFileSync(join(modules, 'tfjs_binding.node'), binding);
    return home;
  }

  it('knows the real tfjs-node from plain tfjs under its name', () => {
    const home = makePackage('node_modules/@tensorflow/tfjs-node', '@tensorflow/tfjs');
    assert.equal(npmNativeFolder(folder), undefined);
    writeFileSync(join(home, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-node' }));
    assert.equal(npmNativeFolder(folder), home);
  });

  it('prefers the GPU package', () => {
    makePackage('node_modules/@tensorflow/tfjs-node', '@tensorflow/tfjs-node');
    const gpu = makePackage('node_modules/@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node-gpu');
    assert.equal(npmNativeFolder(folder), gpu);
  });

  it('says that the library is missing', async () => {
    const home = makePackage('tfjs-node', '@tensorflow/tfjs-node');
    assert.deepEqual(await probeNative(home, { cacheFile: null }), {
      ok: false,
      reason: `no native library in ${home}`,
    });
  });

  it('survives a library that cannot be loaded', async () => {
    const home = makePackage('tfjs-node', '@tensorflow/tfjs-node', 'not a library');
    const probe = await probeNative(home, { cacheFile: null });
    assert.ok(!probe.ok);
    assert.match(probe.reason, /tfjs_binding\.node/);
  });

  it('survives a library that ends the process, and does not remember the failure', async () => {
    const home = makePackage('tfjs-node', '@tensorflow/tfjs-node');
    // A folder of the library's name is loaded as JavaScript, which can die as on a foreign instruction.
    const binding = join(home, 'lib', 'napi-v8', 'tfjs_binding.node');
    mkdirSync(binding);
    writeFileSync(join(binding, 'index.js'), "process.kill(process.pid, 'SIGILL')");
    const cacheFile = join(folder, 'cache.json');
    const probe = await probeNative(home, { cacheFile });
    assert.deepEqual(probe, { ok: false, reason: 'the process ended with SIGILL' });
    assert.throws(() => readFileSync(cacheFile), /ENOENT/);
  });

  it('remembers a success for the same file only', async function () {
    const home = builtNativeFolder();
    if (!home) return this.skip();
    const cacheFile = join(folder, 'cache.json');
    const probe = await probeNative(home, { cacheFile });
    assert.ok(probe.ok);
    assert.match(probe.version, /^TensorFlow 2\./);
    const [key] = Object.keys(JSON.parse(readFileSync(cacheFile, 'utf8')));
    writeFileSync(cacheFile, JSON.stringify({ [key]: { ...probe, device: 'remembered' } }));
    const again = await probeNative(home, { cacheFile });
    assert.ok(again.ok && again.device === 'remembered');
    writeFileSync(cacheFile, JSON.stringify({ [`${key} other`]: { ...probe, device: 'remembered' } }));
    const other = await probeNative(home, { cacheFile });
    assert.ok(other.ok && other.device !== 'remembered');
  });

  it('warns of a GPU package and of a GPU that have no part in the computation', () => {
    const gpu = makePackage('gpu', '@tensorflow/tfjs-node-gpu');
    const plain = makePackage('plain', '@tensorflow/tfjs-node');
    assert.match(
      nativeWarnings(gpu, { onGpu: false }, false)[0],
      /finds no GPU it can use and computes on the CPU/,
    );
    assert.match(nativeWarnings(plain, { onGpu: false }, true)[0], /there is an NVIDIA GPU/);
    assert.deepEqual(nativeWarnings(plain, { onGpu: false }, false), []);
    assert.deepEqual(nativeWarnings(gpu, { onGpu: true }, true), []);
  });
});
