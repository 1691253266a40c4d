import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../../lib/data/download/lock';
import { inFolder } from './tools';

describe('withLock', () => {
  it('lets one in at a time, and everyone in the end', () =>
    inFolder(async (folder) => {
      const path = join(folder, '.lock');
      let inside = 0;
      let most = 0;
      const work = async () => {
        inside++;
        most = Math.max(most, inside);
        await sleep(15);
        inside--;
      };
      await Promise.all([1, 2, 3].map(() => withLock(path, work, { pollMs: 5 })));
      assert.equal(most, 1);
      assert.ok(!existsSync(path));
    }));

  it('frees the lock when the work fails', () =>
    inFolder(async (folder) => {
      const path = join(folder, '.lock');
      await assert.rejects(
        withLock(path, () => Promise.reject(new Error('no'))),
        /no/,
      );
      assert.ok(!existsSync(path));
    }));

  it('takes over the lock of a process that is gone', () =>
    inFolder(async (folder) => {
      const path = join(folder, '.lock');
      const { pid } = spawnSync(process.execPath, ['-e', '']);
      writeFileSync(path, String(pid));
      assert.equal(await withLock(path, async () => 7), 7);
    }));

  it('waits for a living process until its signal aborts', () =>
    inFolder(async (folder) => {
      const path = join(folder, '.lock');
      writeFileSync(path, String(process.pid));
      const attempt = withLock(path, async () => 7, { signal: AbortSignal.timeout(50), pollMs: 5 });
      await assert.rejects(attempt);
      assert.ok(existsSync(path));
    }));
});
