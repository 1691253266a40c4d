import { Command } from 'commander';
import { CourseError } from '../errors';
import { joinTuning, parseConfig, type TrainingConfig, trainingCompute, tuneHere } from '../runs';
import { parseRedisUrl, runRedisWorker } from '../workers';
import { percent } from './format';
import { positiveNumber } from './options';
import { ProgressBar } from './progress-bar';
import { redisUrl } from './tune';

interface TuneWorkerOptions {
  readonly redis?: string | true;
  readonly queue?: string;
  readonly study?: string;
  readonly timeout?: number;
}

/** `course tune-worker`: trains trials of a study, for a coordinator at a Redis or from a journal on this machine. */
export function tuneWorkerCommand(): Command {
  return new Command('tune-worker')
    .description('train trials for course tune: on any machine with --redis, on this one with --study')
    .option('--redis [url]', 'take trials from the Redis of a course tune --redis (default: REDIS_URL)')
    .option('--queue <name>', 'the queue at Redis')
    .option('--study <file>', 'take trials from the journal of a study on this machine')
    .option('--timeout <seconds>', 'with --study: begin no trial after so many', positiveNumber)
    .action(async ({ redis, queue, study, timeout }: TuneWorkerOptions) => {
      if ((redis === undefined) === (study === undefined)) {
        throw new CourseError('tune-worker: expected --redis or --study, one of the two');
      }
      const { signal, dispose } = endWithParent();
      try {
        if (study !== undefined) await workHere(study, { timeout, signal });
        else await workAt(redis ?? true, { queue, signal });
      } catch (error) {
        if (!signal.aborted) throw error;
        process.exitCode = 130;
      } finally {
        dispose();
      }
    });
}

async function workHere(
  file: string,
  { timeout, signal }: { readonly timeout?: number; readonly signal: AbortSignal },
): Promise<void> {
  await tuneHere(joinTuning(file), {
    signal,
    timeoutMs: timeout && timeout * 1000,
    onTrial: ({ number, state, value }) =>
      console.log(`trial ${number}: ${state}${value === undefined ? '' : ` ${percent(value)}`}`),
  });
}

async function workAt(
  url: string | true,
  { queue, signal }: { readonly queue?: string; readonly signal: AbortSignal },
): Promise<void> {
  const address = parseRedisUrl(redisUrl(url));
  const bar = new ProgressBar();
  console.log(`waiting for trials at ${address.name}; Ctrl-C ends, and gives back what is under way`);
  await runRedisWorker<TrainingConfig>({
    address,
    queue,
    signal,
    parse: (job) => parseConfig(job, { source: 'the job' }),
    compute: trainingCompute({ onProgress: bar.update }),
    onState: (state) => console.log(`${address.name}: ${state === 'away' ? 'away; waiting' : 'back'}`),
    onResult: (result) => {
      bar.end();
      if (result.end === 'value') console.log(`trial: ${percent(result.value ?? Number.NaN)}`);
      else console.log(`trial: ${result.end === 'fail' ? `failed: ${result.reason}` : result.end}`);
    },
  });
}

/** A signal that aborts at Ctrl-C, and where the process that started this one as a worker is gone. */
function endWithParent(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('the worker was stopped'));
  process.on('SIGINT', stop).on('SIGTERM', stop).once('disconnect', stop);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', stop).off('SIGTERM', stop).off('disconnect', stop);
      if (process.connected) process.disconnect(); // nothing else would keep this process
    },
  };
}
