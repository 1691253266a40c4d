import { writeSync } from 'node:fs';
import { createRandom } from '../../random';
import { Bridge } from './bridge';
import { runCode } from './run-code';

/**
 * A process of its own for one answer: `node answer-process.js ROOT`, the line to the tests on the descriptors 3 and 4. All
 * in it belongs to the student's code, this file included: nothing that it says is believed on the other side.
 */
function main(): void {
  const [root] = process.argv.slice(2);
  process.on('uncaughtException', () => undefined); // a notebook's kernel lives on after an error in a timer, too
  Math.random = createRandom('answer').uniform; // the same submission, the same grade
  Object.defineProperty(process, 'reallyExit', { value: exitAtOnce });
  const bridge = new Bridge({
    input: 3,
    output: 4,
    caution: false,
    timeLeftMs: () => Number.POSITIVE_INFINITY,
  });
  bridge.onLoss(() => process.exit());
  bridge.hello();
  const start = bridge.waitFor('start');
  bridge.answer(start, ([code]) => runCode(String(code), { root }));
}

/** The thread that reads the line cannot be woken, and an ordinary exit would wait for it. */
function exitAtOnce(code: number): void {
  writeSync(2, `\nexit code ${code}\n`);
  process.kill(process.pid, 'SIGKILL');
}

main();
