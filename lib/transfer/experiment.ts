import { useBackend } from '../backend';
import type { ImageDataset } from '../data';
import type { OnProgress } from '../progress';
import { describeEnvironment } from '../runs';
import type { Base } from './base';
import { Cell } from './cell';
import { loadTransferData, takePerClass } from './data';
import { cachedFeatures, featuresKey } from './features';
import { buildOnBase } from './network';
import { type TransferResult, type TransferRun, transferMethods } from './result';
import { settingsFor, type TransferSettings } from './settings';
import { openStore } from './store';

export interface TransferOptions {
  /** Sizes of the training set; default 10, 50 and 100 images of each class. */
  readonly perClass?: readonly number[];
  /** Default 1, 2, 3. */
  readonly seeds?: readonly number[];
  /** Default those that were chosen for the base: see `settingsFor`. */
  readonly settings?: TransferSettings;
  /** Images set apart to choose by; default 2000. */
  readonly validationCount?: number;
  /** How it was asked for; kept with the result. */
  readonly command?: string;
  /** Where features are kept; default `features/` in the data folder. */
  readonly featuresFolder?: string;
  readonly onRun?: (run: TransferRun) => void;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/**
 * Trains on small sets of `dataset` (see `loadTransferData`) with `base` frozen, with `base` fine-tuned, and from scratch
 * for at least the seconds that fine-tuning took, features and head included; each with every seed, and each measured once
 * on the test images. Settings were chosen, and the head's penalty is, on validation images. Every run is kept in `folder`
 * and not done again, so that it can be interrupted and called again.
 */
export async function runTransfer(
  folder: string,
  base: Base,
  dataset: string,
  options: TransferOptions = {},
): Promise<TransferResult> {
  const { perClass = [10, 50, 100], seeds = [1, 2, 3], command = 'course transfer' } = options;
  const { validationCount, featuresFolder, onRun, onProgress, signal } = options;
  const baseSize = base.model.inputs[0].shape.slice(1) as [number, number, number];
  const data = await loadTransferData(dataset, { baseSize, validationCount, onProgress });
  for (const size of perClass) takePerClass(data.parts.pool, { perClass: size, seed: 1 }); // rather now than later
  const { settings = settingsFor(base, data.forScratch.pool) } = options;
  const facts = {
    base: base.name,
    dataset: data.name,
    validationImages: data.parts.validation.count,
    settings,
  };
  const network = buildOnBase(base, data.parts.pool);
  const featuresOf = (images: ImageDataset) =>
    cachedFeatures(network, images, { folder: featuresFolder, onProgress });
  try {
    const store = await openStore(folder, { ...facts, key: featuresKey(network, data.parts.test) });
    const environment = await store.once('environment', async () => describeEnvironment(await useBackend()));
    const { seconds } = await featuresOf(data.parts.test);
    const runs: TransferRun[] = [];
    for (const seed of seeds) {
      for (const size of perClass) {
        const cell = new Cell({ base, data, settings, featuresOf, perClass: size, seed, signal });
        let budget = 0;
        for (const method of transferMethods) {
          signal?.throwIfAborted();
          const name = `${size}-${seed}-${method.replace(' ', '-')}`;
          const run = await store.once(name, () => cell.run(method, { budget }));
          budget = run.seconds; // from scratch comes last, after fine-tuning
          runs.push(run);
          onRun?.(run);
        }
      }
    }
    return {
      format: 'course-transfer 1',
      command,
      date: new Date().toISOString(),
      environment,
      ...facts,
      testFeatures: { images: data.parts.test.count, seconds },
      runs: runs.sort((a, b) => a.perClass - b.perClass || a.seed - b.seed),
    };
  } finally {
    network.model.dispose();
  }
}
