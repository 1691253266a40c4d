import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asText, doctorCommand, examine, kernel } from '../../lib/cli/doctor';

describe('course doctor', () => {
  it('prints a mark, and the remedy on a second line', () => {
    assert.equal(asText({ name: 'Node', state: 'good', detail: '22.1.0' }), '✓ Node                22.1.0');
    assert.equal(
      asText({ name: 'JupyterLab', state: 'missing', detail: 'does not start', remedy: 'npm run setup' }),
      '✗ JupyterLab          does not start\n  npm run setup',
    );
  });

  it('finds a kernel whose Node is gone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'course-kernel-'));
    try {
      const file = join(folder, 'kernel.json');
      assert.equal(kernel(file).detail, 'not registered');
      const gone = join(folder, 'node');
      writeFileSync(file, JSON.stringify({ argv: [gone, __filename, '{connection_file}'] }));
      assert.deepEqual(kernel(file), {
        name: 'TypeScript kernel',
        state: 'missing',
        detail: `${gone} is gone`,
        remedy: 'npm run setup',
      });
      writeFileSync(file, JSON.stringify({ argv: [process.execPath, __filename, '{connection_file}'] }));
      assert.equal(kernel(file).state, 'good');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('looks at everything and measures the backend that computes', async () => {
    const findings = await examine();
    const names = findings.map(({ name }) => name);
    assert.deepEqual(names, [
      'Node',
      'npm packages',
      'Python environment',
      'Course library',
      'JupyterLab',
      'TypeScript kernel',
      'Backend',
      'cifar10',
      'fashion-mnist',
      'Free disk',
    ]);
    const backend = findings[names.indexOf('Backend')];
    const speed = /; (\d+) images\/s$/.exec(backend.detail)?.[1];
    assert.ok(Number(speed) > 0, backend.detail);
    assert.match(backend.detail, /training (by compiled steps|operation by operation \()/);
    assert.match(findings[names.indexOf('JupyterLab')].detail, /^\d+\.\d+\.\d+$/);
  });

  it('offers --json', () => {
    assert.ok(doctorCommand().options.some(({ long }) => long === '--json'));
  });
});
