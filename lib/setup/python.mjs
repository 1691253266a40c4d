// Step 2: a Python environment of the course's own, with JupyterLab in it.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { logFile, root, venvFolder, venvPython } from './paths.mjs';
import { SetupError } from './report.mjs';
import { lastLines, mustRun, run } from './run.mjs';
import { hashOf, keyOf, readStamp, writeStamp } from './stamps.mjs';

const oldest = [3, 10]; // what JupyterLab 4.6 asks for
const requirements = join(root, 'requirements.txt');
const stampFile = join(venvFolder, '.course-stamp.json');

/** @type {import('./report.mjs').Step} */
export const pythonStep = {
  name: 'Python environment',
  why: 'JupyterLab in .course/venv, apart from other Pythons (about half a minute)',
  fresh() {
    const stamp = readStamp(stampFile, venvKey());
    if (!stamp || !existsSync(venvPython)) return undefined;
    return { detail: `Python ${stamp.python}, ${pinned()}` };
  },
  async work(progress) {
    const python = await findPython();
    // An environment cannot be moved, so it is built in its place; without the stamp, written last, it is built anew.
    rmSync(venvFolder, { recursive: true, force: true });
    await mustRun(python.program, [...python.args, '-m', 'venv', venvFolder], {
      log: logFile,
      remedy: 'The Python environment could not be made; when the cause above is gone, run: npm run setup',
    });
    await pip(venvPython, ['install', '-r', requirements], { progress });
    writeStamp(stampFile, { key: venvKey(), python: python.version });
    return { detail: `Python ${python.version}, ${pinned()}` };
  },
};

function venvKey() {
  return keyOf({
    requirements: hashOf(requirements),
    folder: venvFolder,
    platform: process.platform,
    arch: process.arch,
  });
}

/** What requirements.txt pins, for people: `jupyterlab 4.6.4, plotly 7.1.0`. */
function pinned() {
  const lines = readFileSync(requirements, 'utf8').split('\n');
  return lines
    .filter((line) => /^\w/.test(line))
    .map((line) => line.trim().replace('==', ' '))
    .join(', ');
}

/**
 * `Python 3.11.7` -> [3, 11, 7]; undefined where the text is something else.
 *
 * @param {string} text
 */
export function parsePythonVersion(text) {
  const match = /^Python (\d+)\.(\d+)(?:\.(\d+))?/m.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

/** @param {readonly number[]} version */
export function isNewEnough([major, minor]) {
  return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
}

/**
 * The first Python that is new enough and can make environments.
 *
 * @param {{ env?: NodeJS.ProcessEnv, platform?: string }} [options]
 * @returns {Promise<{ program: string, args: string[], version: string }>}
 */
export async function findPython({ env = process.env, platform = process.platform } = {}) {
  const candidates = env.COURSE_PYTHON
    ? [[env.COURSE_PYTHON]]
    : platform === 'win32'
      ? [['py', '-3'], ['python'], ['python3']]
      : [['python3'], ['python']];
  const seen = [];
  for (const [program, ...args] of candidates) {
    const name = [program, ...args].join(' ');
    const answer = await run(program, [...args, '--version'], { env }).catch(() => undefined);
    const version = parsePythonVersion(answer?.output ?? '');
    if (answer?.code !== 0 || !version) {
      if (env.COURSE_PYTHON) seen.push(`COURSE_PYTHON=${name} is not a Python that runs`);
      continue;
    }
    if (!isNewEnough(version)) {
      seen.push(`${name} is ${version.join('.')}`);
      continue;
    }
    const canMake = await run(program, [...args, '-c', 'import venv, ensurepip'], { env });
    if (canMake.code !== 0) {
      seen.push(
        `${name} ${version.join('.')} has no venv module (Debian and Ubuntu: sudo apt install python3-venv)`,
      );
      continue;
    }
    return { program, args, version: version.join('.') };
  }
  throw new SetupError(
    `JupyterLab needs Python ${oldest.join('.')} or newer with its venv module; ${seen.length ? seen.join('; ') : 'no Python was found'}. ` +
      'Install one (https://www.python.org/downloads), or name it with COURSE_PYTHON=/path/to/python, and run: npm run setup',
  );
}

/**
 * pip with the user's own configuration. pip's five retries of every package can stall for minutes on an index that
 * cannot be reached; so it gets none, and the whole command is tried again where the network may be the cause.
 *
 * @param {string} python
 * @param {readonly string[]} args
 * @param {{ progress?: (text: string) => void, attempts?: number, pauseMs?: number }} [options]
 */
export async function pip(python, args, { progress, attempts = 3, pauseMs = 2000 } = {}) {
  const [command, ...rest] = args;
  const options = ['--retries', '0', '--disable-pip-version-check', '--no-input'];
  for (let attempt = 1; ; attempt++) {
    const { code, output } = await run(python, ['-m', 'pip', command, ...options, ...rest], {
      log: logFile,
      onLine: (line) => progress?.(line),
    });
    if (code === 0) return;
    if (attempt === attempts || isHopeless(output)) {
      throw new SetupError(
        `${lastLines(output, 8)}\npip could not ${command} the packages; when the cause above is gone, run: npm run setup`,
      );
    }
    progress?.(`trying again (${attempt + 1} of ${attempts})`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/**
 * Whether trying again cannot help: the disk, a permission, or a package that an index which did answer does not have.
 *
 * @param {string} output
 */
export function isHopeless(output) {
  if (/No space left|Permission denied|Errno 13|externally-managed|requires a different Python/i.test(output))
    return true;
  const network = /Retrying \(|timed? ?out|Connection|HTTP error|IncompleteRead|SSLError|ProxyError/i;
  return /No matching distribution found/.test(output) && !network.test(output);
}
