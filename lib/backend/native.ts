import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { cpus } from 'node:os';
import { dirname, extname, join } from 'node:path';
import type { KernelBackend } from '@tensorflow/tfjs';
import { CourseError } from '../errors';
import { courseRoot, stateFolder } from '../paths';
import type { WorkingBackend } from './report';
import { threadLimit } from './threads';

/** Whether a tfjs-node folder computes on this computer, found out in a process of its own. */
export type NativeProbe =
  | { readonly ok: true; readonly device: string; readonly onGpu: boolean; readonly version: string }
  | { readonly ok: false; readonly reason: string };

/** TensorFlow's native binding, as far as the course looks at it. */
interface Binding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

const npmNames = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/**
 * The folder of tfjs-node as npm installed it, the GPU's first; undefined where there is none. It goes by the name in
 * package.json: `node_modules/@tensorflow/tfjs-node` may be plain tfjs that another package asked for under that name.
 */
export function npmNativeFolder(root = courseRoot()): string | undefined {
  return npmNames
    .map((name) => join(root, 'node_modules', name))
    .find((folder) => npmNames.includes(packageJson(folder)?.name ?? ''));
}

/** The folder of the tfjs-node that the set-up built; undefined where it did not. */
export function builtNativeFolder(): string | undefined {
  const folder = join(stateFolder(), 'native', 'tfjs-node');
  return bindingFile(folder) && folder;
}

/**
 * Tries a native backend in a process of its own, since one made for another processor ends the process that loads it.
 * A success is remembered in `.course/`, so that later starts need no such process.
 *
 * @param cacheFile Where successes are remembered; none with `null`.
 */
export async function probeNative(
  folder: string,
  {
    cacheFile = join(stateFolder(), 'native-probe.json'),
    timeoutMs = 120_000,
  }: { cacheFile?: string | null; timeoutMs?: number } = {},
): Promise<NativeProbe> {
  const file = bindingFile(folder);
  if (!file) return { ok: false, reason: `no native library in ${folder}` };
  const { mtimeMs, size } = statSync(file);
  const gpuDriver = existsSync('/proc/driver/nvidia/version');
  const key = [file, mtimeMs, size, process.versions.node, process.arch, cpus()[0]?.model, gpuDriver].join(
    ' ',
  );
  const cache = cacheFile ? readCache(cacheFile) : {};
  if (cache[key]?.ok) return cache[key];

  const probe = await runProbe(folder, timeoutMs);
  if (probe.ok && cacheFile) {
    mkdirSync(dirname(cacheFile), { recursive: true });
    const temporary = `${cacheFile}.${process.pid}`;
    writeFileSync(temporary, JSON.stringify({ ...readCache(cacheFile), [key]: probe }, null, 2));
    renameSync(temporary, cacheFile);
  }
  return probe;
}

function runProbe(folder: string, timeoutMs: number): Promise<NativeProbe> {
  const script = join(__dirname, `probe${extname(__filename)}`);
  const loader = extname(__filename) === '.ts' ? ['-r', 'ts-node/register'] : [];
  return new Promise((resolve) => {
    const options = {
      timeout: timeoutMs,
      cwd: courseRoot(),
      env: { ...process.env, ...quickStart() },
      windowsHide: true,
    };
    execFile(process.execPath, [...loader, script, folder], options, (error, stdout, stderr) => {
      const answer = /^\{.*\}$/m.exec(stdout)?.[0];
      if (answer) return resolve(JSON.parse(answer) as NativeProbe);
      const lines = stderr.trim().split('\n');
      const message = lines.find((line) => /Error:/.test(line)) ?? lines.at(-1);
      resolve({
        ok: false,
        reason: error?.signal ? `the process ended with ${error.signal}` : message || 'no answer',
      });
    });
  });
}

/**
 * What TensorFlow reads from the environment when it is loaded: only errors in its log, oneDNN's kernels, and for each
 * session the number of threads that it asks for, instead of the first one's number for all.
 */
function quickStart(): Record<string, string> {
  const {
    TF_CPP_MIN_LOG_LEVEL = '2',
    TF_ENABLE_ONEDNN_OPTS = '1',
    TF_OVERRIDE_GLOBAL_THREADPOOL = '1',
  } = process.env;
  return { TF_CPP_MIN_LOG_LEVEL, TF_ENABLE_ONEDNN_OPTS, TF_OVERRIDE_GLOBAL_THREADPOOL };
}

let graphSession: { readonly file: string; readonly onGpu: boolean } | { readonly reason: string } = {
  reason: 'the native backend is not in use',
};
let vectors: string | undefined;

/**
 * The module that runs whole TensorFlow graphs, `lib/native/graph-session.cc`. Throws a CourseError that says why where
 * there is none.
 */
export function graphSessionModule(): unknown {
  if ('reason' in graphSession) throw new CourseError(graphSession.reason);
  return require(graphSession.file);
}

/**
 * The vectors for which graphs may use the operations of `lib/native/convolutions.cc`: `avx512_bf16`, which also multiplies
 * in bfloat16, `avx512` or `avx2`. Undefined on other processors, on a GPU, and with `COURSE_CONVOLUTIONS=0`.
 */
export function convolutionVectors(): string | undefined {
  if ('reason' in graphSession || graphSession.onGpu || process.env.COURSE_CONVOLUTIONS === '0')
    return undefined;
  const module = graphSessionModule() as { loadConvolutions(folder: string): string };
  vectors ??= module.loadConvolutions(dirname(graphSession.file));
  return vectors || undefined;
}

/** Loads a native backend into this process and registers it as `tensorflow`; the current backend stays. */
export async function loadNative(folder: string): Promise<WorkingBackend> {
  const tf = await import('@tensorflow/tfjs');
  Object.assign(process.env, quickStart());
  restoreRemovedUtil();
  const file = bindingFile(folder);
  if (!file) throw new Error(`no native library in ${folder}`);
  const quietLoad = join(dirname(file), 'quiet_load.node'); // only beside the binding that the set-up compiled
  if (existsSync(quietLoad)) require(quietLoad);
  const binding = require(file) as Binding;
  const session = join(dirname(file), 'graph_session.node'); // only beside the binding that the set-up compiled
  const onGpu = binding.isUsingGpuDevice();
  graphSession = existsSync(session)
    ? { file: session, onGpu }
    : { reason: 'whole graphs need the native backend that the set-up builds; run: npm run setup' };
  const name = packageJson(folder)?.name ?? '';
  if (!tf.findBackendFactory('tensorflow')) {
    // Not the package's index.js: it would also look for its library elsewhere and select itself.
    require(join(folder, 'dist', 'register_all_kernels.js'));
    const { NodeJSKernelBackend } = require(join(folder, 'dist', 'nodejs_kernel_backend.js')) as {
      NodeJSKernelBackend: new (binding: Binding, packageName: string) => KernelBackend;
    };
    tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, name), 3);
  }
  return {
    name: 'native',
    tfBackend: 'tensorflow',
    device: onGpu ? await gpuName() : `CPU, ${threadLimit()} threads`,
    onGpu,
    version: `TensorFlow ${binding.TF_Version}`,
    warnings: [],
  };
}

/** A GPU package or a GPU that has no part in the computation: it works, only not as it was meant. */
export function nativeWarnings(
  folder: string,
  { onGpu }: { onGpu: boolean },
  hasGpu = existsSync('/proc/driver/nvidia/version'),
): string[] {
  if (onGpu) return [];
  const name = packageJson(folder)?.name;
  if (name === '@tensorflow/tfjs-node-gpu')
    return [`${name} is installed, but it finds no GPU it can use and computes on the CPU`];
  return hasGpu
    ? ['there is an NVIDIA GPU, but TensorFlow computes on the CPU; see `npx course doctor`']
    : [];
}

/** tfjs-node 4.22 calls two functions that Node 22 warns of and Node 23 removed: https://github.com/tensorflow/tfjs/issues/8609 */
function restoreRemovedUtil(): void {
  const removed: Record<string, (value: unknown) => boolean> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  const module = require('node:util') as Record<string, unknown>;
  for (const [name, replacement] of Object.entries(removed)) module[name] = replacement;
}

function gpuName(): Promise<string> {
  return new Promise((resolve) => {
    execFile('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], (error, stdout) => {
      resolve((!error && stdout.split('\n')[0].trim()) || 'GPU');
    });
  });
}

function bindingFile(folder: string): string | undefined {
  const lib = join(folder, 'lib');
  if (!existsSync(lib)) return undefined;
  const versions = readdirSync(lib).filter((name) => /^napi-v\d+$/.test(name));
  const newest = versions.sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)));
  return newest.map((version) => join(lib, version, 'tfjs_binding.node')).find((file) => existsSync(file));
}

function packageJson(folder: string): { name?: string; version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function readCache(file: string): Record<string, NativeProbe> {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
