import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { courseRoot } from '../paths';
import { runAblation } from '../runs';
import { percent } from './format';
import { commandLine, positiveInteger, runsFolder } from './options';

interface AblationCommandOptions {
  readonly seeds: number;
  readonly images: number;
  readonly epochs: number;
  readonly folder: string;
  readonly record?: boolean;
}

/** `course ablation`: what each part of the regularized network is worth on validation images. */
export function ablationCommand(): Command {
  return new Command('ablation')
    .description(
      'train the regularized network with one part more each time; goes on where it was interrupted',
    )
    .option('--seeds <n>', 'trainings of each variant', positiveInteger, 3)
    .option('--images <n>', 'training images', positiveInteger, 4000)
    .option('--epochs <n>', 'passes over them', positiveInteger, 15)
    .option('--folder <folder>', 'where the runs are kept', join(runsFolder(), 'ablation'))
    .option('--record', 'keep the result as data/benchmarks/ablation.json too')
    .action(async ({ seeds, folder, record, ...options }: AblationCommandOptions) => {
      const result = await runAblation(folder, {
        ...options,
        seeds: Array.from({ length: seeds }, (_, i) => i + 1),
        command: commandLine(),
        onRun: (name, { seed, accuracy, validationAccuracy, seconds }) =>
          console.log(
            `seed ${seed}  ${name.padEnd(22)}  training ${percent(accuracy)}, validation ${percent(validationAccuracy)}, ${seconds.toFixed(1)} s`,
          ),
      });
      const files = [join(folder, 'ablation.json')];
      if (record) files.push(join(courseRoot(), 'data', 'benchmarks', 'ablation.json'));
      for (const file of files) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
      }
      console.log(`written to ${files.join(', ')}`);
    });
}
