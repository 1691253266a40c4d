import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { bench, formatJson, type NetworkName, networkNames, renderResult, type Task } from '../bench';
import { CourseError } from '../errors';
import { courseRoot, dataFolder } from '../paths';
import { commandLine, positiveInteger } from './options';

interface BenchCommandOptions {
  readonly network?: NetworkName;
  readonly rounds: number;
  readonly threads: number;
  readonly seed: number;
  readonly quick?: boolean;
  readonly only?: string;
  readonly out?: string;
  readonly record?: string;
  readonly json?: boolean;
}

/** `course bench`: measures this course against Keras, PyTorch and ONNX Runtime, side by side in one run. */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure this course against Keras, PyTorch and ONNX Runtime, side by side')
    .addArgument(
      new Argument('[task]', 'what to measure')
        .choices(['train', 'predict', 'evaluate', 'augment', 'load', 'input', 'wasm'])
        .default('train'),
    )
    .addOption(new Option('--network <name>', 'of train and predict (default: both)').choices(networkNames))
    .option('--rounds <n>', 'timed rounds of each contender', positiveInteger, 5)
    .option('--threads <n>', 'threads of each contender', positiveInteger, availableParallelism())
    .option('--seed <n>', 'of images, labels and weights', positiveInteger, 1)
    .option('--quick', 'an eighth of the images a round')
    .option('--only <text>', 'only contenders with this text in their name, such as ours')
    .option('--out <file>', 'where the JSON goes (default: data/runs/bench-TASK.json)')
    .option('--record <name>', 'keep the JSON as data/benchmarks/NAME.json too', recordName)
    .option('--json', 'print the result as JSON')
    .action(runBench);
}

async function runBench(task: Task, options: BenchCommandOptions): Promise<void> {
  const { network, rounds, threads, seed, quick, only, json } = options;
  const stop = new AbortController();
  const interrupt = () => stop.abort(new CourseError('stopped; nothing was written'));
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const result = await bench(task, {
      ...(network && { networks: [network] }),
      rounds,
      threads,
      seed,
      quick,
      only,
      command: commandLine(),
      onProgress: (text) => process.stderr.write(`${text}\n`),
      signal: stop.signal,
    });
    const files = [options.out ?? join(dataFolder(), 'runs', `bench-${task}.json`)];
    if (options.record) files.push(join(courseRoot(), 'data', 'benchmarks', `${options.record}.json`));
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, formatJson(result));
    }
    if (json) console.log(JSON.stringify(result));
    else
      console.log(
        `${renderResult(result)}\n\nwritten to ${files.map((file) => relative('.', file)).join(', ')}`,
      );
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** A file name without its extension; a path would lead elsewhere. */
function recordName(text: string): string {
  if (/^[\w.-]+$/.test(text)) return text;
  throw new InvalidArgumentError('expected a name of letters, digits, -, _ and . alone.');
}
