// Runs a program: its output goes to a log and, line by line, to whoever shows the progress.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { SetupError } from './report.mjs';

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Stops the programs that are still running: for the handler of an interrupted set-up. */
export function stopAll() {
  for (const child of running) child.kill('SIGTERM');
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [log] A file that receives all output.
 * @property {(line: string) => void} [onLine]
 *
 * @typedef {object} Finished
 * @property {number | null} code The exit code; null where a signal ended the program.
 * @property {string} stdout
 * @property {string} output Standard output and error in the order they came.
 */

/**
 * Resolves when the program has ended, whatever its exit code; throws a `SetupError` where it cannot be started.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Finished>}
 */
export function run(program, args, { cwd, env = process.env, log, onLine } = {}) {
  return new Promise((resolve, reject) => {
    if (log) appendFileSync(log, `\n$ ${program} ${args.join(' ')}\n`);
    const child = spawn(program, args, {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Windows starts .cmd files only through a shell.
      shell: program.endsWith('.cmd'),
      windowsHide: true,
    });
    running.add(child);
    let stdout = '';
    let output = '';
    /** @param {string} text */
    const take = (text) => {
      output += text;
      if (log) appendFileSync(log, text);
      const line = text.trim().split('\n').pop()?.trim();
      if (line) onLine?.(line);
    };
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      take(text);
    });
    child.stderr.setEncoding('utf8').on('data', take);
    child.on('error', (error) => {
      running.delete(child);
      reject(new SetupError(`${program}: cannot be started (${error.message})`));
    });
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code, stdout, output });
    });
  });
}

/**
 * Like `run`, but a failure throws with the end of the output.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions & { remedy: string }} options
 */
export async function mustRun(program, args, { remedy, ...options }) {
  const finished = await run(program, args, options);
  if (finished.code !== 0) {
    throw new SetupError(`${lastLines(finished.output, 12)}\n${remedy}`);
  }
  return finished;
}

/** @param {string} text @param {number} count */
export function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
