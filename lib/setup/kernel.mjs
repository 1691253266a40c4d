// Step 3: the TypeScript kernel, registered for the JupyterLab of the course alone.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelFolder, kernelMain } from './paths.mjs';

// `tslab install` would write the same file through IPython, but with the command `tslab`, whose first line looks for
// `node` on PATH: a JupyterLab started by another program, or after a switch of versions, would run another Node or
// none. Here the kernel runs the very Node that ran the set-up.
const file = join(kernelFolder, 'kernel.json');

/** @type {import('./report.mjs').Step} */
export const kernelStep = {
  name: 'TypeScript kernel',
  why: 'tells JupyterLab how to start tslab',
  fresh() {
    return read(file) === kernelSpec() ? { detail: `tslab on Node ${process.versions.node}` } : undefined;
  },
  async work() {
    mkdirSync(kernelFolder, { recursive: true });
    writeFileSync(`${file}.new`, kernelSpec());
    renameSync(`${file}.new`, file);
    return { detail: `tslab on Node ${process.versions.node}` };
  },
};

/** The text of kernel.json: https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs */
function kernelSpec() {
  const spec = {
    argv: [process.execPath, kernelMain, '{connection_file}'],
    display_name: 'TypeScript',
    language: 'typescript',
  };
  return `${JSON.stringify(spec, null, 2)}\n`;
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
