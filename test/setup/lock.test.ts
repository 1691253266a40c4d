import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

const load = () => import('../../lib/setup/lock.mjs');

describe('the lock of the set-up', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'course-lock-'));
    file = join(folder, 'state', 'setup.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one in at a time and says who holds it', async () => {
    const { acquireLock } = await load();
    const first = await acquireLock(file);
    const holders: string[] = [];
    let secondIsIn = false;
    const second = acquireLock(file, { pollMs: 5, onWait: (holder) => holders.push(holder) }).then((lock) => {
      secondIsIn = true;
      return lock;
    });
    await new Promise((resolve) => setTimeout(resolve, 40));
    assert.equal(secondIsIn, false);
    assert.deepEqual(holders, [`process ${process.pid}`]);
    first.release();
    (await second).release();
    assert.equal(existsSync(file), false);
  });

  it('takes over from a process that is gone', async () => {
    const { acquireLock } = await load();
    (await acquireLock(file)).release();
    const gone = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(file, JSON.stringify({ pid: gone, host: hostname(), token: 'x' }));
    const lock = await acquireLock(file, { onWait: () => assert.fail('it waited') });
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).pid, process.pid);
    lock.release();
  });

  it('takes over a lock that was not renewed, whoever has its number now', async () => {
    const { acquireLock } = await load();
    (await acquireLock(file)).release();
    writeFileSync(file, JSON.stringify({ pid: process.pid, host: hostname(), token: 'x' }));
    const longAgo = new Date(Date.now() - 3_600_000);
    utimesSync(file, longAgo, longAgo);
    (await acquireLock(file, { onWait: () => assert.fail('it waited') })).release();
  });

  it('waits for one that was only just created and is still empty', async () => {
    const { acquireLock } = await load();
    (await acquireLock(file)).release();
    writeFileSync(file, '');
    let waited = false;
    const pending = acquireLock(file, {
      pollMs: 5,
      onWait: () => {
        waited = true;
        rmSync(file);
      },
    });
    (await pending).release();
    assert.ok(waited);
  });

  it('leaves a lock alone that is not its own any more', async () => {
    const { acquireLock } = await load();
    const lock = await acquireLock(file);
    writeFileSync(file, 'another holder');
    lock.release();
    assert.equal(readFileSync(file, 'utf8'), 'another holder');
  });

  it('lets many in one after the other, also when they find a stale lock together', async () => {
    const { acquireLock } = await load();
    (await acquireLock(file)).release();
    writeFileSync(file, JSON.stringify({ pid: 2 ** 30, host: hostname(), token: 'x' }));
    let inside = 0;
    let entered = 0;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const lock = await acquireLock(file, { pollMs: 1 });
        inside++;
        assert.equal(inside, 1);
        await new Promise((resolve) => setTimeout(resolve, 2));
        inside--;
        entered++;
        lock.release();
      }),
    );
    assert.equal(entered, 8);
  });
});
