// Where things lie: the course's root and what the set-up makes inside `.course/`.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');
export const stateFolder = join(root, '.course');
export const logFile = join(stateFolder, 'setup.log');
export const venvFolder = join(stateFolder, 'venv');
export const venvPython =
  process.platform === 'win32'
    ? join(venvFolder, 'Scripts', 'python.exe')
    : join(venvFolder, 'bin', 'python');
export const kernelFolder = join(venvFolder, 'share', 'jupyter', 'kernels', 'tslab');
export const nativeFolder = join(stateFolder, 'native');
export const kernelMain = join(root, 'lib', 'kernel.js');
