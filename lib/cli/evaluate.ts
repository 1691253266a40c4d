import { Command, Option } from 'commander';
import { useBackend } from '../backend';
import { loadDataset } from '../data';
import { CourseError } from '../errors';
import { loadClassifier } from '../interchange';
import type { TrainingConfig } from '../runs';
import { evaluate, type Views, viewNames } from '../training';
import { percent } from './format';
import { defaultModelFolder } from './options';
import { ProgressBar } from './progress-bar';

interface EvaluateCommandOptions {
  readonly dataset: string;
  readonly views?: Views;
  readonly json?: boolean;
}

/** `course evaluate`: accuracy and loss of a saved model on a dataset's test images. */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description("measure a saved model on a dataset's test images")
    .argument('[model]', 'folder of the model or run (default: the newest run)')
    .option('--dataset <name>', 'cifar10 or fashion-mnist', 'cifar10')
    .addOption(
      new Option('--views <name>', 'how the images are looked at (default: as in training)').choices(
        viewNames,
      ),
    )
    .option('--json', 'print the result as JSON')
    .action(async (folder: string | undefined, options: EvaluateCommandOptions) => {
      const bar = new ProgressBar();
      await useBackend();
      const { model, normalization, training } = await loadClassifier(
        folder ?? (await defaultModelFolder(options.dataset)),
      );
      const { test } = await loadDataset(options.dataset, { onProgress: bar.update }).finally(bar.end);
      const expected = model.inputs[0].shape.slice(1).join(' x ');
      const got = [test.height, test.width, test.channels].join(' x ');
      if (expected !== got) {
        throw new CourseError(`the model expects images of ${expected}, ${options.dataset} has ${got}`);
      }
      const onBatch = (done: number) =>
        bar.update({ label: 'evaluating', done, total: test.count, unit: 'images' });
      const views = options.views ?? (training.config as Partial<TrainingConfig> | undefined)?.views;
      const result = await evaluate(model, test, { normalization, views, onBatch }).finally(bar.end);
      console.log(
        options.json
          ? JSON.stringify(result)
          : `accuracy ${percent(result.accuracy)}, loss ${result.loss.toFixed(4)}, on ${result.count} test images of ${options.dataset}`,
      );
    });
}
