import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A worker process that sleeps; types are checked elsewhere, and would take each of them seconds. */
export function hireWorker({
  url,
  queue,
  lockMs,
  log,
}: {
  readonly url: string;
  readonly queue: string;
  readonly lockMs: number;
  /** File that it appends a line to for every trial that it begins: its process id, `begins`, the trial's x. */
  readonly log: string;
}): ChildProcess {
  const script = join(__dirname, 'sleep-worker.ts');
  const args = ['-r', 'ts-node/register/transpile-only', script, url, queue, String(lockMs), log];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Kills those that still run, and waits until all have ended. */
export async function dismiss(workers: readonly ChildProcess[]): Promise<void> {
  for (const worker of workers) worker.kill('SIGKILL');
  await Promise.all(workers.map(closed));
}

export function closed(child: ChildProcess): Promise<unknown> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('close', resolve));
}

export function readLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

/** How often the journal says that each trial ended: Optuna's operation 6 with a state from 1 to 3. */
export function endsOf(journal: string): number[] {
  const ends: number[] = [];
  for (const line of readLines(journal)) {
    const { op_code: code, trial_id: id, state } = JSON.parse(line.replaceAll('NaN', 'null'));
    if (code === 4) ends[ends.length] = 0;
    if (code === 6 && state >= 1 && state <= 3) ends[id]++;
  }
  return ends;
}
