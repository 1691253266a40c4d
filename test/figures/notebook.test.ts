import assert from 'node:assert/strict';
import { currentNotebook } from '../../lib/figures';

const kernelFile = require.resolve('tslab/dist/jupyter');

/** As if this process were tslab's kernel: `exports` in place of its module, for the time of `work`. */
function asKernel(exports: object, work: () => void): void {
  const before = require.cache[kernelFile];
  require.cache[kernelFile] = Object.assign(Object.create(module), { exports });
  try {
    work();
  } finally {
    if (before) require.cache[kernelFile] = before;
    else delete require.cache[kernelFile];
  }
}

describe('currentNotebook', () => {
  it('is null in a script, and in a kernel that has run no cell', () => {
    assert.equal(currentNotebook(), null);
    asKernel({ lastWriteDisplayData: null }, () => assert.equal(currentNotebook(), null));
  });

  it('sends a whole bundle through the kernel, then replaces it in place', () => {
    const sent: unknown[] = [];
    const lastWriteDisplayData = (message: { transient: { display_id: string } }, update: boolean) =>
      sent.push({ ...message, update });
    asKernel({ lastWriteDisplayData }, () => {
      const notebook = currentNotebook();
      const output = notebook?.output();
      output?.({ 'text/html': '<b>', 'text/plain': 'b' }, { a: 1 });
      output?.({ 'text/plain': 'c' });
      notebook?.output()({ 'text/plain': 'd' });
    });
    const [first, second, third] = sent as { transient: { display_id: string } }[];
    const { transient } = first;
    assert.match(transient.display_id, /^[0-9a-f]{16}$/);
    const bundle = { 'text/html': '<b>', 'text/plain': 'b' };
    assert.deepEqual(first, { data: bundle, metadata: { a: 1 }, transient, update: false });
    assert.deepEqual(second, { data: { 'text/plain': 'c' }, metadata: {}, transient, update: true });
    assert.notEqual(third.transient.display_id, transient.display_id);
  });

  it('is what the pinned tslab offers', () => {
    assert.equal(require('tslab/package.json').version, '1.0.22');
    assert.equal(require(kernelFile).lastWriteDisplayData, null);
    delete require.cache[kernelFile];
  });
});
