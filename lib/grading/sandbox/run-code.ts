import { Console } from 'node:console';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { runInThisContext } from 'node:vm';

/**
 * What compiled code (CommonJS) exports, once it ran. Imports resolve as in a notebook, `course/...` to the built library;
 * what it prints is lost.
 */
export async function runCode(code: string, { root }: { readonly root: string }): Promise<object> {
  const require = createRequire(join(root, 'notebooks', 'answer.js'));
  const exports: Record<string, unknown> = {};
  const wrapped = `(async function (exports, require, console) {${code}\n})`;
  await runInThisContext(wrapped, { filename: 'answer.ts' })(exports, require, new Console(new Sink()));
  return exports;
}

/** Swallows what is written to it. */
class Sink extends Writable {
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}
