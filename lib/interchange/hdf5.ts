import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { CourseError } from '../errors';
import { courseRoot } from '../paths';
import type { NetworkWeight } from './network';

/** What an HDF5 file holds, as far as models need it. Paths are such as `layers/conv2d/vars/0`, `` is the file itself. */
export interface Hdf5 {
  /** The texts of each group, by its path and their name. */
  readonly attributes: ReadonlyMap<string, ReadonlyMap<string, string | readonly string[]>>;
  /** The numbers, by path; read as float32. */
  readonly arrays: ReadonlyMap<string, NetworkWeight>;
}

/** The bytes of an HDF5 file. */
export function writeHdf5(content: Hdf5): Promise<Uint8Array> {
  return inWorker({ task: 'write', input: content }) as Promise<Uint8Array>;
}

/**
 * Reads the groups `under` of an HDF5 file, which may come from anywhere. Compressed numbers and links to other files
 * are not read.
 * @throws CourseError when the file is damaged, or holds what cannot be read here.
 */
export async function readHdf5(
  bytes: Uint8Array,
  { under, timeoutMs = 60_000 }: { readonly under: readonly string[]; readonly timeoutMs?: number },
): Promise<Hdf5> {
  checkLength(bytes);
  return (await inWorker({ task: 'read', input: bytes, under }, timeoutMs)) as Hdf5;
}

/** Whether `bytes`, the first of a file, are those of HDF5. */
export function isHdf5(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 8)).equals(signature);
}

const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

/** The file's own word on its length tells a truncated one, without the library. */
function checkLength(bytes: Uint8Array): void {
  if (!isHdf5(bytes) || bytes.length < 48) throw new CourseError('not an HDF5 file, or one that is cut off');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const offset = bytes[8] < 2 ? 40 : 28; // of the end-of-file address, in versions 0 and 1, and in 2 and 3
  const expected = view.getBigUint64(offset, true);
  if (expected > bytes.length)
    throw new CourseError(
      `expected a file of ${expected} bytes, got ${bytes.length}: it is cut off or damaged`,
    );
}

/**
 * A thread of its own, with an own copy of the library: a file made to harm can at worst stop it or keep it busy, and
 * then it is ended.
 */
function inWorker(task: object, timeoutMs = 600_000): Promise<unknown> {
  const script = join(courseRoot(), 'lib', 'interchange', 'hdf5-worker.mjs');
  const worker = new Worker(script, { workerData: task, stdout: true, stderr: true, execArgv: [] });
  let timer: NodeJS.Timeout;
  return new Promise((resolve, reject) => {
    const fail = (cause: string) =>
      reject(new CourseError(`this HDF5 file is damaged, or has what cannot be read here: ${cause}`));
    timer = setTimeout(() => fail(`nothing came in ${timeoutMs / 1000} s`), timeoutMs);
    worker.once('message', ({ result, error }) =>
      error === undefined ? resolve(result) : fail(reasonIn(error)),
    );
    worker.once('error', (error) => fail(reasonIn(error.message)));
    worker.once('exit', () => fail('the library stopped'));
  }).finally(() => {
    clearTimeout(timer);
    return worker.terminate();
  });
}

/** The first reason: HDF5 answers with its whole stack of calls, such as `#000: H5F.c line 836 in H5Fopen(): ...`. */
function reasonIn(text: string): string {
  const [reason] = /(?<=#000: [^\n]*\(\): )[^\n]*/.exec(text) ?? text.trim().split('\n');
  return reason.replace(/[^ -~]/g, '?').slice(0, 200);
}
