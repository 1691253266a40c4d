import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Context } from 'mocha';
import { benchPython, preparePython } from '../../lib/bench/python';

const run = promisify(execFile);

/**
 * For `before`: makes sure that there is a Python with Keras, TensorFlow, PyTorch and ONNX Runtime, or skips the tests.
 * The environment of `npx course bench` serves; `npm run test:frameworks` installs it where it is missing.
 */
export async function needFrameworks(context: Context): Promise<void> {
  context.timeout(15 * 60_000); // to install them; to import all of them takes a minute on a busy machine
  if (process.env.COURSE_FRAMEWORKS === '1') {
    await preparePython();
  } else if (!existsSync(benchPython())) {
    context.skip();
  }
}

/** Runs a Python script with the frameworks and parses the JSON that it prints last; its error where it fails. */
export async function runPython(script: string, args: readonly string[] = []): Promise<unknown> {
  const { stdout } = await run(benchPython(), [script, ...args], {
    env: {
      ...process.env,
      TF_CPP_MIN_LOG_LEVEL: '3',
      CUDA_VISIBLE_DEVICES: '-1',
      PYTHONDONTWRITEBYTECODE: '1',
    },
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(stdout.trimEnd().split('\n').pop() ?? '');
}
