import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Runs a script beside this file in a process of its own; resolves to the JSON that it prints. */
export async function runApart<Result>(script: string, env: NodeJS.ProcessEnv): Promise<Result> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['-r', 'ts-node/register', join(__dirname, script)],
    {
      cwd: join(__dirname, '..', '..'),
      env: { ...process.env, ...env },
      timeout: 120_000,
    },
  );
  return JSON.parse(stdout) as Result;
}

/**
 * What names SwiftShader to a process at its start: very slow, but it computes what a graphics card would. It comes with
 * Chromium; where there is none, `missing` says so.
 */
export const softwareDriver = findSoftwareDriver();

function findSoftwareDriver(): { readonly env?: NodeJS.ProcessEnv; readonly missing: string } {
  const folder = ['/usr/lib/chromium', '/usr/lib64/chromium-browser'].find((path) =>
    existsSync(join(path, 'vk_swiftshader_icd.json')),
  );
  if (!folder) return { missing: ' (left out, no SwiftShader: apt-get install chromium)' };
  const env = { LD_LIBRARY_PATH: folder, VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json') };
  return { env, missing: '' };
}
