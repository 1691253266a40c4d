import type { ImageDataset } from '../data';
import { evaluate } from '../training';
import type { Base } from './base';
import { type TransferData, takePerClass } from './data';
import type { Features } from './features';
import { fineTune } from './fine-tune';
import { trainFromScratch } from './from-scratch';
import { chooseHead, headAccuracy } from './head';
import type { Network } from './network';
import type { TransferMethod, TransferRun } from './result';
import type { TransferSettings } from './settings';
import { disposeTrained } from './train-network';

export interface CellOptions {
  readonly base: Base;
  readonly data: TransferData;
  readonly settings: TransferSettings;
  /** Training images of each class. */
  readonly perClass: number;
  readonly seed: number;
  /** Features of any images of the dataset. */
  readonly featuresOf: (images: ImageDataset) => Promise<Features>;
  readonly signal?: AbortSignal;
}

type Measured = Omit<TransferRun, 'method' | 'perClass' | 'seed'>;

/** All that is trained on one small set of images with one seed. */
export class Cell {
  private readonly images: ImageDataset;
  private fitted?: ReturnType<Cell['fitHead']>;

  constructor(private readonly options: CellOptions) {
    this.images = takePerClass(options.data.parts.pool, options);
  }

  /** Trains by `method` and measures on the test images; from scratch as long as `budget`, the seconds of fine-tuning. */
  async run(method: TransferMethod, { budget }: { readonly budget: number }): Promise<TransferRun> {
    const { perClass, seed } = this.options;
    const measured =
      method === 'frozen'
        ? await this.frozen()
        : method === 'fine-tuned'
          ? await this.fineTuned()
          : await this.fromScratch(budget);
    return { method, perClass, seed, ...measured };
  }

  private async frozen(): Promise<Measured> {
    const { head, l2, seconds } = await this.head();
    const { test } = this.options.data.parts;
    const testAccuracy = headAccuracy(head, await this.options.featuresOf(test), test.labels);
    return { testAccuracy, seconds, l2 };
  }

  private async fineTuned(): Promise<Measured> {
    const { base, data, settings, seed, signal } = this.options;
    const { from, ...options } = settings.fineTuning;
    const { head, l2, seconds } = await this.head();
    const tuned = await fineTune(base, head, this.images, {
      ...options,
      from: from ?? undefined,
      seed,
      signal,
    });
    const tuning = tuned.history.reduce((sum, { durationMs }) => sum + durationMs / 1000, 0);
    const testAccuracy = await accuracyOf(tuned, data.parts.test);
    return { testAccuracy, seconds: seconds + tuning, epochs: tuned.history.length, l2 };
  }

  private async fromScratch(seconds: number): Promise<Measured> {
    const { data, settings, seed, signal } = this.options;
    const images = takePerClass(data.forScratch.pool, this.options);
    const options = { settings: settings.fromScratch, seconds, seed, signal };
    const { epochs, ...trained } = await trainFromScratch(images, options);
    const testAccuracy = await accuracyOf(trained, data.forScratch.test);
    return { testAccuracy, seconds: trained.seconds, epochs };
  }

  /** The head on the base's features, fitted when it is first needed. */
  private head() {
    this.fitted ??= this.fitHead();
    return this.fitted;
  }

  private async fitHead() {
    const { data, settings, featuresOf } = this.options;
    const { validation } = data.parts;
    const training = { features: await featuresOf(this.images), labels: this.images.labels };
    const held = { features: await featuresOf(validation), labels: validation.labels };
    const start = performance.now();
    const options = { numClasses: this.images.classNames.length, l2s: settings.l2s };
    const { head, l2 } = chooseHead(training, held, options);
    return { head, l2, seconds: training.features.seconds + (performance.now() - start) / 1000 };
  }
}

/** Disposes the model. */
async function accuracyOf({ model, normalization }: Network, test: ImageDataset): Promise<number> {
  try {
    return (await evaluate(model, test, { normalization, batchSize: 128 })).accuracy;
  } finally {
    disposeTrained(model);
  }
}
