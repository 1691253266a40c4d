import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, release, type as systemName, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Context } from 'mocha';
import { benchPython } from '../../lib/bench/python';
import { needFrameworks } from '../helpers/frameworks';

const run = promisify(execFile);

/** A Python with Optuna: COURSE_OPTUNA_PYTHON, else the peers' of `npx course bench`; undefined where neither has it. */
export function optunaPython(): string | undefined {
  const python = process.env.COURSE_OPTUNA_PYTHON ?? benchPython();
  if (!existsSync(python)) return undefined;
  try {
    execFileSync(python, ['-c', 'import optuna'], { stdio: 'ignore' });
    return python;
  } catch {
    return undefined;
  }
}

/** For `before`: gives a Python with Optuna, or skips the tests; `npm run test:frameworks` installs it. */
export async function needOptuna(context: Context): Promise<string> {
  if (!process.env.COURSE_OPTUNA_PYTHON) await needFrameworks(context);
  return optunaPython() ?? context.skip();
}

/** Runs a script of this folder and parses the JSON that it prints last. */
export async function runOptuna(
  python: string,
  script: string,
  args: readonly (string | number)[] = [],
): Promise<unknown> {
  const { stdout } = await run(python, [join(__dirname, script), ...args.map(String)], {
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout.trimEnd().split('\n').pop() ?? '');
}

/** Where a figure was measured. */
export function machine(): Readonly<Record<string, string | number>> {
  return {
    cpu: cpus()[0].model.trim(),
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${systemName()} ${release()} ${process.arch}`,
    node: process.versions.node,
  };
}
