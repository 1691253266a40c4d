import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const load = () => import('../../lib/setup/python.mjs');

describe('finding Python', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-python-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A program that answers as a Python would. */
  function makeProgram(name: string, script: string): string {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  it('reads the version', async () => {
    const { parsePythonVersion } = await load();
    assert.deepEqual(parsePythonVersion('Python 3.11.7\n'), [3, 11, 7]);
    assert.deepEqual(parsePythonVersion('Python 3.14.0rc1+'), [3, 14, 0]);
    assert.equal(parsePythonVersion('Python was not found; run without arguments to install'), undefined);
  });

  it('takes 3.10 and newer', async () => {
    const { isNewEnough } = await load();
    assert.deepEqual(
      [
        [3, 9, 18],
        [3, 10, 0],
        [3, 14, 1],
        [4, 0, 0],
        [2, 7, 18],
      ].map(isNewEnough),
      [false, true, true, true, false],
    );
  });

  it('says what is missing in one sentence: Python, a newer one, its venv module', async function () {
    if (process.platform === 'win32') return this.skip(); // the programs below are shell scripts
    const { findPython } = await load();
    await assert.rejects(findPython({ env: { PATH: folder }, platform: 'linux' }), {
      message:
        /^JupyterLab needs Python 3\.10 or newer with its venv module; no Python was found\. Install one/,
    });
    makeProgram('python3', 'echo Python 3.8.10');
    await assert.rejects(findPython({ env: { PATH: folder }, platform: 'linux' }), /python3 is 3\.8\.10/);
    makeProgram('python', '[ "$1" = --version ] && echo Python 3.12.1');
    await assert.rejects(
      findPython({ env: { PATH: folder }, platform: 'linux' }),
      /python 3\.12\.1 has no venv module \(Debian and Ubuntu: sudo apt install python3-venv\)/,
    );
    await assert.rejects(
      findPython({ env: { PATH: folder, COURSE_PYTHON: join(folder, 'none') } }),
      /none is not a Python that runs/,
    );
  });

  it('passes over an old one and takes the next; COURSE_PYTHON goes first', async function () {
    if (process.platform === 'win32') return this.skip();
    const { findPython } = await load();
    makeProgram('python3', 'echo Python 3.9.2');
    makeProgram('python', 'echo Python 3.13.0');
    const mine = makeProgram('mine', 'echo Python 3.10.4');
    assert.deepEqual(await findPython({ env: { PATH: folder }, platform: 'linux' }), {
      program: 'python',
      args: [],
      version: '3.13.0',
    });
    const chosen = await findPython({ env: { PATH: folder, COURSE_PYTHON: mine } });
    assert.equal(chosen.version, '3.10.4');
  });

  it('tries pip again where the network may be the cause, and not where that cannot help', async function () {
    if (process.platform === 'win32') return this.skip();
    const { pip, isHopeless } = await load();
    const calls = join(folder, 'calls');
    const flaky = makeProgram(
      'flaky',
      `echo "$@" >> ${calls}; [ $(wc -l < ${calls}) -ge 2 ] || { echo "Read timed out."; exit 1; }`,
    );
    await pip(flaky, ['install', 'x'], { pauseMs: 1 });
    const lines = readFileSync(calls, 'utf8').trim().split('\n');
    assert.deepEqual(
      lines,
      Array(2).fill('-m pip install --retries 0 --disable-pip-version-check --no-input x'),
    );

    const missing = makeProgram(
      'missing',
      `echo "$@" >> ${calls}; echo "ERROR: No matching distribution found for x"; exit 1`,
    );
    await assert.rejects(
      pip(missing, ['install', 'x'], { pauseMs: 1 }),
      /No matching distribution found for x\npip could not install the packages; .* npm run setup$/,
    );
    assert.equal(readFileSync(calls, 'utf8').trim().split('\n').length, 3);
    assert.ok(isHopeless('OSError: [Errno 28] No space left on device'));
    assert.ok(
      !isHopeless(
        'WARNING: Retrying (Retry(total=0)) after connection broken\nERROR: No matching distribution found',
      ),
    );
  });
});
