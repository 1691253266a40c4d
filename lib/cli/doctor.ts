import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { bfloat16Instructions, useBackend } from '../backend';
import { catalogue, datasetFolder } from '../data';
import { courseRoot, stateFolder } from '../paths';
import { measure } from '../timing';
import { whyNotCompiled } from '../training';

/** One thing looked at: `missing` is needed and breaks the course, `poor` can be lived with. */
export interface Finding {
  readonly name: string;
  readonly state: 'good' | 'poor' | 'missing';
  readonly detail: string;
  /** What to do, where it is not good. */
  readonly remedy?: string;
}

/** `course doctor`: looks at everything the course needs and says what to do where something is wrong. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('check this computer and the set-up, and say what to do')
    .option('--json', 'print the findings as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await examine();
      if (json) console.log(JSON.stringify(findings, null, 2));
      else for (const finding of findings) console.log(asText(finding));
      if (findings.some(({ state }) => state === 'missing')) process.exitCode = 1;
    });
}

/** Every finding, in the order in which one needs the other. */
export async function examine(): Promise<Finding[]> {
  const parts = [
    [nodeVersion()],
    await setUp(),
    [await jupyterLab(), kernel()],
    [await engine()],
    datasets(),
    [freeDisk()],
  ];
  return parts.flat();
}

/** One line, and the remedy on a second. */
export function asText({ name, state, detail, remedy }: Finding): string {
  const mark = { good: '✓', poor: '!', missing: '✗' }[state];
  return `${mark} ${name.padEnd(20)}${detail}${remedy ? `\n  ${remedy}` : ''}`;
}

function nodeVersion(): Finding {
  return {
    name: 'Node',
    state: 'good',
    detail: `${process.versions.node}, ${process.platform} ${process.arch}`,
  };
}

/** What the set-up itself looks at: packages, Python, the compiled library; the others are examined closer below. */
async function setUp(): Promise<Finding[]> {
  const module = pathToFileURL(join(courseRoot(), 'lib', 'setup', 'setup.mjs')).href;
  const { steps } = (await import(module)) as {
    steps(): { name: string; fresh(): { detail: string; warning?: string } | undefined }[];
  };
  return steps()
    .slice(0, 4)
    .filter(({ name }) => name !== 'TypeScript kernel')
    .map(({ name, fresh }) => {
      const present = fresh();
      if (present) return { name, state: 'good', detail: present.detail };
      const stale = name === 'Course library';
      return {
        name,
        state: stale ? 'poor' : 'missing',
        detail: stale ? 'older than its sources' : 'missing or not as it should be',
        remedy: 'npm run setup',
      };
    });
}

async function jupyterLab(): Promise<Finding> {
  const name = 'JupyterLab';
  try {
    const { stdout } = await promisify(execFile)(venvPython(), ['-m', 'jupyterlab', '--version']);
    return { name, state: 'good', detail: stdout.trim() };
  } catch {
    return {
      name,
      state: 'missing',
      detail: 'does not start',
      remedy: 'delete .course/venv, then: npm run setup',
    };
  }
}

function venvPython(): string {
  const venv = join(stateFolder(), 'venv');
  return process.platform === 'win32' ? join(venv, 'Scripts', 'python.exe') : join(venv, 'bin', 'python');
}

/** The kernel is registered by absolute paths, which a moved folder or a removed Node leaves pointing nowhere. */
export function kernel(
  file = join(stateFolder(), 'venv', 'share', 'jupyter', 'kernels', 'tslab', 'kernel.json'),
): Finding {
  const name = 'TypeScript kernel';
  const remedy = 'npm run setup';
  if (!existsSync(file)) return { name, state: 'missing', detail: 'not registered', remedy };
  const { argv } = JSON.parse(readFileSync(file, 'utf8')) as { argv: string[] };
  const gone = argv.slice(0, 2).find((path) => !existsSync(path));
  if (gone) return { name, state: 'missing', detail: `${gone} is gone`, remedy };
  return { name, state: 'good', detail: `tslab with ${argv[0]}` };
}

/** The backend that really computes, and how fast: a convolution of 3 x 3, 32 to 32 channels, with its gradients. */
async function engine(): Promise<Finding> {
  const name = 'Backend';
  try {
    const { name: backend, device, version, reason, skipped, warnings } = await useBackend();
    const speed = await imagesPerSecond();
    const poor = backend === 'wasm' || backend === 'cpu' || warnings.length > 0;
    const uncompiled = whyNotCompiled();
    const bfloat16 = bfloat16Instructions() ?? 'none';
    const steps = uncompiled
      ? `training operation by operation (${uncompiled})`
      : `training by compiled steps${bfloat16 === 'none' ? '' : `, faster with --precision mixed_bfloat16 (${bfloat16})`}`;
    const notes = [...warnings, ...skipped.map((skip) => `${skip.name} is not used: ${skip.reason}`)];
    return {
      name,
      state: poor ? 'poor' : 'good',
      detail: `${backend} (${version}) on ${device}, because ${reason}; ${steps}; ${speed} images/s`,
      ...(notes.length > 0 && { remedy: notes.join('\n  ') }),
    };
  } catch (error) {
    return { name, state: 'missing', detail: (error as Error).message, remedy: 'unset COURSE_BACKEND' };
  }
}

async function imagesPerSecond(batchSize = 16): Promise<number> {
  const tf = await import('@tensorflow/tfjs');
  const images = tf.ones<import('@tensorflow/tfjs').Rank.R4>([batchSize, 32, 32, 32]);
  const filter = tf.ones<import('@tensorflow/tfjs').Rank.R4>([3, 3, 32, 32]);
  const gradients = tf.grads((x, w) => tf.conv2d(x as typeof images, w as typeof filter, 1, 'same').sum());
  try {
    const { medianMs } = await measure(async () => {
      const [dx, dw] = gradients([images, filter]);
      await Promise.all([dx.data(), dw.data()]);
      tf.dispose([dx, dw]);
    });
    return Math.round((batchSize / medianMs) * 1000);
  } finally {
    tf.dispose([images, filter]);
  }
}

function datasets(): Finding[] {
  return Object.values(catalogue).map(({ name, files }) => {
    const folder = datasetFolder(name);
    const there = files.filter((file) => existsSync(join(folder, file.name))).length;
    if (there === files.length) return { name, state: 'good', detail: `${there} files in ${folder}` };
    const detail = there === 0 ? 'not fetched yet' : `${there} of ${files.length} files`;
    return {
      name,
      state: 'poor',
      detail,
      remedy: `the first notebook fetches it, or now: npx course data ${name}`,
    };
  });
}

function freeDisk(): Finding {
  const { bavail, bsize } = statfsSync(courseRoot());
  const gigabytes = (bavail * bsize) / 1e9;
  const name = 'Free disk';
  const detail = `${gigabytes.toFixed(1)} GB`;
  if (gigabytes >= 2) return { name, state: 'good', detail };
  return { name, state: 'poor', detail, remedy: 'datasets and trained models need about 2 GB' };
}
