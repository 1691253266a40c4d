import { CourseError } from '../errors';
import { checkGradient } from './check';
import { builtNativeFolder, loadNative, nativeWarnings, npmNativeFolder, probeNative } from './native';
import {
  type BackendName,
  type BackendReport,
  backendNames,
  type SkippedBackend,
  type WorkingBackend,
} from './report';
import { loadWasm } from './wasm';
import { loadWebgpu } from './webgpu';

export interface BackendOptions {
  /** Which one must compute; the fastest that works unless given. Default: `COURSE_BACKEND`. */
  readonly backend?: BackendName;
  /** Where tfjs-node may lie, the best first. Default: as the set-up built it, then as npm installed it. */
  readonly nativeFolders?: readonly string[];
}

const chosen = new Map<string, Promise<BackendReport>>();

/**
 * Picks the engine that computes, checks it with a small gradient and selects it: native TensorFlow, else a real GPU
 * through WebGPU, else WebAssembly, else plain JavaScript. A second call returns the same report. Throws a
 * `CourseError` where the one that was asked for cannot work.
 */
export async function useBackend(options: BackendOptions = {}): Promise<BackendReport> {
  const wanted = options.backend ?? backendFromEnvironment(process.env.COURSE_BACKEND);
  const key = JSON.stringify([wanted, options.nativeFolders]);
  const pending = chosen.get(key) ?? choose(wanted, options.nativeFolders ?? nativeFolders());
  chosen.set(key, pending);
  try {
    const report = await pending;
    const tf = await import('@tensorflow/tfjs');
    if (tf.getBackend() !== report.tfBackend) await tf.setBackend(report.tfBackend);
    return report;
  } catch (error) {
    chosen.delete(key);
    throw error;
  }
}

/** The backend that `COURSE_BACKEND` names; undefined where it is not set. */
export function backendFromEnvironment(value: string | undefined): BackendName | undefined {
  if (!value) return undefined;
  const name = backendNames.find((known) => known === value);
  if (name) return name;
  throw new CourseError(`COURSE_BACKEND: expected one of ${backendNames.join(', ')}, got ${value}`);
}

function nativeFolders(): string[] {
  return [builtNativeFolder(), npmNativeFolder()].filter((folder): folder is string => folder !== undefined);
}

async function choose(wanted: BackendName | undefined, folders: readonly string[]): Promise<BackendReport> {
  const skipped: SkippedBackend[] = [];
  for (const name of wanted ? [wanted] : backendNames) {
    try {
      const working = await load(name, { forced: name === wanted, folders });
      await select(working);
      return { ...working, reason: reasonOf(name, wanted, working), skipped };
    } catch (error) {
      skipped.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const [{ reason }] = skipped;
  const others = backendNames.filter((name) => name !== wanted).join(', ');
  throw new CourseError(
    `the ${wanted} backend cannot be used: ${reason}. Others to try: COURSE_BACKEND=${others}`,
  );
}

function reasonOf(name: BackendName, wanted: BackendName | undefined, { onGpu }: WorkingBackend): string {
  if (wanted) return 'asked for';
  if (onGpu) return 'a GPU is the fastest';
  return name === 'native' ? 'native TensorFlow is the fastest on a CPU' : 'the fastest that works here';
}

function load(
  name: BackendName,
  { forced, folders }: { forced: boolean; folders: readonly string[] },
): Promise<WorkingBackend> {
  switch (name) {
    case 'native':
      return bestNative(folders);
    case 'webgpu':
      return loadWebgpu({ software: forced });
    case 'wasm':
      return loadWasm();
    case 'cpu':
      return plain();
  }
}

/** The first native backend that computes on a GPU, else the first that computes. */
async function bestNative(folders: readonly string[]): Promise<WorkingBackend> {
  if (folders.length === 0) throw new CourseError('it is not built; run: npm run setup');
  const reasons: string[] = [];
  const working: { folder: string; onGpu: boolean }[] = [];
  for (const folder of folders) {
    const probe = await probeNative(folder);
    if (probe.ok) working.push({ folder, onGpu: probe.onGpu });
    else reasons.push(probe.reason);
  }
  const best = working.find(({ onGpu }) => onGpu) ?? working[0];
  if (!best) throw new CourseError(reasons.join('; '));
  return { ...(await loadNative(best.folder)), warnings: nativeWarnings(best.folder, best) };
}

async function plain(): Promise<WorkingBackend> {
  const { version } = await import('@tensorflow/tfjs');
  return {
    name: 'cpu',
    tfBackend: 'cpu',
    device: 'CPU, 1 thread, plain JavaScript',
    onGpu: false,
    version: `tfjs-backend-cpu ${version['tfjs-core']}`,
    warnings: ['plain JavaScript is the slowest backend: training takes hours where others take minutes'],
  };
}

/** Selects and checks a backend; the one before is selected again where it fails. */
async function select({ tfBackend }: WorkingBackend): Promise<void> {
  const tf = await import('@tensorflow/tfjs');
  // In production mode plain JavaScript prints no advice to install tfjs-node, which our report replaces.
  const production = tf.env().getBool('PROD');
  if (tfBackend === 'cpu') tf.env().set('PROD', true);
  try {
    if (!(await tf.setBackend(tfBackend)))
      throw new CourseError(`TensorFlow.js could not start ${tfBackend}`);
    await checkGradient();
  } finally {
    tf.env().set('PROD', production);
  }
}
