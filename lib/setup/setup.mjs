// `npm run setup`: makes everything that the course needs, or says within a second that all is there.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildStep } from './build.mjs';
import { kernelStep } from './kernel.mjs';
import { acquireLock } from './lock.mjs';
import { nativeStep } from './native.mjs';
import { packagesStep } from './packages.mjs';
import { logFile, stateFolder } from './paths.mjs';
import { pythonStep } from './python.mjs';
import { createReport, SetupError, seconds } from './report.mjs';
import { stopAll } from './run.mjs';

/**
 * What the set-up does, in order; a step uses what those before it made.
 *
 * @param {{ retry?: boolean }} [options]
 */
export function steps({ retry = true } = {}) {
  return [packagesStep, pythonStep, kernelStep, buildStep, nativeStep({ retry })];
}

/**
 * Runs each step that has work to do; throws a `SetupError` with the remedy where one cannot succeed.
 *
 * @param {{ quiet?: boolean, retry?: boolean }} [options] `quiet` says nothing of steps that are done already; without
 *   `retry`, a native backend that could not be built before is not tried again.
 */
export async function setup({ quiet = false, retry = true } = {}) {
  const started = performance.now();
  const report = createReport({ quiet });
  requireNode(process.versions.node);
  const lock = await acquireLock(join(stateFolder, 'setup.lock'), {
    onWait: (holder) => report.say(`Another set-up is running (${holder}); waiting for it.`),
  });
  const interrupted = (/** @type {NodeJS.Signals} */ signal) => {
    stopAll();
    lock.release();
    console.error('\nInterrupted; run it again to go on.');
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    rmSync(logFile, { force: true });
    for (const step of [packagesStep, pythonStep, kernelStep, buildStep, nativeStep({ retry })])
      await report.step(step);
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    lock.release();
  }
  if (!quiet) report.say(`Ready after ${seconds(performance.now() - started)}`);
}

/**
 * Refuses a Node that the course's packages do not run on.
 *
 * @param {string} version
 */
export function requireNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(
      `The course needs Node 20.19 or newer, this is ${version}; install one from https://nodejs.org`,
    );
  }
}

/**
 * Runs a command's main function: a mistake of the surroundings is shown as one message.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await runMain(() => setup());
