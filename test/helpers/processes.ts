import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process runs. One that has ended, but that its parent has not looked at yet, does not. */
export function isAlive(pid: number): boolean {
  assert.ok(pid > 1, `not a process id: ${pid}`);
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until a process has ended; fails where it lives on for five seconds. */
export async function assertEnds(pid: number): Promise<void> {
  for (let i = 0; i < 50; i++) {
    if (!isAlive(pid)) return;
    await sleep(100);
  }
  assert.fail(`process ${pid} still lives`);
}
