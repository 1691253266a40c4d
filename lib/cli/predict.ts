import { Command } from 'commander';
import { useBackend } from '../backend';
import { readImage } from '../data';
import { predictImages } from '../evaluation';
import { loadClassifier } from '../interchange';
import type { TrainingConfig } from '../runs';
import { defaultModelFolder, positiveInteger } from './options';

/** `course predict`: the most probable classes of a picture. */
export function predictCommand(): Command {
  return new Command('predict')
    .description('name what a picture shows: JPEG, PNG or WebP of any size')
    .argument('<image>', 'file of the picture')
    .option('--model <folder>', 'folder of the model or run (default: the newest run)')
    .option('--top <n>', 'how many classes to print', positiveInteger, 3)
    .option('--json', 'print the result as JSON')
    .action(async (file: string, options: { model?: string; top: number; json?: boolean }) => {
      await useBackend();
      const classifier = await loadClassifier(options.model ?? (await defaultModelFolder('cifar10')));
      const [height, width, channels] = classifier.model.inputs[0].shape.slice(1) as number[];
      const image = await readImage(file, { height, width, channels });
      const probabilities = await predictImages(classifier.model, image, {
        normalization: classifier.normalization,
        views: (classifier.training.config as Partial<TrainingConfig> | undefined)?.views,
      });
      const ranked = classifier.classNames
        .map((className, i) => ({ className, probability: probabilities[i] }))
        .sort((a, b) => b.probability - a.probability)
        .slice(0, options.top);
      if (options.json) console.log(JSON.stringify(ranked));
      else
        for (const row of ranked)
          console.log(`${(row.probability * 100).toFixed(1).padStart(5)} %  ${row.className}`);
    });
}
