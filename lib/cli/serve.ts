import { once } from 'node:events';
import { isIPv4 } from 'node:net';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { FastifyInstance } from 'fastify';
import { CourseError } from '../errors';
import { buildServer, type EngineName, engineNames } from '../serving';
import { logTo } from '../serving/log-file';
import { defaultModelFolder, positiveInteger } from './options';

interface ServeOptions {
  readonly host: string;
  readonly port: number;
  readonly insecure?: boolean;
  readonly engine: EngineName | 'auto';
  readonly workers: number;
  readonly maxBatchSize: number;
  readonly batchTimeoutMicros: number;
  readonly maxEnqueuedBatches: number;
  readonly maxBodyBytes: number;
  readonly maxPixels: number;
  readonly rateLimit?: number;
  readonly drainSeconds: number;
  readonly logLevel: string;
}

/** `course serve`: a model as a service, until SIGTERM or Ctrl-C. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('answer requests with a model: pictures, TensorFlow Serving, Open Inference Protocol')
    .argument('[model]', 'a model, a run, or a folder of NAME/VERSION (default: the newest run)')
    .option('--host <address>', 'where to listen; other than this machine needs COURSE_TOKEN', '127.0.0.1')
    .option('--port <n>', 'where to listen; 0 for any that is free', wholeNumber, 8501)
    .option('--insecure', 'listen to other machines without a token')
    .addOption(
      new Option('--engine <name>', 'what computes').choices(['auto', ...engineNames]).default('auto'),
    )
    .option('--workers <n>', 'processes that compute, each with its share of the cores', positiveInteger, 1)
    .option('--max-batch-size <n>', 'images computed at once, and in one request', positiveInteger, 64)
    .option('--batch-timeout-micros <n>', 'how long a batch waits for more requests', wholeNumber, 0)
    .option('--max-enqueued-batches <n>', 'batches that may wait before 503', positiveInteger, 16)
    .option('--max-body-bytes <n>', 'largest request', positiveInteger, 8 * 2 ** 20)
    .option('--max-pixels <n>', 'largest picture', positiveInteger, 50_000_000)
    .option('--rate-limit <n>', 'requests a minute from one address (default: any number)', positiveInteger)
    .option('--drain-seconds <n>', 'how long requests under way may take at the end', positiveInteger, 30)
    .addOption(
      new Option('--log-level <level>', 'lines of JSON on standard error')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info'),
    )
    .action(serve);
}

async function serve(model: string | undefined, options: ServeOptions): Promise<void> {
  const { host, port, engine, workers, maxBodyBytes, maxPixels, rateLimit, logLevel } = options;
  const { maxBatchSize, batchTimeoutMicros, maxEnqueuedBatches } = options;
  process.stdout.on('error', () => undefined); // a full disk, a reader that is gone: no reason to end
  const token = takeToken();
  if (!token && !options.insecure && !isLoopback(host)) {
    throw new CourseError(
      `${host}: other machines could use this server; set COURSE_TOKEN to what they must send, or say --insecure`,
    );
  }
  const folder = model ?? (await defaultModelFolder('cifar10'));
  const server = await buildServer({
    folder,
    servable: { engine, workers, batching: { maxBatchSize, batchTimeoutMicros, maxEnqueuedBatches } },
    token,
    rateLimit,
    maxBodyBytes,
    maxPixels,
    logger: { level: logLevel, stream: logTo(2) },
  });
  const address = await server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    throw new CourseError(
      `${host}:${port}: cannot listen: ${error.code ?? error.message}; try another --port`,
    );
  });
  console.log(`listening at ${address}, loading ${folder}`);
  const stopped = signalled();
  try {
    const started = server.models.start().then(() => announce(server, address));
    await Promise.race([started, stopped]);
    await stopped;
  } finally {
    await drain(server, options.drainSeconds);
  }
}

function announce(server: FastifyInstance, address: string): void {
  for (const { name, version, servable } of server.models.available)
    console.log(`ready: ${name} version ${version}, computed by ${servable.engine}`);
  console.log(
    `try: curl --data-binary @picture.jpg '${address}/predict?top=3'   (documents: ${address}/docs)`,
  );
}

/** Not in the arguments, which every user of a machine can read; nor in the environment of the workers. */
function takeToken(): string | undefined {
  const { COURSE_TOKEN: token } = process.env;
  delete process.env.COURSE_TOKEN;
  if (token === undefined || token.length >= 16) return token;
  throw new CourseError(
    `COURSE_TOKEN: expected at least 16 characters, got ${token.length}; make one with: openssl rand -hex 32`,
  );
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

async function signalled(): Promise<void> {
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
}

/** Answers what was accepted, then ends; whoever still waits after `seconds` is cut off, with exit code 1. */
async function drain(server: FastifyInstance, seconds: number): Promise<void> {
  const timer = setTimeout(() => {
    server.log.warn({ seconds }, 'requests were cut off');
    process.exit(1);
  }, seconds * 1000);
  await server.close();
  clearTimeout(timer);
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number.');
  return Number(text);
}
