// Step 1: the npm packages, exactly as package-lock.json pins them.
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { logFile, root } from './paths.mjs';
import { SetupError } from './report.mjs';
import { lastLines, run } from './run.mjs';

/** @type {import('./report.mjs').Step} */
export const packagesStep = {
  name: 'npm packages',
  why: 'the libraries of the course, from package-lock.json (about half a minute)',
  fresh() {
    const count = installedPackages(root);
    return count === undefined ? undefined : { detail: `${count} packages, as package-lock.json has them` };
  },
  async work(progress) {
    const [program, ...args] = npmCommand();
    // ONNX Runtime would fetch 200 MB for CUDA on every Linux, and fail without a network.
    const env = { ONNXRUNTIME_NODE_INSTALL: 'skip', ...process.env };
    const options = { cwd: root, env, log: logFile, onLine: progress };
    let { code, output } = await run(program, [...args, 'ci', '--no-audit', '--no-fund'], options);
    if (code !== 0 && /EUSAGE/.test(output)) {
      // `npm ci` refuses a lock file that lacks a package which package.json asks for; `npm install` adds it.
      progress('package-lock.json is not complete; installing what it lacks');
      ({ code, output } = await run(program, [...args, 'install', '--no-audit', '--no-fund'], options));
    }
    if (code !== 0) {
      throw new SetupError(
        `${npmErrors(output)}\nnpm could not install the packages; when the cause above is gone, run: npm run setup`,
      );
    }
    return { detail: `${installedPackages(root) ?? 0} packages installed` };
  },
};

/**
 * What npm says went wrong: it comes first, before advice.
 *
 * @param {string} output
 */
export function npmErrors(output) {
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!) \S/.test(line));
  return lines.slice(0, 6).join('\n') || lastLines(output, 6);
}

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {boolean} [optional]
 * @property {boolean} [link]
 * @property {string[]} [os]
 * @property {string[]} [cpu]
 */

/**
 * How many packages are installed, or undefined where that is not what package-lock.json asks for. npm's own record
 * in node_modules is written last, so an interrupted install has none. The packages that hold binaries all use
 * Node-API: another version of Node needs no new install, another platform does.
 *
 * @param {string} folder
 * @param {{ platform?: string, arch?: string }} [options]
 */
export function installedPackages(folder, { platform = process.platform, arch = process.arch } = {}) {
  const wanted = lockedPackages(join(folder, 'package-lock.json'));
  const installed = lockedPackages(join(folder, 'node_modules', '.package-lock.json'));
  if (!wanted || !installed) return undefined;
  for (const [path, { version, optional }] of Object.entries(wanted)) {
    if (path === '') continue;
    const present = installed[path];
    if (!present && optional) continue;
    if (!present || present.version !== version) return undefined;
  }
  for (const [path, { os, cpu, link, optional }] of Object.entries(installed)) {
    if ((os && !os.includes(platform)) || (cpu && !cpu.includes(arch))) {
      if (!os?.some((name) => name.startsWith('!'))) return undefined;
    }
    if (!link && !optional && !existsSync(join(folder, path, 'package.json'))) return undefined;
  }
  return Object.keys(installed).length;
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function lockedPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** How to call npm: the one that runs this script where there is one, so that no other from PATH takes part. */
export function npmCommand() {
  const current = process.env.npm_execpath;
  if (current && basename(current) === 'npm-cli.js') return [process.execPath, current];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}
