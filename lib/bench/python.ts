import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CourseError } from '../errors';
import { courseRoot, stateFolder } from '../paths';

/** The parts of the set-up that also serve here. */
interface SetupModules {
  findPython(): Promise<{ program: string; args: string[]; version: string }>;
  pip(python: string, args: readonly string[], options: { progress?: (text: string) => void }): Promise<void>;
  mustRun(program: string, args: readonly string[], options: { remedy: string }): Promise<unknown>;
  hashOf(file: string): string;
  keyOf(inputs: Readonly<Record<string, string | number>>): string;
  readStamp(file: string, key: string): object | undefined;
  writeStamp(file: string, stamp: { key: string; [name: string]: string }): void;
}

/** Where the peers' Python is, or will be. */
export function benchPython(): string {
  const venv = join(stateFolder(), 'bench-venv');
  return process.platform === 'win32' ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python');
}

/**
 * Makes the peers' Python environment where it is missing or older than its requirements: about 2.7 GB on disk, and a
 * minute or more. Throws a CourseError with the cause where pip or the network fails.
 */
export async function preparePython(onProgress?: (text: string) => void): Promise<string> {
  const setup = await setupModules();
  const venv = join(stateFolder(), 'bench-venv');
  const requirements = join(courseRoot(), 'lib', 'bench', 'requirements.txt');
  const stampFile = join(venv, '.course-stamp.json');
  const key = setup.keyOf({
    requirements: setup.hashOf(requirements),
    folder: venv,
    platform: process.platform,
  });
  if (setup.readStamp(stampFile, key) && existsSync(benchPython())) return benchPython();
  onProgress?.('installing TensorFlow, PyTorch and ONNX Runtime in .course/bench-venv (2.7 GB, once)');
  try {
    const python = await setup.findPython();
    rmSync(venv, { recursive: true, force: true });
    await setup.mustRun(python.program, [...python.args, '-m', 'venv', venv], { remedy: '' });
    await setup.pip(benchPython(), ['install', '-r', requirements], { progress: onProgress });
    setup.writeStamp(stampFile, { key, python: python.version });
    return benchPython();
  } catch (error) {
    const cause = (error as Error).message
      .split('\n')
      .filter((line) => /\berror\b|Error|needs Python|cannot/i.test(line))[0];
    throw new CourseError(
      `not installed: ${cause?.trim() ?? 'pip failed'}; the whole output is in .course/setup.log`,
    );
  }
}

/** Adds the packages of a requirements file to the peers' Python environment, which has to be there. */
export async function addPackages(requirements: string): Promise<void> {
  const setup = await setupModules();
  await setup.pip(benchPython(), ['install', '-r', requirements], {});
}

async function setupModules(): Promise<SetupModules> {
  const load = (name: string) => import(pathToFileURL(join(courseRoot(), 'lib', 'setup', name)).href);
  const parts = await Promise.all(['python.mjs', 'run.mjs', 'stamps.mjs'].map(load));
  return Object.assign({}, ...parts);
}
