import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs';
import { type BackendReport, useBackend } from '../../lib/backend';
import { backendFromEnvironment } from '../../lib/backend/choose';
import { builtNativeFolder } from '../../lib/backend/native';
import { hasVulkanDriver, softwareAdapter } from '../../lib/backend/webgpu';

/** Chooses in a process of its own; nothing but the report may be printed. */
async function chooseApart(env: NodeJS.ProcessEnv, before = ''): Promise<BackendReport> {
  const script = `${before}; require('./lib/backend').useBackend().then((report) => console.log(JSON.stringify(report)))`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ['-r', 'ts-node/register', '-e', script],
    { cwd: join(__dirname, '..', '..'), env: { ...process.env, ...env } },
  );
  assert.equal(stderr, '', 'something was printed to standard error');
  assert.equal(stdout.trim().split('\n').length, 1, stdout);
  return JSON.parse(stdout);
}

describe('useBackend', () => {
  let previous: string;
  before(() => {
    previous = tf.getBackend();
  });
  after(async () => {
    if (previous) await tf.setBackend(previous);
  });

  it('gives the same report the second time', async () => {
    const first = await useBackend({ backend: 'wasm' });
    assert.equal(await useBackend({ backend: 'wasm' }), first);
    assert.equal(tf.getBackend(), 'wasm');
  });

  it('switches to another one that is asked for, and back', async () => {
    await useBackend({ backend: 'cpu' });
    assert.equal(tf.getBackend(), 'cpu');
    await useBackend({ backend: 'wasm' });
    assert.equal(tf.getBackend(), 'wasm');
  });

  it('refuses an unknown COURSE_BACKEND with the choices', () => {
    assert.equal(backendFromEnvironment(undefined), undefined);
    assert.equal(backendFromEnvironment('wasm'), 'wasm');
    assert.throws(() => backendFromEnvironment('cuda'), {
      name: 'CourseError',
      message: 'COURSE_BACKEND: expected one of native, webgpu, wasm, cpu, got cuda',
    });
  });

  it('says why one that was asked for cannot be used', async () => {
    await assert.rejects(useBackend({ backend: 'native', nativeFolders: [] }), {
      name: 'CourseError',
      message:
        'the native backend cannot be used: it is not built; run: npm run setup. Others to try: COURSE_BACKEND=webgpu, wasm, cpu',
    });
  });

  it('passes over a native library that ends its process, with the reason', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'course-native-'));
    try {
      const binding = join(folder, 'lib', 'napi-v8', 'tfjs_binding.node');
      mkdirSync(binding, { recursive: true });
      writeFileSync(join(binding, 'index.js'), "process.kill(process.pid, 'SIGILL')");
      const { name, skipped } = await useBackend({ nativeFolders: [folder] });
      assert.notEqual(name, 'native');
      assert.deepEqual(skipped[0], { name: 'native', reason: 'the process ended with SIGILL' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const backend of ['wasm', 'cpu', 'native'] as const) {
    it(`prints nothing of its own with ${backend}, beside danfojs too`, async function () {
      if (backend === 'native' && !builtNativeFolder()) return this.skip();
      const report = await chooseApart({ COURSE_BACKEND: backend }, "require('danfojs-node')");
      assert.equal(report.name, backend);
      assert.equal(report.reason, 'asked for');
    });
  }

  it('takes native TensorFlow first where the set-up built it', async function () {
    if (!builtNativeFolder()) return this.skip();
    const report = await chooseApart({ COURSE_BACKEND: '' });
    assert.equal(report.name, 'native');
    assert.equal(report.tfBackend, 'tensorflow');
    assert.deepEqual(report.skipped, []);
  });
});

describe('webgpu', () => {
  const card = { vendor: 'nvidia', architecture: 'hopper', device: '', description: 'NVIDIA H100' };

  it('knows a program that plays a graphics card', () => {
    assert.equal(softwareAdapter(card), undefined);
    assert.equal(softwareAdapter({ ...card, description: 'SwiftShader driver 5.0.0' }), 'SwiftShader');
    assert.equal(softwareAdapter({ ...card, description: 'llvmpipe (LLVM 15, 256 bits)' }), 'llvmpipe');
    assert.equal(softwareAdapter({ ...card, isFallbackAdapter: true }), 'a fallback adapter');
  });

  it('looks for a driver where the Vulkan loader does', () => {
    const folder = mkdtempSync(join(tmpdir(), 'course-vulkan-'));
    try {
      assert.ok(hasVulkanDriver({ VK_DRIVER_FILES: '/some/driver.json' }));
      mkdirSync(join(folder, 'vulkan', 'icd.d'), { recursive: true });
      writeFileSync(join(folder, 'vulkan', 'icd.d', 'card.json'), '{}');
      assert.ok(hasVulkanDriver({ XDG_DATA_DIRS: folder }));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  // Chromium brings a software driver: very slow, but it computes what a graphics card would.
  const driver = ['/usr/lib/chromium', '/usr/lib64/chromium-browser'].find((folder) =>
    existsSync(join(folder, 'vk_swiftshader_icd.json')),
  );

  it('computes gradients, on a software driver only when it is asked for', async function () {
    if (!driver) return this.skip();
    const env = { LD_LIBRARY_PATH: driver, VK_ICD_FILENAMES: join(driver, 'vk_swiftshader_icd.json') };
    const report = await chooseApart({ ...env, COURSE_BACKEND: 'webgpu' });
    assert.equal(report.tfBackend, 'webgpu');
    assert.match(report.device, /SwiftShader/);
    assert.equal(report.onGpu, false);
    assert.deepEqual(report.warnings, ['SwiftShader computes on the CPU and is very slow']);
  });
});
