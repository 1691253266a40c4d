// Step 4: the library of the course, compiled to lib/dist, from where the notebooks import it.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { logFile, root } from './paths.mjs';
import { SetupError } from './report.mjs';
import { run } from './run.mjs';
import { keyOf, readStamp, writeStamp } from './stamps.mjs';

const lib = join(root, 'lib');
const dist = join(lib, 'dist');
const stampFile = join(dist, '.course-stamp.json');
const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');

/** @type {import('./report.mjs').Step} */
export const buildStep = {
  name: 'Course library',
  why: 'compiles lib/ so that notebooks can import it',
  fresh() {
    const sources = sourceFiles(lib);
    const complete = sources.every((file) => existsSync(join(dist, file.replace(/\.ts$/, '.js'))));
    return complete && readStamp(stampFile, buildKey(sources))
      ? { detail: `${sources.length} modules` }
      : undefined;
  },
  async work() {
    const sources = sourceFiles(lib);
    const key = buildKey(sources); // before compiling: a file saved meanwhile makes the next set-up compile again
    if (!sources.every((file) => existsSync(join(dist, file.replace(/\.ts$/, '.js'))))) {
      rmSync(join(dist, '.tsbuildinfo'), { force: true }); // tsc writes only what it believes to be missing
    }
    removeStale(dist, new Set(sources));
    const { code, output } = await run(process.execPath, [compiler, '-p', lib, '--pretty', 'false'], {
      cwd: root,
      log: logFile,
    });
    if (!existsSync(join(dist, 'errors.js')))
      throw new SetupError(`the library could not be compiled:\n${output}`);
    if (code !== 0) {
      const errors = output.split('\n').filter((line) => line.includes(': error TS'));
      // What tsc wrote still runs: a half-done edit must not keep anybody from the notebooks.
      return {
        detail: `${sources.length} modules`,
        warning: `${errors.length} type errors, the first: ${errors[0]}`,
      };
    }
    writeStamp(stampFile, { key });
    return { detail: `${sources.length} modules` };
  },
};

/**
 * The `.ts` files below a folder, relative to it, without `dist`.
 *
 * @param {string} folder
 */
export function sourceFiles(folder) {
  return filesBelow(folder).filter((file) => file.endsWith('.ts') && !file.startsWith(`dist/`));
}

/** @param {readonly string[]} sources */
function buildKey(sources) {
  const files = [
    ...sources.map((file) => join(lib, file)),
    join(lib, 'tsconfig.json'),
    join(root, 'tsconfig.json'),
  ];
  /** @type {Record<string, string>} */
  const inputs = {};
  for (const file of [...files, compiler]) {
    const { mtimeMs, size } = statSync(file);
    inputs[relative(root, file)] = `${mtimeMs} ${size}`;
  }
  return keyOf(inputs);
}

/**
 * Deletes outputs whose source is gone, so that nothing imports a module that no longer exists.
 *
 * @param {string} outputs
 * @param {ReadonlySet<string>} sources
 */
export function removeStale(outputs, sources) {
  if (!existsSync(outputs)) return;
  for (const file of filesBelow(outputs)) {
    const source = file.replace(/(\.d\.ts|\.js\.map|\.js)$/, '.ts');
    if (source !== file && !sources.has(source)) rmSync(join(outputs, file));
  }
}

/**
 * @param {string} folder
 * @param {string} [below]
 * @returns {string[]}
 */
function filesBelow(folder, below = '') {
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory())
      return entry.name === 'node_modules' || path === 'dist' ? [] : filesBelow(folder, path);
    return [path];
  });
}
