import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Two pipes between processes that are both not this one: the answer inherits its ends, the tester opens its own by name. */
export function makePipes(scratch: string) {
  const folder = mkdtempSync(join(scratch, 'line-'));
  const [inputPath, outputPath] = [join(folder, 'to-answer'), join(folder, 'to-tester')];
  execFileSync('mkfifo', ['-m', '600', inputPath, outputPath]);
  // Open for both, so that nobody waits for the other end.
  const held = [inputPath, outputPath].map((path) => openSync(path, constants.O_RDWR));
  const toAnswer = openSync(inputPath, constants.O_RDONLY);
  const toTester = openSync(outputPath, constants.O_WRONLY);
  const closeAll = (files: number[]) => {
    for (const file of files.splice(0)) closeSync(file);
  };
  const inherited = [toAnswer, toTester];
  return {
    inputPath,
    outputPath,
    toAnswer,
    toTester,
    /** The answer has its ends. */
    handedOver: () => closeAll(inherited),
    /** The tester has its ends, or never will. */
    close: () => {
      closeAll(held);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
