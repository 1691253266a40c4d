import { join } from 'node:path';
import { Command, Option } from 'commander';
import { loadTrainingImages, parseDatasetName } from '../data';
import { CourseError } from '../errors';
import { type ModelName, modelNames } from '../models';
import { courseRoot, dataFolder } from '../paths';
import {
  configOfTrial,
  defaultSpace,
  openTuning,
  type PrunerName,
  parseConfig,
  parseSpace,
  prunerNames,
  recipeFor,
  type SamplerName,
  samplerNames,
  type TrainingConfig,
  withSetting,
} from '../runs';
import { coordinate, defaultWorkers, hidePasswords, parseRedisUrl, runLocalWorkers } from '../workers';
import { count } from './format';
import { readJsonFile } from './json-file';
import { commandLine, positiveInteger, positiveNumber } from './options';
import { ProgressBar } from './progress-bar';
import { reportBest, watchStudy } from './tuning-report';

interface TuneCommandOptions {
  readonly model: string;
  readonly dataset: string;
  readonly trials?: number;
  readonly timeout?: number;
  readonly sampler: SamplerName;
  readonly pruner: PrunerName;
  readonly space?: string;
  readonly images: number;
  readonly epochs: number;
  readonly set: readonly string[];
  readonly study?: string;
  readonly seed: number;
  readonly workers: number;
  readonly redis?: string | true;
  readonly queue?: string;
}

/** `course tune`: searches the settings of a training on validation images; goes on where it was interrupted. */
export function tuneCommand(): Command {
  return new Command('tune')
    .description(
      'search the best settings of a training, on validation images; goes on where it was interrupted',
    )
    .option('--model <name>', `one of: ${modelNames.join(', ')}`, 'regularized')
    .option('--dataset <name>', 'cifar10 or fashion-mnist', 'cifar10')
    .option(
      '--trials <n>',
      'ends when the study has so many (default: 20, or no limit with --timeout)',
      positiveInteger,
    )
    .option('--timeout <seconds>', 'begins no trial after so many', positiveNumber)
    .addOption(
      new Option('--sampler <name>', 'what to try next; grid: three values of a range')
        .choices(samplerNames)
        .default('tpe'),
    )
    .addOption(
      new Option('--pruner <name>', 'which trials to stop early').choices(prunerNames).default('median'),
    )
    .option(
      '--space <file>',
      'JSON: what to search (default: learning rate, batch size and what the network has beside)',
    )
    .option('--images <n>', 'training images of a trial, as many of each class', positiveInteger, 10_000)
    .option('--epochs <n>', 'most epochs of a trial', positiveInteger, 6)
    .option(
      '--set <key=value>',
      'a setting that all trials have, as in course train; may be repeated',
      (setting: string, before: readonly string[]) => [...before, setting],
      [] as readonly string[],
    )
    .option(
      '--study <file>',
      "the study's journal, which Optuna can open (default: data/studies/MODEL-DATASET.log)",
    )
    .option('--seed <n>', 'of the sampler', positiveInteger, 1)
    .option(
      '--workers <n>',
      'processes on this machine, which share its cores (default: one for each core, and each 2 GB of memory)',
      positiveInteger,
      defaultWorkers(),
    )
    .option(
      '--redis [url]',
      'let workers at a Redis train instead (default: REDIS_URL); see course tune-worker',
    )
    .option('--queue <name>', 'the queue at Redis to meet the workers in')
    .action(runTune);
}

async function runTune(options: TuneCommandOptions): Promise<void> {
  const address = options.redis === undefined ? undefined : parseRedisUrl(redisUrl(options.redis));
  const config = configOf(options);
  const space = options.space
    ? parseSpace(await readJsonFile(options.space), { source: options.space })
    : defaultSpace(config);
  const file = options.study ?? join(dataFolder(), 'studies', `${config.model}-${config.dataset}.log`);
  const tuning = openTuning(file, {
    format: 'course-tuning 1',
    command: hidePasswords(commandLine()),
    config,
    budget: { images: options.images, epochs: options.epochs },
    space,
    sampler: options.sampler,
    pruner: options.pruner,
    seed: options.seed,
    trials: options.trials ?? (options.timeout === undefined ? 20 : null),
  });
  const bar = new ProgressBar();
  await loadTrainingImages(config.dataset, { onProgress: bar.update }).finally(bar.end); // rather now than in every worker
  const { study, plan } = tuning;
  const { images, epochs } = plan.budget;
  const before = study.trials.length;
  console.log(
    `${config.model} on ${count(images ?? 0)} images of ${config.dataset}, ${epochs} epochs at most; ${plan.sampler}, ${plan.pruner} pruner`,
  );
  console.log(`${before > 0 ? `going on with ${count(before)} trials in` : 'trials in'} ${file}`);
  const watch = watchStudy(tuning);
  const stop = stopOnSignals(watch.hopeless);
  const common = { signal: stop.signal, timeoutMs: options.timeout && options.timeout * 1000 };
  try {
    if (address) {
      await coordinate(study, {
        ...common,
        address,
        queue: options.queue,
        prepare: (trial) => configOfTrial(plan, trial),
        totalTrials: plan.trials ?? undefined,
        onWorkers: (workers) => watch.say(workers === 1 ? '1 worker' : `${workers} workers`),
        onState: (state) => watch.note(`${address.name}: ${state === 'away' ? 'away; waiting' : 'back'}`),
      });
    } else {
      watch.say(options.workers === 1 ? '1 worker' : `${options.workers} workers`);
      const timeout = options.timeout === undefined ? [] : ['--timeout', String(options.timeout)];
      await runLocalWorkers({
        ...common,
        count: options.workers,
        args: [join(courseRoot(), 'lib', 'bin.js'), 'tune-worker', '--study', file, ...timeout],
        onKilled: (reason) => watch.note(`a worker was killed (${reason}); another one takes its place`),
      });
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    console.log('stopped; the same command goes on');
    process.exitCode = 130;
  } finally {
    watch.end();
    stop.dispose();
  }
  await reportBest(tuning, file);
}

/** The URL given, or that of the environment, which no list of processes shows. */
export function redisUrl(given: string | true): string {
  const url = given === true ? process.env.REDIS_URL : given;
  if (!url) throw new CourseError('--redis: expected the URL of a Redis, here or in REDIS_URL, got none');
  return url;
}

function configOf({ model, dataset, set }: TuneCommandOptions): TrainingConfig {
  let config = recipeFor(model as ModelName, parseDatasetName(dataset));
  for (const setting of set) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(setting) ?? [];
    if (!key) throw new CourseError(`--set ${setting}: expected key=value`);
    config = withSetting(config, key, value);
  }
  return parseConfig(config, { source: 'the options' });
}

class Stopped extends Error {}

/** A signal that aborts at Ctrl-C, and where `hopeless` says so. */
function stopOnSignals(hopeless: AbortSignal): {
  readonly signal: AbortSignal;
  readonly dispose: () => void;
} {
  const controller = new AbortController();
  const stop = () => controller.abort(new Stopped());
  process.on('SIGINT', stop).on('SIGTERM', stop);
  const dispose = () => process.off('SIGINT', stop).off('SIGTERM', stop);
  return { signal: AbortSignal.any([controller.signal, hopeless]), dispose };
}
