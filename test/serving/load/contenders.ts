import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { courseRoot } from '../../../lib/paths';

/** A server that runs, until `stop`. */
export interface Running {
  readonly address: string;
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

/** A server to measure, in one of its settings. */
export interface Contender {
  /** Of its settings the best one counts. */
  readonly family: 'ours' | 'flask' | 'fastapi';
  readonly name: string;
  start(): Promise<Running>;
}

export interface ContenderOptions {
  /** Folder of the model, as `course serve` takes it. */
  readonly model: string;
  /** The same model, exported; each takes bytes and gives probabilities. */
  readonly keras: string;
  readonly onnx: string;
  /** JSON with `classNames`. */
  readonly description: string;
  readonly python: string;
  readonly cores: number;
}

/** Ours as it comes, and the others in each setting that might be their fastest. */
export function contenders(options: ContenderOptions): readonly Contender[] {
  const { cores } = options;
  const flask = (workers: number, threads: number): Contender => ({
    family: 'flask',
    name: `gunicorn, ${workers} x ${threads} threads`,
    start: () =>
      startPython('gunicorn', gunicorn(workers, threads), { workers, file: options.keras, options }),
  });
  const fastapi = (workers: number, { pool = false } = {}): Contender => ({
    family: 'fastapi',
    name: `uvicorn, ${workers} ${workers === 1 ? 'worker' : 'workers'}${pool ? ', thread pool' : ''}`,
    start: () => startPython('uvicorn', uvicorn(workers), { workers, pool, file: options.onnx, options }),
  });
  return [
    { family: 'ours', name: 'course serve', start: () => startOurs(options.model) },
    flask(1, 8),
    flask(cores, 1),
    flask(cores, 8),
    flask(2 * cores, 4),
    fastapi(1),
    fastapi(1, { pool: true }),
    fastapi(cores),
    fastapi(cores, { pool: true }),
    fastapi(2 * cores),
  ];
}

async function startOurs(model: string): Promise<Running> {
  const port = await freePort();
  const args = ['lib/bin.js', 'serve', model, '--port', String(port), '--log-level', 'error'];
  const child = spawn(process.execPath, args, {
    cwd: courseRoot(),
    env: { ...process.env, COURSE_TOKEN: undefined },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return ready(child, port, '/v2/health/ready');
}

/** `threads` above one keep connections open between requests; so does one, given gthread. */
const gunicorn = (workers: number, threads: number) => (port: number) => [
  ...['-w', `${workers}`, '-k', 'gthread', '--threads', `${threads}`, '--keep-alive', '30'],
  ...['-b', `127.0.0.1:${port}`, '--log-level', 'error', 'flask_keras:app'],
];

const uvicorn = (workers: number) => (port: number) => [
  ...['--workers', `${workers}`, '--host', '127.0.0.1', '--port', `${port}`, '--no-access-log'],
  ...['--log-level', 'error', '--loop', 'uvloop', '--http', 'httptools', 'fastapi_onnx:app'],
];

async function startPython(
  program: string,
  args: (port: number) => readonly string[],
  {
    workers,
    pool = false,
    file,
    options,
  }: {
    readonly workers: number;
    readonly pool?: boolean;
    readonly file: string;
    readonly options: ContenderOptions;
  },
): Promise<Running> {
  const { python, description, cores } = options;
  const port = await freePort();
  const child = spawn(join(dirname(python), program), args(port), {
    cwd: __dirname,
    env: {
      ...process.env,
      PYTHONDONTWRITEBYTECODE: '1',
      TF_CPP_MIN_LOG_LEVEL: '3',
      MODEL_FILE: file,
      MODEL_DESCRIPTION: description,
      MODEL_THREADS: String(Math.max(1, Math.floor(cores / workers))),
      MODEL_POOL: pool ? '1' : '0',
    },
    stdio: ['ignore', 'ignore', 'ignore'],
    detached: true, // its workers are its group
  });
  return ready(child, port, '/ready');
}

/** Waits until it answers; a server that ends before is an error. */
async function ready(child: ChildProcess, port: number, path: string): Promise<Running> {
  const address = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 120_000;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };
  for (;;) {
    const answer = await fetch(address + path).catch(() => undefined);
    if (answer?.ok) return { address, child, stop };
    if (child.exitCode !== null)
      throw new Error(`${child.spawnargs.join(' ')}: ended with ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`${child.spawnargs.join(' ')}: not ready after two minutes`);
    await sleep(100);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
