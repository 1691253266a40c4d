import assert from 'node:assert/strict';

const load = () => import('../../lib/setup/setup.mjs');
const loadNative = () => import('../../lib/setup/native.mjs');

describe('setup', () => {
  it('refuses an old Node in one sentence', async () => {
    const { requireNode } = await load();
    for (const version of ['20.19.0', '22.0.0', '24.1.0']) requireNode(version);
    for (const version of ['18.20.4', '20.18.1']) {
      assert.throws(() => requireNode(version), {
        message: `The course needs Node 20.19 or newer, this is ${version}; install one from https://nodejs.org`,
      });
    }
  });

  it('has nothing left to do after a set-up, and finds that out in less than two seconds', async () => {
    const { steps } = await load();
    const started = performance.now();
    const done = steps({ retry: false }).filter((step) => step.fresh() !== undefined);
    // The kernel is another's under another Node, and lib/ may have been edited since.
    const names = done.map(({ name }) => name);
    assert.ok(names.includes('npm packages') && names.includes('Python environment'), names.join(', '));
    assert.ok(performance.now() - started < 2000);
  });

  it('leaves the native backend out with COURSE_NATIVE=0', async () => {
    const { nativeStep } = await loadNative();
    assert.deepEqual(nativeStep({ env: { COURSE_NATIVE: '0' } }).fresh(), {
      detail: 'left out (COURSE_NATIVE=0)',
    });
  });
});
