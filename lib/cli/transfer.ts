import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { useBackend } from '../backend';
import { loadBase, recordedTransfer, runTransfer, summarizeTransfer, type TransferResult } from '../transfer';
import { percent } from './format';
import { commandLine, positiveInteger, runsFolder } from './options';
import { ProgressBar } from './progress-bar';

interface TransferCommandOptions {
  readonly base: string;
  readonly dataset: string;
  readonly perClass: readonly number[];
  readonly seeds: number;
  readonly weights?: string;
  readonly folder?: string;
  readonly record?: boolean;
  readonly json?: boolean;
}

/** `course transfer`: what a trained network is worth for a small dataset, against training from scratch. */
export function transferCommand(): Command {
  return new Command('transfer')
    .description('learn from few images with a trained network, frozen and fine-tuned, and from scratch')
    .option('--base <name>', 'mobilenet, or the folder of a model or run', 'mobilenet')
    .option(
      '--dataset <name>',
      'cifar10, fashion-mnist, or a folder with a folder of pictures for each class',
      'cifar10',
    )
    .option('--per-class <list>', 'training images of each class', sizes, [10, 50, 100])
    .option('--seeds <n>', 'trainings of each kind', positiveInteger, 3)
    .option('--weights <folder>', "MobileNet's weights (default: COURSE_MOBILENET, else a download)")
    .option('--folder <folder>', 'where the runs are kept (default: data/runs/transfer-BASE-DATASET)')
    .option('--record', 'keep the result as data/transfer/BASE-DATASET.json too')
    .option('--json', 'print the result as JSON')
    .action(async ({ perClass, seeds, weights, record, json, ...options }: TransferCommandOptions) => {
      const bar = new ProgressBar();
      await useBackend();
      const onProgress = bar.update;
      const base = await loadBase(options.base, { weights, onProgress }).finally(bar.end);
      const name = `${base.name}-${basename(resolve(options.dataset))}`;
      const folder = options.folder ?? join(runsFolder(), `transfer-${name}`);
      const result = await runTransfer(folder, base, options.dataset, {
        perClass,
        seeds: Array.from({ length: seeds }, (_, i) => i + 1),
        command: commandLine(),
        onProgress,
        onRun: ({ method, perClass, seed, testAccuracy, seconds }) => {
          bar.end();
          const line = `${String(perClass).padStart(4)} a class, seed ${seed}  ${method.padEnd(12)}`;
          if (!json) console.log(`${line}  test ${percent(testAccuracy)}, ${seconds.toFixed(1)} s`);
        },
      }).finally(bar.end);
      const files = [join(folder, 'transfer.json'), ...(record ? [recordedTransfer(name)] : [])];
      for (const file of files) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
      }
      if (json) console.log(JSON.stringify(result, null, 2));
      else console.log(`${report(result)}\nwritten to ${files.join(', ')}`);
    });
}

function report(result: TransferResult): string {
  const { images, seconds } = result.testFeatures;
  return [
    `test accuracy, mean and range over the seeds; ${result.base} on ${result.dataset}`,
    ...summarizeTransfer(result).map(({ method, perClass, mean, lowest, highest, seconds, n }) => {
      const range = `${percent(lowest)} to ${percent(highest)}, n = ${n}`;
      const size = `${String(perClass).padStart(4)} a class`;
      return `${size}  ${method.padEnd(12)}  ${percent(mean)} (${range})  ${seconds.toFixed(1)} s`;
    }),
    `features of ${images} test images: ${seconds.toFixed(1)} s, computed once`,
  ].join('\n');
}

function sizes(text: string): number[] {
  const values = text.split(',').map(Number);
  if (!values.every((value) => Number.isInteger(value) && value > 0))
    throw new InvalidArgumentError('expected whole numbers above 0, such as 10,50,100.');
  return [...new Set(values)].sort((a, b) => a - b);
}
