// `npm test`: the set-up where something is missing, the style, the types, then the tests. With arguments, such as
// `npm test -- test/data`, only those tests. All parts run; the exit code is the first failure's. `--frameworks` installs
// Keras, TensorFlow, PyTorch and ONNX Runtime where they are missing, so that no test against them is left out.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { npmCommand } from './packages.mjs';
import { root } from './paths.mjs';
import { seconds } from './report.mjs';
import { runMain, setup } from './setup.mjs';

/** @param {string} path */
const installed = (path) => join(root, 'node_modules', path);

/** @type {import('node:child_process').ChildProcess | undefined} */
let current;

/**
 * Runs one part and says how long it took; gives its exit code.
 *
 * @param {string} name
 * @param {readonly string[]} command
 * @returns {Promise<number>}
 */
function part(name, [program, ...args]) {
  const started = performance.now();
  return new Promise((resolve) => {
    current = spawn(program, args, { cwd: root, stdio: 'inherit', shell: program.endsWith('.cmd') });
    current.on('error', (error) => {
      console.error(error.message);
      resolve(1);
    });
    current.on('exit', (code, signal) => {
      if (name)
        console.log(
          `${code === 0 ? '✓' : '✗'} ${name.padEnd(20)}${seconds(performance.now() - started).padStart(8)}`,
        );
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}

async function main() {
  const given = process.argv.slice(2);
  const chosen = given.filter((argument) => argument !== '--frameworks');
  if (chosen.length < given.length) process.env.COURSE_FRAMEWORKS = '1';
  const started = performance.now();
  await setup({ quiet: true, retry: false });
  console.log(`✓ ${'Set-up'.padEnd(20)}${seconds(performance.now() - started).padStart(8)}`);
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
    process.on(signal, () => current?.kill(signal));

  const codes = [];
  if (chosen.length === 0) {
    codes.push(await part('Style', [process.execPath, installed('@biomejs/biome/bin/biome'), 'ci', '.']));
    codes.push(await part('Types', [...npmCommand(), 'run', '--silent', 'typecheck']));
  }
  // Several files at once: half of the tests wait for processes that they started.
  const jobs = Math.min(Math.max(availableParallelism(), 2), 4);
  const parallel = chosen.length === 0 ? ['--parallel', '--jobs', String(jobs)] : [];
  // The tests' own closing counts come last, so their time is in them and not in a line of ours.
  const reporter = join(root, 'lib', 'setup', 'mocha-reporter.cjs');
  codes.push(
    await part('', [
      ...[process.execPath, installed('mocha/bin/mocha.js'), '--reporter', reporter],
      ...parallel,
      ...chosen,
    ]),
  );
  process.exitCode = codes.find((code) => code !== 0) ?? 0;
}

await runMain(main);
