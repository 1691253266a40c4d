import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { extname, join } from 'node:path';
import { courseRoot, dataFolder } from '../../paths';
import type { GradeLimits } from '../grades';

export interface AnswerOptions {
  /** The course's folder. */
  readonly root: string;
  readonly limits: Required<GradeLimits>;
  /** Descriptors of the pipes to and from the tests. */
  readonly input: number;
  readonly output: number;
  /** A folder of the tests that the answer may read. */
  readonly fixtures: string;
  /** Runs the answer as a plain process, which may do whatever the user may. */
  readonly unsafe: boolean;
}

/** Why answers cannot be kept apart from this machine, and what to do about it; undefined where they can. */
export function sandboxProblem(): string | undefined {
  problem ??= findProblem() ?? '';
  return problem || undefined;
}

let problem: string | undefined;

function findProblem(): string | undefined {
  const elsewhere = 'grade in a container or virtual machine of its own with --unsafe';
  if (process.platform !== 'linux')
    return `answers of students can be kept apart on Linux only; ${elsewhere}, or use Linux`;
  if (spawnSync('bwrap', ['--version']).error)
    return `bubblewrap is not installed; install it (Debian: apt install bubblewrap), or ${elsewhere}`;
  const command = [...isolation(defaultDiskBytes), ...system(), ...sealed, node(), '-e', '0'];
  const { status, stderr } = spawnSync('bwrap', command, { encoding: 'utf8', timeout: 20_000 });
  if (status === 0) return undefined;
  const reason = stderr.trim().split('\n')[0] || `it ended with ${status}`;
  return `bubblewrap does not work here (${reason}); allow user namespaces, or ${elsewhere}`;
}

const defaultDiskBytes = 2 ** 20;

/** Starts a process that waits for an answer; kill it to end all that the answer started. */
export function startAnswer(options: AnswerOptions): ChildProcess {
  const { root, limits, input, output, unsafe, fixtures } = options;
  const extension = extname(__filename);
  const fromSource = extension === '.ts' ? ['-r', require.resolve('ts-node/register/transpile-only')] : [];
  // No less than all memory: near its own limit V8 collects garbage for many seconds before it gives up.
  const heapMiB = Math.ceil(limits.memoryBytes / 2 ** 20);
  const command = [
    node(),
    `--max-old-space-size=${heapMiB}`,
    ...fromSource,
    join(__dirname, `answer-process${extension}`),
    root,
  ];
  const stdio = ['ignore', 'ignore', 'pipe', input, output] as const;
  if (unsafe) {
    return spawn(command[0], command.slice(1), {
      stdio: [...stdio],
      cwd: fixtures,
      env: environment(fixtures),
      detached: true, // a group of its own, to be killed as a whole
    });
  }
  const variables = Object.entries(environment('/tmp')).flatMap(([name, value]) => ['--setenv', name, value]);
  const wrapped = [
    ...isolation(limits.diskBytes),
    ...system(),
    ...course(root),
    ...['--ro-bind', fixtures, fixtures],
    ...[...sealed, '--chdir', '/tmp'],
    ...variables,
    ...command,
  ];
  const [file, ...args] = [...resourceLimits(limits), 'bwrap', ...wrapped];
  return spawn(file, args, { stdio: [...stdio], env: { PATH: process.env.PATH } });
}

/** Nothing of the machine: no network, no other processes, no environment, an empty folder to write to. */
function isolation(diskBytes: number): string[] {
  knowsUsers ??= spawnSync('bwrap', ['--help'], { encoding: 'utf8' }).stdout.includes('--disable-userns');
  return [
    ...['--unshare-all', '--unshare-user', '--uid', '65534', '--gid', '65534'],
    ...(knowsUsers ? ['--disable-userns'] : []), // since 0.8; without, a kernel's fault is nearer
    ...['--die-with-parent', '--new-session', '--clearenv', '--hostname', 'answer'],
    ...['--proc', '/proc', '--dev', '/dev', '--size', String(diskBytes), '--tmpfs', '/tmp'],
  ];
}

let knowsUsers: boolean | undefined;

/**
 * What was set up can no longer be written to. Of `/proc`, root's settings of the kernel are meant: they ask for the user,
 * not for a capability, and a program for core dumps named there would run outside.
 */
const sealed = ['/proc', '/dev', '/'].flatMap((path) => ['--remount-ro', path]);

/** Node itself and the libraries that it and TensorFlow load. */
function system(): string[] {
  const folders = ['/lib', '/lib64', '/usr/lib', '/usr/lib64', '/nix/store', '/gnu/store'];
  const files = ['/etc/ld.so.cache', node()];
  return [...folders, ...files].filter((path) => existsSync(path)).flatMap(readOnly);
}

/** What an answer imports: the built library, packages, the native tensor library, datasets. No tests, no solutions. */
function course(root: string): string[] {
  const own = courseRoot();
  const data = ['cifar-10-batches-bin', 'fashion-mnist', 'mobilenet_v1_0.25_224', 'pretrained'];
  const shared = [
    ...[
      'lib',
      'node_modules',
      'package.json',
      'tsconfig.json',
      '.course/native',
      '.course/native-probe.json',
    ].map((name) => join(own, name)),
    ...data.map((name) => join(dataFolder(), name)),
  ];
  return [
    ...shared.filter((path) => existsSync(path)).flatMap(readOnly),
    ...[own, root].flatMap((folder) => ['--dir', join(folder, 'notebooks')]),
  ];
}

function readOnly(path: string): string[] {
  return ['--ro-bind', path, path];
}

function node(): string {
  return realpathSync(process.execPath);
}

function environment(scratch: string): Record<string, string> {
  return {
    HOME: scratch,
    TMPDIR: scratch,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    COURSE_THREADS: '1',
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    TF_CPP_MIN_LOG_LEVEL: '3',
    COURSE_DATA: dataFolder(),
    TS_NODE_PROJECT: join(courseRoot(), 'tsconfig.json'),
  };
}

/** The kernel's own limits, where there is a tool to set them: a second line behind the watching. */
function resourceLimits({ memoryBytes, diskBytes }: Required<GradeLimits>): string[] {
  hasPrlimit ??= spawnSync('prlimit', ['--version']).status === 0;
  // Data: what is written to, not what is reserved. Stacks of threads count whole, so there is a margin.
  const data = 2 * memoryBytes + 2 ** 30;
  return hasPrlimit
    ? ['prlimit', '--core=0', `--data=${data}`, `--fsize=${diskBytes}`, '--nofile=512', '--']
    : [];
}

let hasPrlimit: boolean | undefined;
